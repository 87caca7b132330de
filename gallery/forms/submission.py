"""Posts that spend a member's money: each form counts once, at the price it showed, within the member's pace."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from gallery import access
from gallery.formats import read_submission
from gallery.forms.price import PRICE, AskedOtherwise, PriceRefused, objection
from gallery.http import MemberRequest, error_page
from gallery.media.pictures import LostFile
from gallery.models import Batch, CatalogModel, Generation, Image, State, User
from gallery.models.generation import NotRunnable, runnable
from gallery.models.input import digest_of
from gallery.models.queue import Order
from venice.operations import Operation
from venice.pricing import total


def spend(
    request: MemberRequest,
    operation: Operation,
    *,
    submission: uuid.UUID | None,
    origin: Image | None = None,
) -> tuple[Generation, bool]:
    """Queue one `operation`, as `spend_batch`; a repeated form gives its first generation again."""
    (generation, *_), is_new = spend_batch(request, [operation], submission=submission, origin=origin)
    return generation, is_new


def spend_batch(
    request: MemberRequest,
    operations: Sequence[Operation],
    *,
    submission: uuid.UUID | None,
    origin: Image | None = None,
    shown: str | None = None,
    **batch: Any,
) -> tuple[list[Generation], bool]:
    """Queue all `operations` for who asks as one click, at the catalogue's prices; a repeat gives the first ones again.

    `shown` is the price that the pressed button itself told, where it is not the form's. `batch` are further columns of
    the batch. Raises PriceRefused when the form did not show what they cost together, LostFile when a picture that they
    start from has no file any more, and TooManySubmissions. A repeat costs nothing, so that none of these concerns it;
    AskedOtherwise when it is none, because what the form asks for was changed since.
    """
    user = request.user
    if first := Generation.objects.submitted(user, submission):
        _check_same(request, first, operations)
        return first, False
    prices = CatalogModel.objects.prices(dict(enumerate(operations)))
    _check_price(request, total(prices.values()), shown)
    orders = [
        Order(operation=operation, price=prices[index], origin=origin)
        for index, operation in enumerate(operations)
    ]
    try:
        with transaction.atomic():
            access.check_pace(user)
            return Generation.objects.enqueue_batch(user, orders, submission=submission, **batch)
    except access.TooManySubmissions:
        # Of one form posted twice at once, the first may be what used up the minute.
        if first := Generation.objects.submitted(user, submission):
            return first, False
        raise


def spend_again(
    request: MemberRequest, old: Generation, *, submission: uuid.UUID | None
) -> tuple[Generation, bool]:
    """Queue what `old` has asked for once more, in its owner's name: that, and whether it is new.

    Who comes second gets what the first one made. Raises NotRunnable and LostFile; PriceRefused and TooManySubmissions
    as `spend`.
    """
    if repeat := old.repeat:
        return repeat, False
    operation = old.runnable
    if operation is None:
        raise NotRunnable
    price = _agreed_price(request, operation)
    try:
        with transaction.atomic():
            access.check_pace(request.user)
            return old.run_again(request.user, price=price, submission=submission)
    except access.TooManySubmissions:
        if repeat := old.repeat:
            return repeat, False
        raise


def spend_batch_again(
    request: MemberRequest, batch: Batch, *, given_up: bool, submission: uuid.UUID | None
) -> tuple[list[Generation], bool]:
    """Queue what failed of `batch` once more, in its owner's name, as a click of its own: that, and whether it is new.

    With `given_up`, what was cancelled of it. Who comes second gets what the first one made. Raises as `spend_again`.
    """
    rows = batch.given_up if given_up else batch.to_run_again
    states = (State.CANCELLED,) if given_up else (State.FAILED, State.INTERRUPTED)
    wanted = runnable(rows.with_requests())
    made: list[Generation] = []
    if wanted:
        prices = CatalogModel.objects.prices(wanted)
        _check_price(request, total(prices.values()))
        try:
            with transaction.atomic():
                access.check_pace(request.user)
                made = batch.run_again(request.user, prices, submission=submission)
        except access.TooManySubmissions:
            if not batch.repeat(*states):
                raise
    if made:
        return made, True
    if repeat := batch.repeat(*states):
        return list(repeat.members), False
    raise NotRunnable


def _agreed_price(request: MemberRequest, operation: Operation) -> Decimal | None:
    """The catalogue's price (USD, None: unknown), when the form showed it."""
    price = CatalogModel.objects.price(operation)
    _check_price(request, price)
    return price


def _check_price(request: MemberRequest, price: Decimal | None, shown: str | None = None) -> None:
    if words := objection(request.POST if shown is None else {PRICE: shown}, price):
        raise PriceRefused(words, price)


def _check_same(request: MemberRequest, first: Sequence[Generation], operations: Sequence[Operation]) -> None:
    """Raise AskedOtherwise when `first` is something else than `operations`, but for seeds that nobody chose.

    Whoever chooses one has chosen that of the first picture: those of the others are drawn each time.
    """
    bodies = [each.payload(images=False) for each in operations]
    asked = [_as_text(each.kind, body, _digests(each)) for each, body in zip(operations, bodies, strict=True)]
    before = [_as_text(row.kind, row.request, (each.sha256 for each in row.sources)) for row in first]
    has_seed = bool(request.POST.get("seed", "").strip())
    if asked == before and (not has_seed or bodies[0].get("seed") == first[0].request.get("seed")):
        return
    words = (
        f"Nothing was sent: this form has asked already, before it was changed, for generation {first[0].pk}. "
        "Look at the queue, then press again to ask for this too."
    )
    raise AskedOtherwise(words, total(CatalogModel.objects.prices(dict(enumerate(operations))).values()))


def _as_text(kind: str, body: Mapping[str, Any], digests: Iterable[str]) -> str:
    """A request as text but for its seed; equal for two that ask for the same."""
    plain = {name: value for name, value in body.items() if name != "seed"}
    return json.dumps([kind, plain, list(digests)], sort_keys=True)


def _digests(operation: Operation) -> list[str]:
    return [digest_of(entry) for entry in operation.inputs]


def earlier(user: User, submission: uuid.UUID | None) -> Generation | None:
    """The first generation that this very form has queued already; None when it has not, or has no id."""
    return next(iter(Generation.objects.submitted(user, submission)), None)


def lost(error: LostFile) -> str:
    """For people: why nothing was queued when a file of what it starts from is gone."""
    return f"A picture that this starts from is lost: {error}. Nothing was sent."


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
