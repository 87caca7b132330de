"""The worker process: its loop, its threads, its chores. What it does with a generation is in claim.py and sender.py.

    queued ──claim──► (lease) ──begin──► sending ──receive──► received ──store──► done
       ▲                                    │ outcomes: again, failed, interrupted
       └────────────────────────────────────┘

Each step is a compare-and-set on id, state and token (models/lifecycle.py), so that of two workers, or of a worker and
a person who cancels, exactly one wins. What a killed worker leaves is taken up by recovery.py.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import Error as DatabaseTrouble
from django.db import connection

from gallery import catalog
from gallery.formats import counted
from gallery.logs import one_line, outage
from gallery.media.decoder import Decoder
from gallery.media.storage import media_storage
from gallery.models import Attempt, Generation, schema
from gallery.pipeline import gates, recovery, reingest, retention, trash, uploads, verify
from gallery.pipeline.answers import Answers
from gallery.pipeline.claim import claim
from gallery.pipeline.heartbeat import Heart
from gallery.pipeline.sender import Sender
from gallery.pipeline.spool import Spool
from venice import Client, VeniceError

log = logging.getLogger(__name__)

LOOK_EVERY = 0.1
CHORES_EVERY = 3.0
# Seconds between two questions for a catalogue that does not come.
LONGEST_PAUSE = 300.0
# Seconds between two tries of what the database or the disk does not let us do.
LONGEST_OUTAGE = 15.0
SESSIONS_EVERY = 86_400.0
# Another host may have migrated the database meanwhile: what we would pay for then could not be stored.
SCHEMA_EVERY = 30.0


class WorkerProcess:
    """One `manage.py work`: its row in the database, its spool and decoder, and the calls in flight."""

    def __init__(self, client: Client, decoder: Decoder | None = None) -> None:
        self.concurrency = settings.WORKER_CONCURRENCY
        self.spool = Spool(Path(settings.SPOOL_DIR))
        has_history = Attempt.objects.filter(host=socket.gethostname()[:150]).exists()
        self.spool.open(has_history=has_history)
        recovery.look_for_restored(self.spool)
        self.heart = Heart()
        self.answers = Answers(self.spool, decoder or Decoder(), self.heart.host)
        self.sender = Sender(client, self.answers, self.heart.row, lambda: self.is_stopping)
        # Generations in the hands of our own threads: recovery leaves them alone.
        self.in_hand: set[int] = set()
        # A plain value and no Event, since a signal's handler sets it: it must not wait for a lock.
        self.is_stopping = False
        self._is_over = threading.Event()
        self._silence = ""
        self._retention = _Chore(retention.TEND_EVERY, lambda: retention.tend(self.spool, self.heart.host))
        self._uploads = _Chore(uploads.TEND_EVERY, uploads.tend)
        self._trash = _Chore(trash.TEND_EVERY, trash.tend)
        self._sessions = _Chore(SESSIONS_EVERY, SessionStore.clear_expired)
        self._schema = _Chore(SCHEMA_EVERY, lambda: schema.refuse_newer(connection))

    def run(self) -> None:
        """Work until told to stop, then let the calls in flight finish: they are paid for."""
        log.info("worker %s: %s at once", self.heart.row.name, counted(self.concurrency, "call"))
        self.heart.start()
        asking = threading.Thread(target=self._ask, name="free calls", daemon=True)
        asking.start()
        try:
            with ThreadPoolExecutor(self.concurrency, thread_name_prefix="call") as pool:
                self._loop(pool)
        finally:
            self._is_over.set()
            # Only now: a worker that waits for its last calls is alive.
            self.close()
        log.info("worker %s: stopped", self.heart.row.name)

    def close(self) -> None:
        """End the decoder and say that this worker is gone."""
        self.answers.decoder.close()
        self.heart.stop()

    def claim(self) -> Generation | None:
        """Lease the generation whose turn it is; None when there is none to claim."""
        return claim(self.heart.row)

    def step(self) -> bool:
        """Claim one generation and see it through in this thread; False when there is none to claim."""
        generation = self.claim()
        if generation is None:
            return False
        self.sender.see_through(generation)
        return True

    def recover(self) -> None:
        """Take up what dead workers, and threads of ours that failed, have left."""
        recovery.recover(self.answers, self.heart, self.in_hand)

    def _loop(self, pool: ThreadPoolExecutor) -> None:
        next_chores, has_room, pause = 0.0, True, 1.0
        while not self.is_stopping:
            try:
                if time.monotonic() >= next_chores:
                    has_room = self._chores()
                    next_chores = time.monotonic() + CHORES_EVERY
                self.sender.note_headers()
                claimed = self.claim() if has_room and len(self.in_hand) < self.concurrency else None
            except (DatabaseTrouble, OSError) as error:
                log.warning("not possible now, trying again: %s", outage(error) or one_line(error))
                connection.close()
                self._sleep(pause)
                pause = min(2 * pause, LONGEST_OUTAGE)
                continue
            pause = 1.0
            if claimed:
                self.in_hand.add(claimed.pk)
                pool.submit(self._in_thread, claimed)
            else:
                time.sleep(LOOK_EVERY)

    def _sleep(self, seconds: float) -> None:
        """Not longer than until we are told to stop."""
        end = time.monotonic() + seconds
        while not self.is_stopping and time.monotonic() < end:
            time.sleep(LOOK_EVERY)

    def _chores(self) -> bool:
        """What is looked after every few seconds; whether there is room for further answers."""
        self._schema.do_when_due()
        self.recover()
        reingest.read_asked(self.answers)
        verify.tend(self.answers.decoder)
        self._retention.do_when_due()
        self._uploads.do_when_due()
        self._trash.do_when_due()
        self._sessions.do_when_due()
        return gates.look_at_disk(self.heart.host, self.spool.folder, *media_storage().folders())

    def _ask(self) -> None:
        """Free calls, from a thread of their own since Venice may be slow: the probe of a gate, the catalogue."""
        client, ask_again_at, pause = self.sender.client, 0.0, CHORES_EVERY
        while not self._is_over.is_set():
            try:
                gates.probe(client)
                if time.monotonic() >= ask_again_at and catalog.is_due():
                    catalog.sync(client)
                    pause, self._silence = CHORES_EVERY, ""
            except Exception as error:  # whatever it is, the probes go on
                self._note_silence(error)
                connection.close()
                ask_again_at, pause = time.monotonic() + pause, min(2 * pause, LONGEST_PAUSE)
            self._is_over.wait(CHORES_EVERY)
        connection.close()

    def _note_silence(self, error: Exception) -> None:
        """To wait for Venice is no failure of ours: said once for each reason, until the catalogue has come."""
        if not isinstance(error, VeniceError | catalog.CatalogueUnusable | DatabaseTrouble):
            log.exception("catalogue")
        elif (words := one_line(error)) != self._silence:
            self._silence = words
            log.info("catalogue: %s; it is asked for again until it comes", words.rstrip("."))

    def _in_thread(self, generation: Generation) -> None:
        try:
            self.sender.see_through(generation)
        except (DatabaseTrouble, OSError) as error:
            # The row and the spool are as the last finished step left them: recovery goes on from there.
            words = outage(error) or one_line(error)
            log.warning("generation %d: stopped midway: %s", generation.pk, words)
        except Exception:
            log.exception("generation %d: stopped midway", generation.pk)
        finally:
            self.in_hand.discard(generation.pk)
            connection.close()


class _Chore:
    """What is done every so many seconds; what has failed is due at once."""

    def __init__(self, every: float, do: Callable[[], None]) -> None:
        self._every, self._do, self._due_at = every, do, 0.0

    def do_when_due(self) -> None:
        now = time.monotonic()
        if now >= self._due_at:
            self._do()
            self._due_at = now + self._every
