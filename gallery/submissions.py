"""Posts that spend a member's money: each form counts once, at the price it showed, within the member's pace."""

import uuid

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from gallery import access
from gallery.errorpages import error_page
from gallery.http import MemberRequest
from gallery.models import CatalogModel, Generation, Image, User
from gallery.quotes import PriceRefused, objection
from venice.operations import Operation


def spend(
    request: MemberRequest,
    operation: Operation,
    *,
    submission: uuid.UUID | None,
    origin: Image | None = None,
    run_again_of: Generation | None = None,
) -> tuple[Generation, bool]:
    """Queue `operation` for who asks, at the catalogue's price; a repeated form gives its first generation again.

    Raises PriceRefused when the form did not show that price, and TooManySubmissions. A repeat costs nothing, so
    that neither concerns it.
    """
    if first := earlier(request.user, submission):
        return first, False
    price = CatalogModel.objects.price(operation)
    if words := objection(request.POST, price):
        raise PriceRefused(words, price)
    access.check_pace(request.user)
    return Generation.objects.enqueue(
        request.user,
        operation,
        price=price,
        submission=submission,
        origin=origin,
        run_again_of=run_again_of,
    )


def earlier(user: User, submission: uuid.UUID | None) -> Generation | None:
    """What this very form has queued already."""
    return next(iter(Generation.objects.submitted(user, submission)), None)


def refusal(request: HttpRequest, reason: str) -> HttpResponse:
    """409, with the reason: the button that posts this is disabled or gone by now."""
    return error_page(request, 409, reason)


def submission_of(request: HttpRequest) -> uuid.UUID | None:
    """The form's id; None when it has none, which makes the post a new one.

    Raises BadRequest for a garbled one: it may be the repeat of a post that was counted already.
    """
    given = request.POST.get("submission", "")
    try:
        return uuid.UUID(given) if given else None
    except ValueError:
        raise BadRequest("That form was altered on its way.") from None
