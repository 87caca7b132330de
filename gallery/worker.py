"""The worker: claims a generation, sends it, spools the answer, stores the pictures: the only paid use of the client.

Each step is a compare-and-set on id, state and token, so that of two workers, or of a worker and a person who
cancels, exactly one wins; and a generation is `sending` in the database before its first byte leaves.
"""

import logging
import os
import socket
import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from gallery import catalog, limiter, storing
from gallery.models import Attempt, CatalogModel, Generation, State, Worker
from gallery.models.attempt import Outcome
from gallery.models.worker import HEARTBEAT
from gallery.spool import Spool
from venice import BadResponse, Client, InvalidRequest, NotSent, Refused, Reply, Unanswered, VeniceError
from venice.retry import decide

log = logging.getLogger(__name__)

LOOK_EVERY = 0.1
RECOVER_EVERY = 10.0


class Workshop:
    """One worker process: its row in the database, its client, its spool, and the calls in flight."""

    def __init__(self, client: Client, spool: Spool | None = None, concurrency: int | None = None) -> None:
        self.client = client
        self.spool = spool or Spool(Path(settings.SPOOL_DIR))
        self.concurrency = concurrency or settings.WORKER_CONCURRENCY
        self.host = socket.gethostname()[:150]
        name = f"{self.host}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self.row = Worker.objects.create(name=name, host=self.host, process=os.getpid())
        self.stopping = threading.Event()
        self.in_flight = 0

    def run(self) -> None:
        """Work until told to stop, then let the calls in flight finish: they are paid for."""
        log.info("worker %s: %d calls at once", self.row.name, self.concurrency)
        beat = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        beat.start()
        self.recover()
        with ThreadPoolExecutor(self.concurrency, thread_name_prefix="call") as pool:
            self._loop(pool)
        self.stopping.set()
        beat.join()
        Worker.objects.filter(pk=self.row.pk).delete()
        log.info("worker %s: stopped", self.row.name)

    def step(self) -> bool:
        """Claim one generation and see it through in this thread; False when there is none to claim."""
        generation = self.claim()
        if generation is None:
            return False
        self.see_through(generation)
        return True

    def _loop(self, pool: ThreadPoolExecutor) -> None:
        calls: set[Future[None]] = set()
        next_recovery = next_catalogue = 0.0
        while not self.stopping.is_set():
            calls = {call for call in calls if not call.done()}
            self.in_flight = len(calls)
            moment = time.monotonic()
            try:
                if moment >= next_catalogue:
                    next_catalogue = moment + self._refresh_catalogue()
                if moment >= next_recovery:
                    next_recovery = moment + RECOVER_EVERY
                    self.recover()
                claimed = self.claim() if len(calls) < self.concurrency else None
            except DatabaseError:
                log.exception("the database does not answer; trying again")
                close_old_connections()
                self.stopping.wait(1)
                continue
            if claimed:
                calls.add(pool.submit(self._in_thread, claimed))
            else:
                self.stopping.wait(LOOK_EVERY)

    def _in_thread(self, generation: Generation) -> None:
        try:
            self.see_through(generation)
        except Exception:
            # The row and the spool are as the last finished step left them: recovery goes on from there.
            log.exception("generation %d: stopped midway", generation.pk)
        finally:
            connection.close()

    def _beat(self) -> None:
        """Heartbeats in the database's time, from a thread of their own: a long decode must not look like death."""
        while not self.stopping.wait(HEARTBEAT.total_seconds()):
            try:
                Worker.objects.filter(pk=self.row.pk).update(seen_at=Now())
            except DatabaseError:
                log.warning("no heartbeat: the database does not answer")
                connection.close()
        connection.close()

    def _refresh_catalogue(self) -> float:
        """Fetch the catalogue when it is due; returns the seconds until the next look."""
        if not catalog.is_due():
            return 60
        try:
            catalog.sync(self.client)
        except (VeniceError, catalog.CatalogueUnusable) as error:
            log.warning("catalogue: %s", error)
            return 5
        return 60

    def claim(self) -> Generation | None:
        """Take the oldest generation that may be sent now; None when there is none."""
        ready = limiter.with_room(
            Generation.objects.filter(state=State.QUEUED, token=None, owner__is_active=True).filter(
                Q(not_before=None) | Q(not_before__lte=Now())
            )
        ).order_by("id")
        if not ready.exists():
            return None
        with transaction.atomic():
            if connection.features.has_select_for_update_skip_locked:
                ready = ready.select_for_update(skip_locked=True, of=("self",))
            generation = ready.first()
            if generation is None or not self._lease(generation):
                return None
        return generation

    def _lease(self, generation: Generation) -> bool:
        token = uuid.uuid4()
        mine = Generation.objects.filter(pk=generation.pk, state=State.QUEUED, token=None)
        if not mine.update(token=token, worker=self.row):
            return False
        generation.token, generation.worker = token, self.row
        return True

    def see_through(self, generation: Generation) -> None:
        """Send a leased generation and store what comes back."""
        attempt = self._begin(generation)
        if attempt is None:
            return
        try:
            with self.spool.receive(attempt.pk) as sink:
                reply = self.client.send(
                    generation.operation, sink, on_headers=lambda: self._headers(generation)
                )
        except VeniceError as error:
            self._settle(generation, attempt, error)
            return
        self._receive(generation, attempt, reply)
        self.store(generation, attempt)

    def _begin(self, generation: Generation) -> Attempt | None:
        """Commit `sending` and the ledger line; from here on the call may have been paid for."""
        now = timezone.now()
        with transaction.atomic():
            mine = Generation.objects.filter(pk=generation.pk, state=State.QUEUED, token=generation.token)
            begun = mine.update(
                state=State.SENDING,
                sent_at=now,
                headers_at=None,
                hold_reason="",
                not_before=None,
                tries=F("tries") + 1,
            )
            if not begun:
                return None
            generation.state, generation.sent_at, generation.tries = State.SENDING, now, generation.tries + 1
            assert generation.token  # noqa: S101 - who begins has leased
            return Attempt.objects.create(
                generation=generation,
                token=generation.token,
                worker=self.row.name,
                host=self.host,
                model=generation.model,
                images_asked=generation.variants,
                emulated=generation.emulated,
                price=generation.price_estimate,
                sent_at=now,
            )

    def _headers(self, generation: Generation) -> None:
        Generation.objects.filter(pk=generation.pk, token=generation.token).update(headers_at=timezone.now())

    def _receive(self, generation: Generation, attempt: Attempt, reply: Reply) -> None:
        """The whole answer is on disk: say so, whatever its status."""
        now = timezone.now()
        attempt.headers_at, attempt.finished_at = reply.headers_at, reply.finished_at
        attempt.status, attempt.bytes = reply.status, reply.bytes
        attempt.cf_ray, attempt.request_id = reply.cf_ray[:200], reply.request_id[:200]
        attempt.balance_before = reply.balance_usd
        attempt.save()
        mine = Generation.objects.filter(pk=generation.pk, state=State.SENDING, token=generation.token)
        if mine.update(state=State.RECEIVED, headers_at=reply.headers_at, received_at=now):
            generation.state, generation.received_at = State.RECEIVED, now

    def store(self, generation: Generation, attempt: Attempt) -> None:
        """Make rows and files of a spooled answer. Works from the spool alone, and may be repeated."""
        try:
            with self.spool.raw(attempt.pk).open("rb") as file:
                stored = storing.store(generation, attempt, file)
        except VeniceError as error:
            self._settle(generation, attempt, error)
            return
        self.spool.discard(attempt.pk)
        log.info("generation %d: done, %d pictures", generation.pk, stored)

    def _settle(self, generation: Generation, attempt: Attempt, error: VeniceError) -> None:
        """End the attempt, and the generation too unless it may be tried again."""
        now = timezone.now()
        decision = decide(
            error,
            tries=generation.tries,
            waiting_since=generation.created_at,
            now=now,
            price=generation.price_estimate,
            auto_retry_max=settings.AUTO_RETRY_MAX_USD,
        )
        changes: dict[str, Any] = {"error_kind": type(error).__name__, "error_message": error.message}
        changes |= {"error_advice": error.advice, "token": None, "worker": None}
        if decision.action == "again":
            changes |= _back_to_queue(error, decision.not_before)
        else:
            changes |= {"state": State(decision.action), "finished_at": now}
        with transaction.atomic():
            Attempt.objects.filter(pk=attempt.pk).update(
                outcome=_outcome(error),
                error_message=error.message,
                finished_at=attempt.finished_at or now,
                status=error.status,
            )
            Generation.objects.filter(
                pk=generation.pk, token=generation.token, state__in=(State.SENDING, State.RECEIVED)
            ).update(**changes)
        if not isinstance(error, BadResponse | Unanswered):
            self.spool.discard(attempt.pk)
        if error.status == 404:
            CatalogModel.objects.update(synced_at=now - catalog.MAX_AGE)
        log.warning("generation %d: %s (%s)", generation.pk, decision.action, type(error).__name__)

    def recover(self) -> None:
        """Go on where a worker that is gone left off. Nothing that was sent is ever sent again."""
        gone = Worker.objects.dead() | Worker.objects.filter(pk__in=self._gone_from_here())
        orphans = Generation.objects.active().filter(Q(worker__in=gone) | Q(worker=None, token__isnull=False))
        orphans.filter(state=State.QUEUED).update(token=None, worker=None)
        for generation in orphans.filter(state__in=(State.SENDING, State.RECEIVED), token__isnull=False):
            attempt = generation.attempts.order_by("-id").first()
            if attempt and self.spool.raw(attempt.pk).exists():
                mine = Generation.objects.filter(pk=generation.pk, token=generation.token)
                mine.filter(state=State.SENDING).update(state=State.RECEIVED, received_at=timezone.now())
                self.store(generation, attempt)
            elif attempt:
                self._settle(
                    generation, attempt, Unanswered("The worker stopped while Venice was answering.")
                )
        gone.delete()

    def _gone_from_here(self) -> list[int]:
        """Workers of this host whose process is no more."""
        here = Worker.objects.filter(host=self.host).exclude(pk=self.row.pk)
        return [pk for pk, process in here.values_list("pk", "process") if not _is_running(process)]


def _back_to_queue(error: VeniceError, not_before: datetime | None) -> dict[str, Any]:
    return {
        "state": State.QUEUED,
        "not_before": not_before,
        "hold_reason": error.message[:200] or type(error).__name__,
    }


def _outcome(error: VeniceError) -> Outcome:
    if isinstance(error, InvalidRequest | NotSent):
        return Outcome.UNSENT
    if isinstance(error, Unanswered | BadResponse):
        return Outcome.UNKNOWN
    return Outcome.REFUSED if isinstance(error, Refused) or error.status else Outcome.UNKNOWN


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
