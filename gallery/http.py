"""What our views take and give beyond Django's own: a member's request, its closed gates, messages, 303, refusals."""

import inspect
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from gallery.models import ClosedGates, SiteStatus, User

_GATES, _SITE_STATUS = "gallery_closed_gates", "gallery_site_status"

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
    422: ("That cannot be used", "Something in the form is not as it must be."),
    429: ("Too fast", "Please wait a moment, then try again."),
    431: ("Too much was sent", "The address, or the cookies that the browser sends with it, are too long."),
    500: ("Something broke", "That did not work; it is logged. What was already generated is kept."),
    503: (
        "Not now",
        "The site's disk is full, or its database away: who runs it finds in its log what is to be mended. "
        "What was already generated is kept.",
    ),
}


class MemberRequest(HttpRequest):
    """A request behind MemberRequired and HtmxMiddleware; for annotations only."""

    user: User
    htmx: HtmxDetails


def site_status(request: HttpRequest) -> SiteStatus:
    """What the page says of the whole site: asked at most once a request, and only where it is shown."""
    seen: SiteStatus | None = getattr(request, _SITE_STATUS, None)
    if seen is None:
        seen = SiteStatus.now()
        setattr(request, _SITE_STATUS, seen)
    return seen


def closed_gates(request: HttpRequest) -> ClosedGates:
    """The closed gates for banner, cards and queue: read at most once a request, and only where they are shown.

    Not at all when the `site_status` has told that there are none.
    """
    gates: ClosedGates | None = getattr(request, _GATES, None)
    if gates is None:
        seen: SiteStatus | None = getattr(request, _SITE_STATUS, None)
        gates = ClosedGates(is_any=seen is None or seen.gates > 0)
        setattr(request, _GATES, gates)
    return gates


class _MessagesCookie(CookieStorage):
    """Django's, under a name that no other installation on this host uses."""

    cookie_name = settings.MESSAGES_COOKIE_NAME


class Messages(FallbackStorage):
    """Messages in a cookie, or in the session when they are many."""

    storage_classes = (_MessagesCookie, SessionStorage)


#: Django's decorators keep under this name which methods a view takes.
_TAKEN = "request_method_list"


def _names_methods(view: object) -> bool:
    return inspect.isfunction(view) and _TAKEN in view.__code__.co_freevars


def _takes_get(path: str) -> bool:
    """Whether something of ours is to be seen there; an address that takes posts alone answers a link with 405."""
    try:
        view = inspect.unwrap(resolve(unquote(path)).func, stop=_names_methods)
    except Resolver404:
        return False
    return not _names_methods(view) or "GET" in inspect.getclosurevars(view).nonlocals[_TAKEN]


def _page(request: HttpRequest, said: str) -> str:
    """Path and query of `said` when it is a page of ours; the nearest above an address that takes posts alone.

    Empty where there is none but the gallery, and when it is not ours.
    """
    if not url_has_allowed_host_and_scheme(said, {request.get_host()}, require_https=request.is_secure()):
        return ""
    parts = urlsplit(said)
    if parts.path[:1] != "/" and not parts.netloc:
        return ""
    # Two slashes would begin the name of another host.
    path = f"/{parts.path.lstrip('/')}"
    if _takes_get(path):
        return f"{path}{'?' + parts.query if parts.query else ''}"
    above = (f"{parent}/" for parent in map(str, PurePosixPath(path).parents) if parent != "/")
    return next(filter(_takes_get, above), "")


def page_of(request: HttpRequest) -> str:
    """Path and query of the page of ours that a form was on, as far as the browser tells."""
    return _page(request, request.headers.get("Referer", "")) or "/"


def path_shown(request: MemberRequest) -> str:
    """The path of the page that htmx asks from, whatever follows it; empty where it is none of ours."""
    return urlsplit(request.htmx.current_url_abs_path or "").path


def _came_from(request: HttpRequest | None) -> str:
    """The page of ours that a refused form was on; empty for what else is refused, and where no browser tells it."""
    if request is None or request.method != "POST":
        return ""
    try:
        return _page(request, request.headers.get("Referer", ""))
    except DisallowedHost:
        return ""


class SeeOther(HttpResponseRedirect):
    """303: what a post made is to be seen with a GET, whatever the client."""

    status_code = 303


def back_to(request: HttpRequest, otherwise: str) -> SeeOther:
    """To the page of ours that a form was sent from, as the browser or its own field `back` says; or to `otherwise`.

    The browser knows best: a page changes its address while one scrolls.
    """
    said = request.POST.get("back", "")
    page = _page(request, request.headers.get("Referer", "")) or _page(request, said)
    fragment = urlsplit(said).fragment if _page(request, said) else ""
    return SeeOther(f"{page or otherwise}{'#' + fragment if fragment else ''}")


def error_page(
    request: HttpRequest | None,
    status: int,
    message: str = "",
    title: str = "",
    *,
    typed: object = None,
    back: str = "",
) -> HttpResponse:
    """The page for `status`, in its usual words where none are given, with what was `typed` (`kept.Words`) to copy,
    and the way `back` to its form; where nothing waits there, to the page that the form or button was on.

    It asks neither database nor session, since either may be what failed.
    """
    usual_title, usual_message = _TITLES[status]
    context = {
        "status": status,
        "title": title or usual_title,
        "message": message or usual_message,
        "typed": typed,
        "back": back,
        "page": _came_from(request),
    }
    return HttpResponse(render_to_string("errors/error.html", context), status=status)
