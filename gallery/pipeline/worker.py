"""The worker: claims a generation, sends it, spools the answer, stores the pictures: the only paid use of the client.

    queued ──claim──► (lease) ──begin──► sending ──receive──► received ──store──► done
       ▲                                    │ outcomes: again, failed, interrupted
       └────────────────────────────────────┘

Each step is a compare-and-set on id, state and token, so that of two workers, or of a worker and a person who
cancels, exactly one wins. A generation is `sending` in the database before its first byte leaves, and its
answer is on the disk before the database hears of it. What a killed worker leaves is taken up by recovery.py.
"""

import logging
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from gallery import catalog
from gallery.failpoints import failpoint, watched
from gallery.media.decoding import Decoder
from gallery.media.pictures import LostFile
from gallery.models import Attempt, CatalogModel, Generation, State, User, columns
from gallery.models.attempt import Outcome
from gallery.models.generation import GenerationQuerySet
from gallery.pipeline import gates, ingest, outcomes, pace, recovery, reingest, retention, uploads
from gallery.pipeline.heartbeat import Heart
from gallery.pipeline.spool import Spool
from venice import Client, InvalidRequest, NotSent, Reply, Unanswered, VeniceError
from venice.operations import Operation

log = logging.getLogger(__name__)

LOOK_EVERY = 0.1
CHORES_EVERY = 3.0
# Seconds between two questions for a catalogue that does not come.
LONGEST_PAUSE = 300.0


class Workshop:
    """One worker process: its row in the database, its client, its spool, its decoder, and the calls in flight."""

    def __init__(self, client: Client, decoder: Decoder | None = None) -> None:
        self.client = client
        self.spool = Spool(Path(settings.SPOOL_DIR))
        self.decoder = decoder or Decoder()
        self.concurrency = settings.WORKER_CONCURRENCY
        has_history = Attempt.objects.filter(host=socket.gethostname()[:150]).exists()
        self.spool.open(has_history=has_history)
        self.heart = Heart()
        # Attempts whose headers have come, until the loop has written it down.
        self._headed: deque[tuple[int, datetime]] = deque()
        # Generations in the hands of our own threads: recovery leaves them alone.
        self.in_hand: set[int] = set()
        # When the folder of kept answers is looked after again, by the monotonic clock.
        self.tend_at = 0.0
        # When uploads that nothing was made from are looked for again.
        self.uploads_at = 0.0
        # A plain value and no Event, since a signal's handler sets it: it must not wait for a lock.
        self.is_told_to_stop = False
        self._is_over = threading.Event()

    def run(self) -> None:
        """Work until told to stop, then let the calls in flight finish: they are paid for."""
        log.info("worker %s: %d calls at once", self.heart.row.name, self.concurrency)
        self.heart.start()
        asking = threading.Thread(target=self._ask, name="free calls", daemon=True)
        asking.start()
        with ThreadPoolExecutor(self.concurrency, thread_name_prefix="call") as pool:
            self._loop(pool)
        self._is_over.set()
        # Only now: a worker that waits for its last calls is alive.
        self.close()
        log.info("worker %s: stopped", self.heart.row.name)

    def close(self) -> None:
        """End the decoder and say that this worker is gone."""
        self.decoder.close()
        self.heart.stop()

    def step(self) -> bool:
        """Claim one generation and see it through in this thread; False when there is none to claim."""
        generation = self.claim()
        if generation is None:
            return False
        self.see_through(generation)
        return True

    def _loop(self, pool: ThreadPoolExecutor) -> None:
        next_chores, has_room = 0.0, True
        while not self.is_told_to_stop:
            try:
                if time.monotonic() >= next_chores:
                    recovery.recover(self)
                    reingest.read_asked(self)
                    retention.tend(self)
                    uploads.tend(self)
                    has_room = gates.look_at_disk(
                        self.heart.host, self.spool.folder, Path(settings.MEDIA_ROOT)
                    )
                    next_chores = time.monotonic() + CHORES_EVERY
                self._note_headers()
                claimed = self.claim() if has_room and len(self.in_hand) < self.concurrency else None
            except (DatabaseTrouble, OSError) as error:
                log.warning("not possible now, trying again: %s", _line(error))
                connection.close()
                time.sleep(1)
                continue
            if claimed:
                self.in_hand.add(claimed.pk)
                pool.submit(self._in_thread, claimed)
            else:
                time.sleep(LOOK_EVERY)

    def _ask(self) -> None:
        """Free calls, from a thread of their own since Venice may be slow: the probe of a gate, the catalogue."""
        ask_again_at, pause = 0.0, CHORES_EVERY
        while not self._is_over.is_set():
            try:
                gates.probe(self.client)
                if time.monotonic() >= ask_again_at and catalog.is_due():
                    catalog.sync(self.client)
                    pause = CHORES_EVERY
            except Exception as error:  # whatever it is, the probes go on
                if isinstance(error, VeniceError | catalog.CatalogueUnusable | DatabaseTrouble):
                    log.warning("catalogue: %s", _line(error))
                else:
                    log.exception("catalogue")
                connection.close()
                ask_again_at, pause = time.monotonic() + pause, min(2 * pause, LONGEST_PAUSE)
            self._is_over.wait(CHORES_EVERY)
        connection.close()

    def _in_thread(self, generation: Generation) -> None:
        try:
            self.see_through(generation)
        except (DatabaseTrouble, OSError) as error:
            # The row and the spool are as the last finished step left them: recovery goes on from there.
            log.warning("generation %d: stopped midway: %s", generation.pk, _line(error))
        except Exception:
            log.exception("generation %d: stopped midway", generation.pk)
        finally:
            self.in_hand.discard(generation.pk)
            connection.close()

    def claim(self) -> Generation | None:
        """Take the generation whose turn it is (see models/service_order.py); None when none may be sent now."""
        if not self._waiting().exists():
            return None
        with transaction.atomic():
            self._take_turns()
            if gate := gates.hold_all(self.heart.host):
                self._hold(gate.reason, self._waiting())
                return None
            free = self._without_refused_members().exclude(model__in=gates.busy_models())
            without_room = pace.without_room()
            self._hold(pace.RATE_LIMIT, free.filter(without_room, tries=0))
            generation = self._next(free.exclude(without_room))
            if generation is None:
                return None
            generation.token, generation.worker = uuid.uuid4(), self.heart.row
            leased = Generation.objects.filter(pk=generation.pk, state=State.QUEUED, token=None)
            if not leased.update(token=generation.token, worker=self.heart.row):
                return None
            User.objects.filter(pk=generation.owner_id).update(served_at=Now())
            failpoint("claiming")
        failpoint("leased")
        return generation

    def _without_refused_members(self) -> GenerationQuerySet:
        """What waits, but for members who would trip the breaker while somebody else makes pictures."""
        refused = gates.refused_members()
        if not Generation.objects.active().exclude(owner__in=refused).exists():
            return self._waiting()
        self._hold(gates.OFTEN_REFUSED, self._waiting().filter(owner__in=refused))
        return self._waiting().exclude(owner__in=refused)

    def _next(self, free: GenerationQuerySet) -> Generation | None:
        """Whose turn it is; to try whether a breaker may open goes one whose member was not refused lately, if any."""
        if gates.half_open_breaker() is None:
            return free.next_in_turn()
        unsuspected = free.exclude(owner__in=gates.refused_members(1, gates.SUSPICION))
        return unsuspected.next_in_turn(is_probe=True) or free.next_in_turn(is_probe=True)

    def _waiting(self) -> GenerationQuerySet:
        due = Q(not_before=None) | Q(not_before__lte=Now())
        return Generation.objects.filter(due, state=State.QUEUED, token=None, owner__is_active=True)

    def _hold(self, reason: str, held: GenerationQuerySet) -> None:
        """Say what they wait for now; one write for each change of the reason."""
        told = columns.held(Generation, hold_reason=reason)
        held.exclude(**told).update(**told)

    def _take_turns(self) -> None:
        """Only one worker counts and claims at a time: SQLite's write lock sees to it, PostgreSQL must be told."""
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext('gallery.claim'))")

    def see_through(self, generation: Generation) -> None:
        """Send a leased generation and store what comes back."""
        attempt = self._begin(generation)
        if attempt is None:
            return
        failpoint("begun")
        if not self._is_still_mine(generation):
            Attempt.objects.filter(pk=attempt.pk).update(outcome=Outcome.UNSENT, finished_at=Now())
            return
        try:
            reply = self._send(generation, attempt)
        except Unanswered as error:
            # What did arrive is paid for.
            unanswered = error
            self._insist(lambda: recovery.store_torn(self, generation, attempt, unanswered))
        except VeniceError as error:
            free = error
            self._insist(lambda: outcomes.settle(generation, attempt, free))
            self.spool.discard(attempt.pk)
        else:
            failpoint("renamed")
            self.receive(generation, attempt, reply)
            failpoint("received")
            self.store(generation, attempt)

    def _send(self, generation: Generation, attempt: Attempt) -> Reply:
        """The one paid call; its answer is in the spool when this returns."""
        operation = _operation(generation)
        with self.spool.receive(attempt.pk) as sink:
            reply = self.client.send(
                operation,
                watched(sink),
                on_sent=lambda: failpoint("sent"),
                on_headers=lambda: self._on_headers(attempt),
            )
            failpoint("body-written")
        return reply

    def _on_headers(self, attempt: Attempt) -> None:
        """In the thread that reads a paid answer, where nothing may wait: the loop writes it down."""
        self._headed.append((attempt.pk, timezone.now()))
        failpoint("headers")

    def _note_headers(self) -> None:
        """Say of answers that are still arriving that they do."""
        while self._headed:
            number, at = self._headed[0]
            Attempt.objects.filter(pk=number, headers_at=None).update(headers_at=at)
            self._headed.popleft()

    def _insist(self, step: Callable[[], None]) -> None:
        """Repeat a free step while the database is away: only this thread knows how its call ended."""
        while True:
            try:
                return step()
            except DatabaseTrouble as error:
                if self.is_told_to_stop:
                    raise
                log.warning("not possible now, trying again: %s", _line(error))
                connection.close()
                time.sleep(1)

    def _begin(self, generation: Generation) -> Attempt | None:
        """Commit `sending` and the ledger line; from here on the call may have been paid for."""
        with transaction.atomic():
            mine = Generation.objects.filter(pk=generation.pk, state=State.QUEUED, token=generation.token)
            changes = {"state": State.SENDING, "sent_at": Now(), "headers_at": None, "tries": F("tries") + 1}
            if not mine.update(**changes, not_before=None):
                return None
            generation.refresh_from_db(fields=["state", "sent_at", "tries"])
            assert generation.token  # noqa: S101 - who begins has leased
            attempt = Attempt.objects.create(
                generation=generation,
                token=generation.token,
                worker=self.heart.row.name,
                host=self.heart.host,
                model=generation.model,
                images_asked=generation.variants,
                emulated=generation.emulated,
                price=generation.price_estimate,
                sent_at=generation.sent_at,  # type: ignore[misc]  # set just now
            )
            failpoint("beginning")
        return attempt

    def _is_still_mine(self, generation: Generation) -> bool:
        """Whether nobody declared us dead meanwhile: a process may be stopped between any two lines."""
        mine = Generation.objects.filter(pk=generation.pk, state=State.SENDING, token=generation.token)
        return mine.exists()

    def receive(self, generation: Generation, attempt: Attempt, reply: Reply) -> None:
        """The whole answer is on disk: say so, whatever its status."""
        self.note(attempt, reply)
        mine = Generation.objects.filter(pk=generation.pk, state=State.SENDING, token=attempt.token)
        mine.update(state=State.RECEIVED, headers_at=reply.headers_at, received_at=Now())
        if reply.status < 300:
            # Now and not when it is stored: a full disk or a silent host must not keep everyone from what this shows.
            gates.after_success(attempt)
        told = columns.held(CatalogModel, rate_limit=reply.rate_limit and reply.rate_limit.limit)
        if told["rate_limit"]:
            CatalogModel.objects.filter(model_id=generation.model).exclude(**told).update(**told)

    def note(self, attempt: Attempt, reply: Reply) -> None:
        """Write into the ledger what the head of an answer tells."""
        attempt.finished_at, attempt.status = reply.finished_at, reply.status
        told = columns.held(
            Attempt,
            headers_at=reply.headers_at,
            finished_at=reply.finished_at,
            status=reply.status,
            bytes=reply.bytes,
            cf_ray=reply.cf_ray,
            request_id=reply.request_id,
            balance_before=reply.balance_usd,
        )
        Attempt.objects.filter(pk=attempt.pk).update(**told)

    def store(self, generation: Generation, attempt: Attempt) -> None:
        """Make rows and files of a spooled answer. Works from the spool alone, is free, and may be repeated."""
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
            if error.charge_unknown:
                retention.note(self.spool, attempt, error.message)
            failpoint("kept-noted")
            outcomes.settle(generation, attempt, error)
            self.spool.settle(attempt.pk, keep=error.charge_unknown)
            failpoint("put-aside")
            return
        failpoint("stored")
        self.spool.settle(attempt.pk, keep=bool(stored.unread))
        log.info("generation %d: done, %d pictures", generation.pk, stored.pictures)


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


def _line(error: Exception) -> str:
    """An error in one line of the log."""
    return " ".join(str(error).split())[:200] or type(error).__name__
