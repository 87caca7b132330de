"""What our views take and give beyond Django's own: a member's request, its closed gates, messages, 303, refusals."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from gallery.models import ClosedGates, User

_GATES = "gallery_closed_gates"

_TITLES = {
    400: ("That request cannot be read", "Something in it is not as a browser would send it."),
    403: ("Not allowed", "That is for staff, or for who made it."),
    404: ("Not here", "There is nothing at this address."),
    405: ("Not possible here", "This address does not take that kind of request."),
    409: ("Not possible", "It has changed meanwhile."),
    410: ("This link is spent", "Ask for a new one."),
    413: ("Too large", "A form may hold at most 1 MB."),
    414: (
        "That address is too long",
        "It cannot be read. Search for fewer words, or take a part of it away.",
    ),
    415: ("Not a form", "This address takes forms only."),
    422: ("That cannot be done", "Something in the form does not fit."),
    429: ("Too fast", "Please wait a moment, then try again."),
    431: ("Too much was sent", "The address, or the cookies that the browser sends with it, are too long."),
    500: ("Something broke", "It is logged. What was already generated is kept."),
}


class MemberRequest(HttpRequest):
    """A request behind MemberRequired and HtmxMiddleware; for annotations only."""

    user: User
    htmx: HtmxDetails


def closed_gates(request: HttpRequest) -> ClosedGates:
    """The closed gates for banner, cards and queue: read at most once a request, and only where they are shown."""
    gates: ClosedGates | None = getattr(request, _GATES, None)
    if gates is None:
        gates = ClosedGates()
        setattr(request, _GATES, gates)
    return gates


class _MessagesCookie(CookieStorage):
    """Django's, under a name that no other installation on this host uses."""

    cookie_name = settings.MESSAGES_COOKIE_NAME


class Messages(FallbackStorage):
    """Messages in a cookie, or in the session when they are many."""

    storage_classes = (_MessagesCookie, SessionStorage)


def page_of(request: HttpRequest) -> str:
    """Path and query of the page of ours that a form was on, as far as the browser tells."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(page)
    # Two slashes would begin the name of another host.
    return f"/{parts.path.lstrip('/')}{'?' + parts.query if parts.query else ''}"


class SeeOther(HttpResponseRedirect):
    """303: what a post made is to be seen with a GET, whatever the client."""

    status_code = 303


def error_page(request: HttpRequest | None, status: int, message: str = "", title: str = "") -> HttpResponse:
    """The page for `status`, in its usual words where none are given.

    It asks neither database nor session, since either may be what failed.
    """
    usual_title, usual_message = _TITLES[status]
    context = {
        "status": status,
        "title": title or usual_title,
        "message": message or usual_message,
        "nonce": None,
    }
    return HttpResponse(render_to_string("errors/error.html", context), status=status)
