"""SIGKILL for web and worker at random, and when each of them was away because of it."""

import os
import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from benchmarks.soak.turns import Downtime

NAMES = ("worker", "web")
_WORKER = b"manage.py\0work\0"
# A line of the worker's log, when it begins to claim.
_BEGINS = re.compile(r"^(\S+) info gallery\.pipeline\.worker: worker \S+ \d+ calls? at once", re.MULTILINE)
# Seconds that the web process may take to load the site once its process is there.
BOOT = 10.0
# Seconds after which a worker that has come is taken for one that stays.
SHAKEN = 60.0


class Kills:
    """Kills children of `serve`, whose process id is given, and sees when the new ones come."""

    def __init__(self, parent: int, seed: int, on_new_web: Callable[[], None]) -> None:
        self.count: Counter[str] = Counter()
        self._parent, self._chance = parent, random.Random(seed)
        self._on_new_web = on_new_web
        self._moments: dict[str, list[float]] = {"worker": [], "web": []}
        self._web_starts: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._see_starts)

    def go_on_for(self, seconds: float, every: float) -> None:
        """Kill one of the two every so many seconds, on average."""
        self._thread.start()
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, self._chance.uniform(0.4, 1.6) * every))
            name = self._chance.choice(NAMES)
            if time.monotonic() < end and (numbers := self._children(name)):
                self._moments[name].append(time.time())
                os.kill(self._chance.choice(numbers), signal.SIGKILL)
                self.count[name] += 1

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def worker_away(self, log: Path) -> Downtime:
        """From each kill until the next worker says in the log of `serve` that it works."""
        begun = [
            datetime.fromisoformat(found[1]).timestamp()
            for found in _BEGINS.finditer(log.read_text(errors="replace"))
        ]
        return Downtime((at, _first(begun, after=at)) for at in self._moments["worker"])

    def worker_shaken(self, away: Downtime) -> Downtime:
        """The same, and the time in which a worker may still be said to do nothing but start and die."""
        return Downtime((begin, end + SHAKEN) for begin, end in away.intervals)

    def web_away(self, answered: list[float]) -> Downtime:
        """From each kill until the new server answers, at one of the moments `answered`, or should.

        The new one is the last before the next kill: what is left of the old server may answer for a while, and keep
        the port from those that come first.
        """
        away, kills = [], self._moments["web"]
        for at, next_kill in zip(kills, [*kills[1:], float("inf")], strict=True):
            starts = [start for start in self._web_starts if at < start < next_kill]
            start = max(starts, default=float("inf"))
            away.append((at, min(_first(answered, after=start), start + BOOT)))
        return Downtime(away)

    def _see_starts(self) -> None:
        known = set(self._children("web"))
        while not self._over.wait(0.2):
            if new := set(self._children("web")) - known:
                known |= new
                self._web_starts.append(time.time())
                self._on_new_web()

    def _children(self, name: str) -> list[int]:
        """The process ids of those children: what `serve` runs is the worker, and web in one process or more."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                command = (entry / "cmdline").read_bytes()
            except (OSError, ValueError, IndexError):
                continue
            # Between fork and exec it still is `serve`, and nothing any more when it has ended.
            if parent == self._parent and command and b"\0serve\0" not in command:
                found += [int(entry.name)] if (_WORKER in command) == (name == "worker") else []
        return sorted(found)


def _first(moments: list[float], after: float) -> float:
    """The first of the ordered `moments` that is later; the end of time when there is none."""
    return next((moment for moment in moments if moment > after), float("inf"))
