"""Reading a kept answer once more, when somebody asks: a mended reader, a decoder with more time may find pictures.

It works from the file alone, is free, and may be repeated: what was asked for stays asked for until its outcome is
in the ledger. The generation has ended; it can only end better.
"""

from pathlib import Path

from gallery.failpoints import failpoint
from gallery.models import Attempt
from gallery.pipeline import ingest
from gallery.pipeline.answers import Answers, midway
from gallery.pipeline.recovery import on_its_own
from gallery.pipeline.spool import body_size, is_torn
from venice import VeniceError


def read_asked(answers: Answers) -> None:
    """Read every answer of this host that somebody wants to be read again."""
    for attempt in Attempt.objects.asked().select_related("generation").order_by("reading_asked_at"):
        path = answers.spool.unused(attempt.pk)
        if path is not None:
            with on_its_own(attempt.generation):
                _read(answers, attempt, path)
        elif attempt.host == answers.host and answers.spool.is_there:
            Attempt.objects.filter(pk=attempt.pk).let_go(was_read_again=True)


def _read(answers: Answers, attempt: Attempt, path: Path) -> None:
    generation, spool = attempt.generation, answers.spool
    if is_torn(path):
        saved = answers.save_complete(generation, attempt, path)
        if saved is not None:
            words = midway(attempt.kept_reason, saved)
            _still_kept(answers, attempt, path, words, attempt.kept_reason)
            return
    try:
        with path.open("rb") as file:
            readers = spool.reading(attempt.pk)
            stored = ingest.store(generation, attempt, file, answers.decoder, readers, again=True)
    except VeniceError as error:
        _still_kept(answers, attempt, path, error.message, error.message)
        return
    failpoint("read-again")
    if not stored.unread:
        spool.discard(attempt.pk)


def _still_kept(answers: Answers, attempt: Attempt, path: Path, words: str, reason: str) -> None:
    """The generation and the ledger say why: the reader may know better by now."""
    failpoint("read-again")
    attempt.generation.explain(words)
    Attempt.objects.filter(pk=attempt.pk).asked().keep(body_size(path), reason, was_read_again=True)
    # Whoever asks once more may try once more, also what its readers died of.
    answers.spool.forget_readers(attempt.pk)
