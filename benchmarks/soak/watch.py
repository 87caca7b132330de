"""Somebody who looks at the site all the while, and how long each look takes."""

import threading
import time
from dataclasses import dataclass

import requests

from benchmarks.measure import percentile
from benchmarks.soak.turns import Downtime

EVERY = 0.5
# Much longer than an answer may take, so that what waits through a restart shows how long it waits besides.
PATIENCE = 30.0
# Seconds that an answer may take.
ANSWER_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Look:
    """One request, in Unix seconds; status 0 when there was no answer."""

    began: float
    ended: float
    status: int


@dataclass(frozen=True, slots=True)
class Judged:
    """One request as far as no restart explains it. Seconds are those in which a server was there."""

    seconds: float
    status: int
    was_answered: bool

    @property
    def is_good(self) -> bool:
        return self.was_answered and self.seconds <= ANSWER_WITHIN


class Watch:
    """Asks for one address again and again, each time by a new connection."""

    def __init__(self, url: str, cookies: dict[str, str] | None = None) -> None:
        self.looks: list[Look] = []
        self._url, self._cookies = url, cookies
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def answered(self) -> list[float]:
        """When each good answer came."""
        return [look.ended for look in self.looks if look.status == 200]

    def judged(self, web_away: Downtime, worker_shaken: Downtime) -> list[Judged]:
        """The looks that began with a server there.

        A kill on the way explains an error, but no waiting besides; a worker that is away, the 503 that says so.
        """
        found = []
        for look in self.looks:
            if web_away.holds(look.began):
                continue
            seconds = web_away.running(look.began, look.ended)
            is_explained = web_away.touches(look.began, look.ended)
            is_told = look.status == 503 and worker_shaken.touches(look.began, look.ended)
            found.append(Judged(seconds, look.status, look.status == 200 or is_explained or is_told))
        return found

    def _watch(self) -> None:
        while not self._over.wait(EVERY):
            began = time.time()
            try:
                headers = {"Connection": "close"}
                answer = requests.get(self._url, cookies=self._cookies, headers=headers, timeout=PATIENCE)
                status = answer.status_code
            except requests.RequestException:
                status = 0
            self.looks.append(Look(began, time.time(), status))


def figures(name: str, looks: list[Judged]) -> dict[str, float]:
    """How long the looks took."""
    seconds = [look.seconds for look in looks] or [0.0]
    return {
        f"{name}_looks": len(looks),
        f"{name}_bad": sum(not look.is_good for look in looks),
        f"{name}_p95_s": percentile(seconds, 0.95),
        f"{name}_max_s": round(max(seconds), 3),
    }
