"""The one paid use of the client: a leased generation is sent, and what comes back is stored.

A generation is `sending` in the database before its first byte leaves, and its answer is on the disk before the
database hears of it.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime

from django.db import Error as DatabaseTrouble
from django.db import connection, transaction
from django.utils import timezone

from gallery.failpoints import die_halfway, failpoint, watched
from gallery.logs import one_line
from gallery.media.pictures import LostFile
from gallery.models import Attempt, Generation, Worker
from gallery.pipeline import outcomes
from gallery.pipeline.answers import Answers
from venice import Client, InvalidRequest, NotSent, Reply, Unanswered, VeniceError
from venice.operations import Operation

log = logging.getLogger(__name__)


class Sender:
    """Sends for one worker process, from as many threads as it likes."""

    def __init__(
        self, client: Client, answers: Answers, worker: Worker, is_stopping: Callable[[], bool]
    ) -> None:
        self.client = client
        self.answers = answers
        self.worker = worker
        self._is_stopping = is_stopping
        # Attempts whose headers have come, until the loop has written it down.
        self._headed: deque[tuple[int, datetime]] = deque()

    def see_through(self, generation: Generation) -> None:
        """Send a leased generation and store what comes back; nothing is sent where the lease is lost by now."""
        attempt = self.begin(generation)
        if attempt is None:
            return
        failpoint("begun")
        if not generation.is_sending():
            attempt.withdraw()
            return
        try:
            reply = self._send(generation, attempt)
        except Unanswered as error:
            # What did arrive is paid for.
            unanswered = error
            self._insist(lambda: self.answers.store_torn(generation, attempt, unanswered))
        except VeniceError as error:
            free = error
            self._insist(lambda: outcomes.settle(generation, attempt, free))
            self.answers.spool.discard(attempt.pk)
        else:
            failpoint("renamed")
            self.answers.receive(generation, attempt, reply)
            failpoint("received")
            self.answers.store(generation, attempt)

    def begin(self, generation: Generation) -> Attempt | None:
        """Commit `sending` and a line of the ledger: from here on the call may have been paid for. None: not begun."""
        with transaction.atomic():
            if not generation.begin():
                return None
            attempt = Attempt.objects.begin(generation, self.worker)
            failpoint("beginning")
        return attempt

    def _send(self, generation: Generation, attempt: Attempt) -> Reply:
        """The one paid call; its answer is in the spool when this returns."""
        operation = _operation(generation)
        with self.answers.spool.receive(attempt.pk) as file:
            sink = watched(file)
            reply = self.client.send(
                operation,
                sink,
                on_sent=lambda: failpoint("sent"),
                on_headers=lambda: self._on_headers(attempt),
            )
            die_halfway(sink)
            failpoint("body-written")
        return reply

    def _on_headers(self, attempt: Attempt) -> None:
        """In the thread that reads a paid answer, where nothing may wait: the loop writes it down."""
        self._headed.append((attempt.pk, timezone.now()))
        failpoint("headers")

    def note_headers(self) -> None:
        """Write down that answers have begun to arrive, which the threads that read them have only told."""
        while self._headed:
            number, at = self._headed[0]
            Attempt.objects.filter(pk=number).note_headers(at)
            self._headed.popleft()

    def _insist(self, step: Callable[[], None]) -> None:
        """Repeat a free step while the database is away: only this thread knows how its call ended."""
        while True:
            try:
                return step()
            except DatabaseTrouble as error:
                if self._is_stopping():
                    raise
                log.warning("not possible now, trying again: %s", one_line(error))
                connection.close()
                time.sleep(1)


def _operation(generation: Generation) -> Operation:
    """The request with its inputs. InvalidRequest when it can never be sent, NotSent while the disk refuses."""
    try:
        return generation.sendable
    except LostFile as error:
        lost = InvalidRequest(f"A picture that this starts from is lost: {error}.")
        lost.advice = "Nothing was sent. Put the file back and run it again, or start from another picture."
        raise lost from error
    except OSError as error:
        raise NotSent(f"A picture that this starts from cannot be read now: {error.strerror}") from error
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"The stored request cannot be sent: {error}") from error
