"""The end of an attempt that brought no pictures: what the ledger says of it, and what becomes of its generation."""

import logging
from typing import Any

from django.conf import settings
from django.db import transaction

from gallery import catalog, clock, columns, gates
from gallery.failpoints import failpoint
from gallery.models import Attempt, Generation, State
from gallery.models.attempt import Outcome
from venice import BadResponse, NotSent, Refused, Unanswered, VeniceError
from venice.retry import decide

log = logging.getLogger(__name__)


def settle(generation: Generation, attempt: Attempt, error: VeniceError) -> None:
    """End the attempt, and the generation too unless it may be tried again; close the gates that follow."""
    now = clock.database_now()
    kind = type(error).__name__
    alike = generation.attempts.filter(error_kind=kind).exclude(pk=attempt.pk).order_by("id")
    first = alike.first()
    decision = decide(
        error,
        tries=1 + alike.count(),
        waiting_since=first.sent_at if first else now,
        now=now,
        price=generation.price_estimate,
        auto_retry_max=settings.AUTO_RETRY_MAX_USD,
    )
    changes: dict[str, Any] = {"token": None, "worker": None}
    told = {"error_kind": kind, "error_message": error.message, "error_advice": error.advice}
    if decision.action == "again":
        told["hold_reason"] = error.message or kind
        changes |= {"state": State.QUEUED, "not_before": decision.not_before}
    else:
        changes |= {"state": State(decision.action), "finished_at": now}
    changes |= columns.held(Generation, **told)
    with transaction.atomic():
        # Who was taken for dead may have stored the answer meanwhile: that is not unsaid.
        Attempt.objects.filter(pk=attempt.pk).exclude(outcome=Outcome.OK).update(
            outcome=_outcome(error),
            finished_at=attempt.finished_at or now,
            **columns.held(
                Attempt, error_kind=kind, error_message=error.message, status=error.status or attempt.status
            ),
        )
        mine = Generation.objects.filter(pk=generation.pk, token=attempt.token)
        mine.filter(state__in=(State.SENDING, State.RECEIVED)).update(**changes)
        gates.after_failure(generation.model, error, decision)
        if error.status == 404:
            catalog.expire()
        failpoint("settling")
    failpoint("settled")
    log.warning("generation %d: %s (%s)", generation.pk, decision.action, kind)


def _outcome(error: VeniceError) -> Outcome:
    """What the ledger says of a POST that ended in `error`."""
    if isinstance(error, NotSent):
        return Outcome.UNSENT
    if isinstance(error, Unanswered | BadResponse):
        return Outcome.UNKNOWN
    return Outcome.REFUSED if isinstance(error, Refused) or error.status else Outcome.UNKNOWN
