"""Answers that could not be used, or not all of them: noted in the ledger, kept for a while, then removed.

The ledger says what is kept before a file is put aside, and that it is gone after the file is removed: a kill in
between leaves what the next look sets right. Each worker looks after the folder of its own host.
"""

import logging

from django.db.models import Q
from django.db.models.functions import Now

from gallery.failpoints import failpoint
from gallery.models import Attempt, Outcome, State
from gallery.pipeline.spool import Spool, body_size

log = logging.getLogger(__name__)

# Bytes of all that one host keeps; what somebody may still have to decide about is kept beyond it.
MOST = 2 << 30
TEND_EVERY = 60.0
_PORTION = 500

# Somebody has seen what became of it: only that may go for want of room.
_DECIDED = Q(generation__state=State.DONE) | Q(generation__dismissed_at__isnull=False)


def note(spool: Spool, attempt: Attempt, reason: str) -> None:
    """Say in the ledger that what came for `attempt` is kept, and why it could not be used."""
    path = spool.unused(attempt.pk)
    if path is not None:
        # Who was taken for dead may have stored it meanwhile.
        open_attempts = Attempt.objects.filter(pk=attempt.pk).exclude(outcome=Outcome.OK)
        open_attempts.keep(body_size(path), reason[:1].upper() + reason[1:])


def tend(spool: Spool, host: str, *, most: int = MOST) -> None:
    """Make ledger and folder agree, and remove what is too old or too much; nothing while the folder is away."""
    if not spool.is_there:
        return
    _agree(spool, host)
    _remove_old(spool, host)
    _make_room(spool, most)


def _agree(spool: Spool, host: str) -> None:
    """Rows whose file is gone are let go; files without a row get one, or go when they had one."""
    for attempt in Attempt.objects.filter(kept_bytes__isnull=False, host=host).only("pk").iterator(_PORTION):
        if spool.unused(attempt.pk) is None:
            log.warning("answer %d: its file is not on the disk any more", attempt.pk)
            Attempt.objects.filter(pk=attempt.pk).let_go()
    aside = spool.put_aside()
    unknown = Attempt.objects.filter(pk__in=aside, kept_bytes=None).select_related("generation")
    for attempt in unknown:
        if attempt.kept_until is None:
            # From before there was a ledger of them.
            reason = attempt.error_message or attempt.generation.error_message
            Attempt.objects.filter(pk=attempt.pk, kept_bytes=None).keep(body_size(aside[attempt.pk]), reason)
        else:
            aside[attempt.pk].unlink(missing_ok=True)


def _remove_old(spool: Spool, host: str) -> None:
    """Whose time is over, by its age or since staff said so."""
    over = Attempt.objects.filter(kept_bytes__isnull=False, kept_until__lte=Now(), reading_asked_at=None)
    for attempt in over.only("pk", "host"):
        # Another host's folder may be ours as well, or not.
        if attempt.host == host or spool.unused(attempt.pk):
            _remove(spool, attempt)


def _make_room(spool: Spool, most: int) -> None:
    """The oldest go first, until no more than `most` bytes are kept."""
    sizes = {number: path.stat().st_size for number, path in spool.put_aside().items()}
    excess = sum(sizes.values()) - most
    if excess <= 0:
        return
    spare = Attempt.objects.kept().filter(_DECIDED, pk__in=sizes, reading_asked_at=None)
    for attempt in spare.order_by("pk").only("pk", "host"):
        if excess <= 0:
            return
        if Attempt.objects.filter(pk=attempt.pk).discard():
            _remove(spool, attempt)
            excess -= sizes[attempt.pk]
    if excess > 0:
        log.warning("%d bytes of answers that nobody has decided about are kept beyond the limit", excess)


def _remove(spool: Spool, attempt: Attempt) -> None:
    spool.discard(attempt.pk)
    failpoint("kept-removed")
    if spool.unused(attempt.pk) is None:
        Attempt.objects.filter(pk=attempt.pk).let_go()
        log.info("answer %d: kept no longer", attempt.pk)
