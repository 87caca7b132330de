"""Who is alive: the one mechanism by which a worker is taken for dead, and keeps itself from being so.

A row with a heartbeat each 5 s in the database's time, dead after 30 s; of our own process table at once when
the process is no more.
"""

import hashlib
import logging
import os
import socket
import threading
import time
import uuid
from pathlib import Path

from django.db import connection
from django.db.models.functions import Now

from gallery.models import Worker
from gallery.models.worker import HEARTBEAT, STEADY_AFTER

log = logging.getLogger(__name__)

# Whoever cannot beat judges nobody: the others may be kept from it by the same lock or outage. Afterwards it
# gives them time to beat.
LATE = 2 * HEARTBEAT.total_seconds()
GRACE = 3 * HEARTBEAT.total_seconds()


class Heart:
    """The row of this process, kept fresh by a thread of its own: a long decode must not look like death."""

    def __init__(self) -> None:
        self.host = socket.gethostname()[:150]
        name = f"{process_table()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        deaths = _deaths_before(self.host)
        self.row = Worker.objects.create(name=name, host=self.host, process=os.getpid(), deaths=deaths)
        self.beaten_at = time.monotonic()
        self.may_judge_at = self.beaten_at + GRACE
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Beat no more, and say that this worker is gone."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        Worker.objects.filter(pk=self.row.pk).delete()

    def _beat(self) -> None:
        while not self._stopped.wait(HEARTBEAT.total_seconds()):
            try:
                if not Worker.objects.filter(pk=self.row.pk).update(seen_at=Now()):
                    # Others took us for dead while the database was locked or we were stopped; we are not.
                    self.row.seen_at = Now()
                    self.row.save(force_insert=True)
            except Exception as error:  # whatever it is, a heart goes on
                log.warning("no heartbeat: %s", " ".join(str(error).split())[:200])
                connection.close()
                continue
            now, before = time.monotonic(), self.beaten_at
            if now - before > LATE:
                self.may_judge_at = now + GRACE
            self.beaten_at = now
        connection.close()

    def gone_workers(self) -> list[Worker]:
        """The other workers that are dead: silent for too long, or without a process in our own process table.

        Nobody is taken for silent while we have not beaten in time ourselves, and for a while after.
        """
        others = Worker.objects.exclude(pk=self.row.pk)
        now = time.monotonic()
        may_judge = now >= self.may_judge_at and now - self.beaten_at <= LATE
        silent = set(others.dead().values_list("pk", flat=True)) if may_judge else set()
        return [worker for worker in others if worker.pk in silent or not _may_run(worker)]


def _deaths_before(host: str) -> int:
    """How many workers of this host died one after the other until now; who ended in order has left no row.

    A container that is restarted has another process table: whose rows those are cannot be asked there.
    """
    ours = f"{process_table()}-"
    deaths = 0
    for worker in Worker.objects.filter(host=host, seen_at__gte=Now() - STEADY_AFTER):
        if worker.name.startswith(ours) and (worker.process == os.getpid() or _may_run(worker)):
            continue
        was_steady = worker.seen_at - worker.started_at >= STEADY_AFTER
        deaths = max(deaths, 1 if was_steady else worker.deaths + 1)
    return deaths


def process_table() -> str:
    """Names the host and its process table: two containers, or two hosts of one name, have different ones."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        boot += str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        boot = ""
    return f"{socket.gethostname()[:100]}-{hashlib.sha256(boot.encode()).hexdigest()[:8]}"


def _may_run(worker: Worker) -> bool:
    """Whether its process may be there; our own number on another's row is an older process."""
    if not worker.name.startswith(f"{process_table()}-"):
        return True
    if worker.process == os.getpid():
        return False
    try:
        os.kill(worker.process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
