"""Posts that spend a member's money: each form counts once, within the member's pace, and is answered 303."""

import uuid
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails

from gallery import access
from gallery.models import CatalogModel, Generation, Image
from venice import Generate

if TYPE_CHECKING:
    from gallery.models import User


class MemberRequest(HttpRequest):
    """A request as the middleware leaves it: signed in, and with what htmx said."""

    user: "User"
    htmx: HtmxDetails


class SeeOther(HttpResponseRedirect):
    """303: what a post made is to be seen with a GET, whatever the client."""

    status_code = 303


def spend(
    request: MemberRequest,
    operation: Generate,
    *,
    origin: Image | None = None,
    run_again_of: Generation | None = None,
) -> tuple[Generation, bool]:
    """Queue `operation` for who asks, at the catalogue's price; a repeated form gives its first generation again.

    Raises TooManySubmissions; a repeat costs nothing, so that it does not count against the pace.
    """
    submission = _submission(request)
    mine = Generation.objects.owned_by(request.user)
    if submission is None or not mine.filter(submission=submission).exists():
        access.check_pace(request.user)
    return Generation.objects.enqueue(
        request.user,
        operation,
        price=CatalogModel.objects.price(operation),
        submission=submission,
        origin=origin,
        run_again_of=run_again_of,
    )


def refusal(request: HttpRequest, reason: str) -> HttpResponse:
    """409, with the reason: the button that posts this is disabled or gone by now."""
    context = {"status": 409, "title": "Not possible", "message": reason}
    return render(request, "errors/error.html", context, status=409)


def _submission(request: HttpRequest) -> uuid.UUID | None:
    """The form's id; None when it is missing or garbled, which makes the post a new one."""
    try:
        return uuid.UUID(request.POST.get("submission", ""))
    except ValueError:
        return None
