"""Answers on the disk of this host: what each of them becomes in the database, whole or torn.

It works from the spool alone, is free, and may be repeated: by who received the answer, by a recovery, and when
somebody asks for a reading again.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from gallery.failpoints import failpoint
from gallery.formats import counted
from gallery.media.decoder import Decoder
from gallery.models import Attempt, CatalogModel, Generation
from gallery.pipeline import gates, ingest, outcomes, retention
from gallery.pipeline.spool import Spool
from venice import BadResponse, Reply, Unanswered, VeniceError
from venice.salvage import read_reply, salvage

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Answers:
    """The spool of a host, and what reads the pictures in it."""

    spool: Spool
    decoder: Decoder
    host: str

    def receive(self, generation: Generation, attempt: Attempt, reply: Reply) -> None:
        """The whole answer is on disk: say so, whatever its status."""
        attempt.note(reply)
        generation.receive(attempt.token, reply.headers_at)
        if reply.status < 300:
            # Now and not when it is stored: a full disk or a silent host must not keep everyone from what this shows.
            gates.after_success(attempt)
        if reply.rate_limit:
            CatalogModel.objects.note_rate_limit(generation.model, reply.rate_limit.limit)

    def store(self, generation: Generation, attempt: Attempt) -> None:
        """Make rows and files of a whole answer, unless another worker has.

        Of one that brings no picture the generation ends, or waits again; it is kept where it may have been paid for.
        """
        try:
            file = self.spool.raw(attempt.pk).open("rb")
        except FileNotFoundError:
            log.info("generation %d: another worker stored it", generation.pk)
            return
        try:
            with file:
                reading = self.spool.reading(attempt.pk)
                stored = ingest.store(generation, attempt, file, self.decoder, reading)
        except VeniceError as error:
            self._put_aside(generation, attempt, error)
            return
        failpoint("stored")
        self.spool.settle(attempt.pk, keep=bool(stored.unread))
        log.info("generation %d: done, %s", generation.pk, counted(stored.pictures, "picture"))

    def _put_aside(self, generation: Generation, attempt: Attempt, error: VeniceError) -> None:
        """A whole answer without a picture: kept when it may have been paid for."""
        if error.charge_unknown:
            retention.note(self.spool, attempt, error.message)
        failpoint("kept-noted")
        outcomes.settle(generation, attempt, error)
        self.spool.settle(attempt.pk, keep=error.charge_unknown)
        failpoint("put-aside")

    def store_whole(self, generation: Generation, attempt: Attempt) -> None:
        """A whole answer that another process has received: say so, and store it. OSError."""
        with self.spool.raw(attempt.pk).open("rb") as file:
            reply = read_reply(file)
        if reply:
            self.receive(generation, attempt, reply)
        failpoint("recovery-received")
        self.store(generation, attempt)

    def store_torn(self, generation: Generation, attempt: Attempt, error: Unanswered) -> None:
        """An answer that stopped midway: promoted when it is whole after all; else its complete pictures are kept.

        The torn file stays for a while: whoever writes it may not be as dead as it looks.
        """
        saved = self.save_complete(generation, attempt, self.spool.part(attempt.pk))
        if saved is None:
            self.spool.promote(attempt.pk)
            failpoint("promoted")
            self.store_whole(generation, attempt)
            return
        if saved:
            retention.note(self.spool, attempt, error.message)
            error = Unanswered(midway(error.message, saved), status=error.status)
        failpoint("salvaged")
        outcomes.settle(generation, attempt, error)

    def save_complete(self, generation: Generation, attempt: Attempt, path: Path) -> str | None:
        """Store what is complete in a torn answer, and say how much: None when it is whole, nothing when nothing is."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return ""
        with file, ingest.turn_of(file):
            try:
                with self.spool.reading(attempt.pk), salvage(file) as answer:
                    failpoint("reading")
                    if answer is None:
                        return ""
                    if answer.is_whole:
                        return None
                    attempt.note(answer.reply)
                    saved = ingest.store_salvage(generation, attempt, answer.images, self.decoder)
            except BadResponse as error:
                return error.message
        return f"{saved} of {counted(generation.variants, 'picture')} saved."


def midway(reason: str, saved: str) -> str:
    """Why an answer stopped midway, and how much of it was saved."""
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}. {saved}"
