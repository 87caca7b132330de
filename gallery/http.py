"""The request as our views meet it: a member is signed in, and htmx' headers are read."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from gallery.models import User


class MemberRequest(HttpRequest):
    """A request behind MemberRequired and HtmxMiddleware; for annotations only."""

    user: User
    htmx: HtmxDetails
