"""Going on where a worker that is gone left off. Nothing that was sent is ever sent again.

Runs at a worker's start and every few seconds, in every worker; each step is a compare-and-set, so that several
may do it at once.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.db.models.functions import Now

from gallery.failpoints import failpoint
from gallery.models import Attempt, Generation, State, Worker
from gallery.models.attempt import Outcome
from gallery.pipeline import ingest, outcomes, retention
from venice import BadResponse, Unanswered
from venice.salvage import read_reply, salvage

if TYPE_CHECKING:
    from gallery.pipeline.worker import Workshop

log = logging.getLogger(__name__)

# Seconds without a change after which the writer of a torn answer will not come back.
KEEP_TORN = 3600.0

STOPPED = "The worker stopped while Venice was answering."


def recover(workshop: "Workshop") -> None:
    """Take up what dead workers, and threads of ours that failed, have left."""
    gone = workshop.heart.gone_workers()
    orphans = Generation.objects.active().filter(
        Q(worker__in=gone) | Q(worker=None, token__isnull=False) | Q(worker=workshop.heart.row)
    )
    # A copy, in one step: our threads take theirs out of it meanwhile.
    orphans = orphans.exclude(pk__in=list(workshop.in_hand))
    # A lease without an attempt is provably unpaid.
    orphans.filter(state=State.QUEUED).update(token=None, worker=None)
    failpoint("recovering")
    for generation in orphans.filter(state__in=(State.SENDING, State.RECEIVED)):
        with on_its_own(generation):
            _take_up(workshop, generation)
    failpoint("taken-up")
    _take_up_strays(workshop)
    Worker.objects.filter(pk__in=[worker.pk for worker in gone]).delete()


@contextmanager
def on_its_own(generation: Generation) -> Iterator[None]:
    """What fails for this one does not keep the others waiting; it is tried again in a moment."""
    try:
        yield
    except (OperationalError, InterfaceError):
        # The database is away: for all of them.
        raise
    except FileNotFoundError:
        log.info("generation %d: another worker was quicker", generation.pk)
    except OSError as error:
        log.warning("generation %d: cannot be stored now: %s", generation.pk, error.strerror)
    except Exception:
        log.exception("generation %d: cannot be taken up", generation.pk)


def _take_up(workshop: "Workshop", generation: Generation) -> None:
    """One generation that was being sent or stored: from what is on the disk, or as interrupted."""
    attempt = generation.attempts.filter(token=generation.token).first() if generation.token else None
    if attempt is None:
        _give_up(generation)
    elif workshop.spool.raw(attempt.pk).exists():
        _store_whole(workshop, generation, attempt)
    elif generation.state == State.SENDING:
        store_torn(workshop, generation, attempt, Unanswered(STOPPED))
    elif attempt.host == workshop.heart.host:
        # `received` is only ever said of an answer on the disk: here it is gone.
        outcomes.settle(generation, attempt, Unanswered("The stored answer is not on the disk any more."))


def _give_up(generation: Generation) -> None:
    """In flight without a line in the ledger: nothing that we write looks so, but nothing may hang."""
    Generation.objects.filter(pk=generation.pk, state=generation.state, token=generation.token).update(
        state=State.INTERRUPTED,
        token=None,
        worker=None,
        finished_at=Now(),
        error_kind=Unanswered.__name__,
        error_message=STOPPED,
        error_advice=Unanswered.advice,
    )


def _take_up_strays(workshop: "Workshop") -> None:
    """Answers on the disk that no generation waits for any more: late but paid for, or left by a kill."""
    for number in workshop.spool.attempts():
        attempt = Attempt.objects.select_related("generation").filter(pk=number).first()
        if attempt is None or attempt.generation.pk in workshop.in_hand:
            continue
        if attempt.outcome == Outcome.PENDING or attempt.generation.token == attempt.token:
            continue
        with on_its_own(attempt.generation):
            _take_up_stray(workshop, attempt)


def _take_up_stray(workshop: "Workshop", attempt: Attempt) -> None:
    spool, generation = workshop.spool, attempt.generation
    if attempt.outcome != Outcome.UNKNOWN:
        # Of an answer that is stored, what could not be read is kept.
        spool.settle(attempt.pk, keep=attempt.kept_bytes is not None)
    elif generation.state != State.INTERRUPTED:
        spool.settle(attempt.pk, keep=True)
    elif spool.raw(attempt.pk).exists():
        # A worker that was taken for dead has written its answer to the end.
        _store_whole(workshop, generation, attempt)
    elif time.time() - spool.part(attempt.pk).stat().st_mtime > KEEP_TORN:
        spool.settle(attempt.pk, keep=True)


def _store_whole(workshop: "Workshop", generation: Generation, attempt: Attempt) -> None:
    with workshop.spool.raw(attempt.pk).open("rb") as file:
        reply = read_reply(file)
    if reply:
        workshop.receive(generation, attempt, reply)
    failpoint("recovery-received")
    workshop.store(generation, attempt)


def store_torn(workshop: "Workshop", generation: Generation, attempt: Attempt, error: Unanswered) -> None:
    """An answer that stopped midway: promoted when it is whole after all; else its complete pictures are kept.

    The torn file stays for a while: whoever writes it may not be as dead as it looks.
    """
    saved = save_complete(workshop, generation, attempt, workshop.spool.part(attempt.pk))
    if saved is None:
        workshop.spool.promote(attempt.pk)
        failpoint("promoted")
        _store_whole(workshop, generation, attempt)
        return
    if saved:
        retention.note(workshop.spool, attempt, error.message)
        error = Unanswered(midway(error.message, saved), status=error.status)
    failpoint("salvaged")
    outcomes.settle(generation, attempt, error)


def midway(reason: str, saved: str) -> str:
    """Why an answer stopped midway, and how much of it was saved."""
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}. {saved}"


def save_complete(workshop: "Workshop", generation: Generation, attempt: Attempt, path: Path) -> str | None:
    """Store what is complete in a torn answer, and say how much; None when it is whole, nothing when there is none."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return ""
    with file, ingest.turn_of(file):
        try:
            with workshop.spool.reading(attempt.pk), salvage(file) as found:
                failpoint("reading")
                if found is None:
                    return ""
                if found.is_whole:
                    return None
                workshop.note(attempt, found.reply)
                saved = ingest.store_salvage(generation, attempt, found.images, workshop.decoder)
        except BadResponse as error:
            return error.message
    return f"{saved} of {generation.variants} pictures saved."
