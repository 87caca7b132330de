"""What our views take and give beyond Django's own: a member's request, its closed gates, messages, and 303."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest, HttpResponseRedirect
from django_htmx.middleware import HtmxDetails

from gallery.models import ClosedGates, User

_GATES = "gallery_closed_gates"


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


class SeeOther(HttpResponseRedirect):
    """303: what a post made is to be seen with a GET, whatever the client."""

    status_code = 303
