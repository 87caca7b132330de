"""What our views take and give beyond Django's own: a member's request, its closed gates, and 303."""

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


class SeeOther(HttpResponseRedirect):
    """303: what a post made is to be seen with a GET, whatever the client."""

    status_code = 303
