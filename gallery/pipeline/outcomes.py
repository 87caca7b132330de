"""The end of an attempt that brought no pictures: what the ledger says of it, and what becomes of its generation."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from gallery import catalog
from gallery.failpoints import failpoint
from gallery.models import Attempt, Generation, Hold, Outcome, clock
from gallery.models.service_order import REFUSED_GO_BEHIND
from gallery.pipeline import gates
from venice import (
    BadResponse,
    Busy,
    InsufficientBalance,
    NotSent,
    Overloaded,
    RateLimited,
    Refused,
    Unanswered,
    VeniceError,
)
from venice.errors import Reach
from venice.retry import Decision, decide

log = logging.getLogger(__name__)

# What to do when what refused it does not refuse others: the error's own advice is about the key or the balance.
OWN_TROUBLE = {
    Reach.KEY: "The key is good: what is refused is this request. Change the prompt or the model, or ask Venice with "
    "the CF-RAY of its history.",
    Reach.BALANCE: "The balance was looked at meanwhile and is enough for others, not for this request. "
    + InsufficientBalance.advice,
}
GIVEN_UP = (
    "It was refused each time, and is not tried again by itself. Run it again later, or choose another model."
)


def settle(generation: Generation, attempt: Attempt, error: VeniceError) -> None:
    """End the attempt, and the generation too unless it may be tried again; close the gates that follow."""
    now = clock.database_now()
    decision, others_pass = _decide(generation, attempt, error, now)
    with transaction.atomic():
        attempt.close(_outcome(error), error, now)
        _move_on(generation, attempt, error, decision, now, others_pass=others_pass)
        gates.after_failure(attempt, error, decision)
        if error.status == 404:
            catalog.expire()
        failpoint("settling")
    failpoint("settled")
    kind, reach = type(error).__name__, decision.hold.label
    waits = f", {reach} waits" if decision.action == "again" else ""
    log.warning("generation %d: %s (%s)%s", generation.pk, decision.action, kind, waits)


def _move_on(
    generation: Generation,
    attempt: Attempt,
    error: VeniceError,
    decision: Decision,
    now: datetime,
    *,
    others_pass: bool,
) -> None:
    """The state that follows from `decision`, unless somebody else has ended it meanwhile."""
    match decision.action:
        case "interrupted":
            generation.interrupt(attempt.token, error, now)
        case "failed":
            generation.fail(attempt.token, error, _advice(error, others_pass=others_pass), now)
        case "again":
            # What was not sent was not refused: it keeps its position.
            is_unsent = isinstance(error, NotSent)
            generation.requeue(
                attempt.token,
                error,
                hold=Hold.UNSENT if is_unsent else Hold.REFUSED,
                not_before=decision.not_before,
                behind_until=None if is_unsent else (decision.not_before or now) + REFUSED_GO_BEHIND,
            )


def _advice(error: VeniceError, *, others_pass: bool) -> str:
    """What a person may do about one that has failed: nothing that others' answers, or its end, speak against."""
    if error.gate and others_pass:
        return OWN_TROUBLE[error.gate]
    return GIVEN_UP if isinstance(error, Busy) else error.advice


def _decide(
    generation: Generation, attempt: Attempt, error: VeniceError, now: datetime
) -> tuple[Decision, bool]:
    """What may be done, by what the ledger tells; and whether others pass where it or its member is refused."""
    before = generation.attempts.exclude(pk=attempt.pk)
    alike = list(before.filter(error_kind=type(error).__name__).order_by("id"))
    others_pass = bool(alike) and _others_pass(generation, alike[0], error)
    is_members_own = _is_members_own(generation, attempt, error)
    decision = decide(
        error,
        tries=1 + len(alike),
        sends=1 + before.left().count(),
        waiting_since=alike[0].sent_at if alike else now,
        now=now,
        price=generation.price_estimate,
        auto_retry_max=settings.AUTO_RETRY_MAX_USD,
        others_pass=others_pass,
        is_members_own=is_members_own,
    )
    return decision, others_pass or is_members_own


def _is_members_own(generation: Generation, attempt: Attempt, error: VeniceError) -> bool:
    """Whether others' requests were answered since one of the same member was refused in the same way lately.

    Then what is refused is theirs, also in a request that is new: it holds nobody else.
    """
    alike = Attempt.objects.filter(
        generation__owner=generation.owner_id,
        error_kind=type(error).__name__,
        pk__lt=attempt.pk,
        sent_at__gt=Now() - gates.MEMBERS_OWN,
    )
    first = alike.order_by("pk").first()
    if first is None:
        return False
    passed = Attempt.objects.filter(pk__gt=first.pk, outcome=Outcome.OK)
    if isinstance(error, Overloaded | RateLimited):
        passed = passed.filter(model=first.model)
    return passed.exclude(generation__owner=generation.owner_id).exists()


def _others_pass(generation: Generation, first: Attempt, error: VeniceError) -> bool:
    """Whether it was shown, after `first` was refused in the same way, that others are not."""
    if error.gate and generation.is_doubted:
        return True
    # By number and not by time, which workers tell by their own clocks.
    passed = Attempt.objects.filter(pk__gt=first.pk, outcome=Outcome.OK).exclude(generation=generation)
    if isinstance(error, Overloaded | RateLimited):
        passed = passed.filter(model=first.model)
    return passed.exists()


def _outcome(error: VeniceError) -> Outcome:
    """What the ledger says of a POST that ended in `error`."""
    if isinstance(error, NotSent):
        return Outcome.UNSENT
    if isinstance(error, Unanswered | BadResponse):
        return Outcome.UNKNOWN
    return Outcome.REFUSED if isinstance(error, Refused) or error.status else Outcome.UNKNOWN
