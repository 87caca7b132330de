"""Going on where a worker that is gone left off. Nothing that was sent is ever sent again.

Runs at a worker's start and every few seconds, in every worker; each step is a compare-and-set, so that several
may do it at once.
"""

import logging
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError
from django.db.models import Max, Q

from gallery.failpoints import failpoint
from gallery.models import Attempt, Generation, Outcome, State, Worker, clock
from gallery.pipeline import gates, outcomes
from gallery.pipeline.answers import Answers
from gallery.pipeline.heartbeat import Heart
from gallery.pipeline.spool import Spool
from venice import Unanswered

log = logging.getLogger(__name__)

# Seconds without a change after which the writer of a torn answer will not come back.
KEEP_TORN = 3600.0

STOPPED = "The worker stopped while Venice was answering."


def look_for_restored(spool: Spool) -> None:
    """Before anything is sent: is the database a copy from before what was begun with this spool?

    Then nothing that waits is sent until a person has looked at it; and answers that the copy does not know go where
    no new attempt, which will have their numbers, finds them.
    """
    # First what is here, then what is known: every attempt was committed before anything was written of it.
    begun, files = spool.newest, spool.everything()
    newest = Attempt.objects.aggregate(newest=Max("pk"))["newest"] or 0
    for path, number in files.items():
        if number > newest:
            aside = spool.quarantine(path)
            log.warning("%s: the database does not know this answer; it lies in %s now", path.name, aside)
    if begun > newest:
        gates.after_restore()
        spool.remember(newest, anew=True)


def recover(answers: Answers, heart: Heart, in_hand: Collection[int]) -> None:
    """Take up what dead workers, and threads of ours that failed, have left.

    `in_hand` are the generations that our own threads are busy with; it may change meanwhile.
    """
    gone = heart.gone_workers()
    orphans = Generation.objects.active().filter(
        Q(worker__in=gone) | Q(worker=None, token__isnull=False) | Q(worker=heart.row)
    )
    # A copy, in one step: our threads take theirs out of it meanwhile.
    orphans = orphans.exclude(pk__in=list(in_hand))
    # A lease without an attempt is provably unpaid.
    orphans.release()
    failpoint("recovering")
    for generation in orphans.filter(state__in=(State.SENDING, State.RECEIVED)):
        with on_its_own(generation):
            _take_up(answers, generation)
    failpoint("taken-up")
    _take_up_strays(answers, in_hand)
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


def _take_up(answers: Answers, generation: Generation) -> None:
    """One generation that was being sent or stored: from what is on the disk, or as interrupted."""
    attempt = generation.attempts.filter(token=generation.token).first() if generation.token else None
    if attempt is None:
        # In flight without a line in the ledger: nothing that we write looks so, but nothing may hang.
        generation.interrupt(generation.token, Unanswered(STOPPED), clock.database_now())
    elif answers.spool.raw(attempt.pk).exists():
        answers.store_whole(generation, attempt)
    elif generation.state == State.SENDING:
        answers.store_torn(generation, attempt, Unanswered(STOPPED))
    elif attempt.host == answers.host:
        # `received` is only ever said of an answer on the disk: here it is gone.
        outcomes.settle(generation, attempt, Unanswered("The stored answer is not on the disk any more."))


def _take_up_strays(answers: Answers, in_hand: Collection[int]) -> None:
    """Answers on the disk that no generation waits for any more: late but paid for, or left by a kill."""
    for number in answers.spool.attempts():
        attempt = Attempt.objects.select_related("generation").filter(pk=number).first()
        if attempt is None or attempt.generation.pk in in_hand:
            continue
        if attempt.outcome == Outcome.PENDING or attempt.generation.token == attempt.token:
            continue
        with on_its_own(attempt.generation):
            _take_up_stray(answers, attempt)


def _take_up_stray(answers: Answers, attempt: Attempt) -> None:
    spool, generation = answers.spool, attempt.generation
    if attempt.outcome != Outcome.UNKNOWN:
        # Of an answer that is stored, what could not be read is kept.
        spool.settle(attempt.pk, keep=attempt.kept_bytes is not None)
    elif generation.state != State.INTERRUPTED:
        spool.settle(attempt.pk, keep=True)
    elif spool.raw(attempt.pk).exists():
        # A worker that was taken for dead has written its answer to the end.
        answers.store_whole(generation, attempt)
    elif time.time() - spool.part(attempt.pk).stat().st_mtime > KEEP_TORN:
        spool.settle(attempt.pk, keep=True)
