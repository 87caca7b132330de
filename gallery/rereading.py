"""Reading a kept answer once more, when somebody asks: a mended reader, a decoder with more time may find pictures.

It works from the file alone, is free, and may be repeated: what was asked for stays asked for until its outcome is
in the ledger. The generation has ended; it can only end better.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from django.db.models.functions import Now

from gallery import storing
from gallery.failpoints import failpoint
from gallery.models import Attempt, Generation, State
from gallery.recovery import on_its_own, saved_of
from gallery.spool import body_size, is_torn
from venice import BadResponse, VeniceError
from venice.salvage import salvage

if TYPE_CHECKING:
    from gallery.worker import Workshop


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
    if is_torn(path) and not _is_whole(path):
        _read_torn(workshop, attempt, path)
        return
    generation = attempt.generation
    reading = workshop.spool.reading(attempt.pk)
    try:
        with path.open("rb") as file:
            stored = storing.store(generation, attempt, file, workshop.decoder, reading, again=True)
    except VeniceError as error:
        # Both say why: the reader may know better by now.
        ended = Generation.objects.filter(pk=generation.pk, state__in=(State.FAILED, State.INTERRUPTED))
        ended.update(error_message=error.message)
        _still_kept(workshop, attempt, path, error.message)
        return
    failpoint("read-again")
    if not stored.unread:
        workshop.spool.discard(attempt.pk)


def _is_whole(path: Path) -> bool:
    with path.open("rb") as file, salvage(file) as found:
        return found is not None and found.is_whole


def _read_torn(workshop: "Workshop", attempt: Attempt, path: Path) -> None:
    """What stopped midway stays interrupted, with the pictures that are complete."""
    generation, words = attempt.generation, ""
    try:
        reading = workshop.spool.reading(attempt.pk)
        with path.open("rb") as file, storing.turn_of(file), reading, salvage(file) as found:
            pictures = found.images if found else ()
            saved = storing.store_salvage(generation, attempt, pictures, workshop.decoder)
        words = saved_of(generation, saved, attempt.kept_reason)
    except BadResponse as error:
        words = error.message
    failpoint("read-again")
    Generation.objects.filter(pk=generation.pk, state=State.INTERRUPTED).update(error_message=words)
    _still_kept(workshop, attempt, path, attempt.kept_reason)


def _still_kept(workshop: "Workshop", attempt: Attempt, path: Path, reason: str) -> None:
    workshop.spool.forget_readers(attempt.pk)
    asked = Attempt.objects.filter(pk=attempt.pk, reading_asked_at__isnull=False)
    asked.keep(body_size(path), reason, read_again_at=Now())
