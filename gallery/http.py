"""What our views take and give beyond Django's own: a member's request, and 303."""

from django.http import HttpRequest, HttpResponseRedirect
from django_htmx.middleware import HtmxDetails

from gallery.models import User


class MemberRequest(HttpRequest):
    """A request behind MemberRequired and HtmxMiddleware; for annotations only."""

    user: User
    htmx: HtmxDetails


class SeeOther(HttpResponseRedirect):
    """303: what a post made is to be seen with a GET, whatever the client."""

    status_code = 303
