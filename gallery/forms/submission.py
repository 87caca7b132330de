"""Posts that spend a member's money: each form counts once, at the price it showed, within the member's pace."""

import uuid
from decimal import Decimal

from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from gallery import access
from gallery.formats import read_submission
from gallery.forms.price import PriceRefused, objection
from gallery.http import MemberRequest, error_page
from gallery.models import CatalogModel, Generation, Image, User
from gallery.models.generation import NotRunnable
from venice.operations import Operation


def spend(
    request: MemberRequest,
    operation: Operation,
    *,
    submission: uuid.UUID | None,
    origin: Image | None = None,
) -> tuple[Generation, bool]:
    """Queue `operation` for who asks, at the catalogue's price; a repeated form gives its first generation again.

    Raises PriceRefused when the form did not show that price, and TooManySubmissions. A repeat costs nothing, so
    that neither concerns it.
    """
    if first := earlier(request.user, submission):
        return first, False
    price = _agreed_price(request, operation)
    try:
        with transaction.atomic():
            access.check_pace(request.user)
            return Generation.objects.enqueue(
                request.user, operation, price=price, submission=submission, origin=origin
            )
    except access.TooManySubmissions:
        # Of one form posted twice at once, the first may be what used up the minute.
        if first := earlier(request.user, submission):
            return first, False
        raise


def spend_again(request: MemberRequest, old: Generation, *, submission: uuid.UUID | None) -> Generation:
    """Queue what `old` has asked for once more, in its owner's name; who comes second gets what the first one made.

    Raises NotRunnable and LostFile; PriceRefused and TooManySubmissions as `spend`.
    """
    if repeat := old.repeat:
        return repeat
    operation = old.runnable
    if operation is None:
        raise NotRunnable
    price = _agreed_price(request, operation)
    try:
        with transaction.atomic():
            access.check_pace(request.user)
            return old.run_again(request.user, price=price, submission=submission)[0]
    except access.TooManySubmissions:
        if repeat := old.repeat:
            return repeat
        raise


def _agreed_price(request: MemberRequest, operation: Operation) -> Decimal | None:
    """The catalogue's price (USD, None: unknown), when the form showed it."""
    price = CatalogModel.objects.price(operation)
    if words := objection(request.POST, price):
        raise PriceRefused(words, price)
    return price


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
    text = request.POST.get("submission", "").strip()
    submission = read_submission(text)
    if text and submission is None:
        raise BadRequest("That form was altered on its way.")
    return submission
