"""Reading a kept answer once more, when somebody asks: a mended reader, a decoder with more time may find pictures.

It works from the file alone, is free, and may be repeated: what was asked for stays asked for until its outcome is
in the ledger. The generation has ended; it can only end better.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from django.db.models.functions import Now

from gallery.failpoints import failpoint
from gallery.models import Attempt, Generation, State
from gallery.pipeline import ingest
from gallery.pipeline.recovery import midway, on_its_own, save_complete
from gallery.pipeline.spool import body_size, is_torn
from venice import VeniceError

if TYPE_CHECKING:
    from gallery.pipeline.worker import Workshop


def read_asked(workshop: "Workshop") -> None:
    """Read every answer of this host that somebody wants to be read again."""
    for attempt in Attempt.objects.asked().select_related("generation").order_by("reading_asked_at"):
        path = workshop.spool.unused(attempt.pk)
        if path is not None:
            with on_its_own(attempt.generation):
                _read(workshop, attempt, path)
        elif attempt.host == workshop.heart.host and workshop.spool.is_there:
            Attempt.objects.filter(pk=attempt.pk).let_go(read_again_at=Now())


def _read(workshop: "Workshop", attempt: Attempt, path: Path) -> None:
    generation, spool = attempt.generation, workshop.spool
    if is_torn(path):
        saved = save_complete(workshop, generation, attempt, path)
        if saved is not None:
            words = midway(attempt.kept_reason, saved)
            _still_kept(workshop, attempt, path, words, attempt.kept_reason)
            return
    try:
        with path.open("rb") as file:
            readers = spool.reading(attempt.pk)
            stored = ingest.store(generation, attempt, file, workshop.decoder, readers, again=True)
    except VeniceError as error:
        _still_kept(workshop, attempt, path, error.message, error.message)
        return
    failpoint("read-again")
    if not stored.unread:
        spool.discard(attempt.pk)


def _still_kept(workshop: "Workshop", attempt: Attempt, path: Path, words: str, reason: str) -> None:
    """The generation and the ledger say why: the reader may know better by now."""
    failpoint("read-again")
    ended = Generation.objects.filter(pk=attempt.generation_id, state__in=(State.FAILED, State.INTERRUPTED))
    ended.update(error_message=words)
    asked = Attempt.objects.filter(pk=attempt.pk, reading_asked_at__isnull=False)
    asked.keep(body_size(path), reason, read_again_at=Now())
    # Whoever asks once more may try once more, also what its readers died of.
    workshop.spool.forget_readers(attempt.pk)
