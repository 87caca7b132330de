"""Going on where a worker that is gone left off. Nothing that was sent is ever sent again.

Runs at a worker's start and every few seconds, in every worker; each step is a compare-and-set, so that several
may do it at once.
"""

import logging
import os
import time
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from gallery import storing
from gallery.failpoints import failpoint
from gallery.models import Attempt, Generation, State, Worker
from venice import Unanswered
from venice.salvage import salvage

if TYPE_CHECKING:
    from gallery.worker import Workshop

log = logging.getLogger(__name__)

# Seconds without a change after which the writer of a torn answer will not come back.
KEEP_TORN = 3600.0

STOPPED = "The worker stopped while Venice was answering."


def recover(workshop: "Workshop") -> None:
    """Take up what dead workers, and threads of ours that failed, have left."""
    gone = _gone_workers(workshop)
    orphans = Generation.objects.active().filter(
        Q(worker__in=gone) | Q(worker=None, token__isnull=False) | Q(worker=workshop.row)
    )
    orphans = orphans.exclude(pk__in=workshop.in_hand)
    # A lease without an attempt is provably unpaid.
    orphans.filter(state=State.QUEUED).update(token=None, worker=None)
    failpoint("recovering")
    for generation in orphans.filter(state__in=(State.SENDING, State.RECEIVED)):
        attempt = generation.attempts.order_by("-id").first()
        if attempt is not None and attempt.token == generation.token:
            _take_up(workshop, generation, attempt)
    _take_up_strays(workshop)
    Worker.objects.filter(pk__in=[worker.pk for worker in gone]).delete()


def _gone_workers(workshop: "Workshop") -> list[Worker]:
    """Silent for 30 s by the database's clock; on this host at once when the process is no more."""
    others = Worker.objects.exclude(pk=workshop.row.pk)
    silent = set(others.dead().values_list("pk", flat=True))
    return [
        worker
        for worker in others
        if worker.pk in silent or (worker.host == workshop.host and not _runs(worker.process))
    ]


def _runs(process: int) -> bool:
    """Whether that process of this host is there; our own number on another's row is an older process."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _take_up(workshop: "Workshop", generation: Generation, attempt: Attempt) -> None:
    """One generation that was being sent or stored: from what is on the disk, or as interrupted."""
    spool = workshop.spool
    if spool.raw(attempt.pk).exists():
        _store_whole(workshop, generation, attempt)
    elif spool.part(attempt.pk).exists():
        _store_torn(workshop, generation, attempt)
    elif generation.state == State.SENDING:
        workshop.settle(generation, attempt, Unanswered(STOPPED))
    elif attempt.host == workshop.host:
        # `received` is only ever said of an answer on the disk: here it is gone.
        workshop.settle(generation, attempt, Unanswered("The stored answer is not on the disk any more."))


def _take_up_strays(workshop: "Workshop") -> None:
    """Answers on the disk whose generation was given up meanwhile: late, but paid for."""
    for number in workshop.spool.attempts():
        attempt = Attempt.objects.select_related("generation").filter(pk=number).first()
        if attempt is None or attempt.generation.pk in workshop.in_hand:
            continue
        if attempt.generation.state == State.INTERRUPTED:
            _take_up_late(workshop, attempt)
        elif attempt.generation.state == State.DONE:
            workshop.spool.discard(number)


def _take_up_late(workshop: "Workshop", attempt: Attempt) -> None:
    """A worker that woke late may still have written its answer to the end after we gave it up."""
    raw, part = workshop.spool.raw(attempt.pk), workshop.spool.part(attempt.pk)
    if raw.exists():
        _store_whole(workshop, attempt.generation, attempt)
    elif part.exists() and time.time() - part.stat().st_mtime > KEEP_TORN:
        workshop.spool.settle(attempt.pk, keep=True)


def _store_whole(workshop: "Workshop", generation: Generation, attempt: Attempt) -> None:
    with workshop.spool.raw(attempt.pk).open("rb") as file:
        found = salvage(file)
    if found:
        workshop.receive(generation, attempt, found.reply)
    failpoint("recovery-received")
    workshop.store(generation, attempt)


def _store_torn(workshop: "Workshop", generation: Generation, attempt: Attempt) -> None:
    """A part that is whole after all is promoted; of a torn one, the complete pictures are kept."""
    with workshop.spool.part(attempt.pk).open("rb") as file:
        found = salvage(file)
    if found and found.is_whole:
        workshop.spool.promote(attempt.pk)
        failpoint("promoted")
        _store_whole(workshop, generation, attempt)
        return
    saved = storing.store_salvage(generation, attempt, found.images, workshop.decoder) if found else 0
    failpoint("salvaged")
    workshop.settle(
        generation, attempt, Unanswered(f"{STOPPED} {saved} of {generation.variants} pictures saved.")
    )


def waiting_for_hosts() -> QuerySet[Generation]:
    """Received, but on a host that has been silent: staff may declare them interrupted."""
    return Generation.objects.filter(state=State.RECEIVED, worker=None)
