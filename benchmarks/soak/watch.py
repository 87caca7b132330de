"""Somebody who looks at the site all the while, and how long each look takes."""

import threading
import time
from dataclasses import dataclass

import requests

from benchmarks.measure import percentile
from benchmarks.soak.turns import Downtime

EVERY = 0.5
# Longer than any answer may take that is judged.
PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Look:
    """One request, in Unix seconds; status 0 when there was no answer."""

    began: float
    ended: float
    status: int

    @property
    def seconds(self) -> float:
        return self.ended - self.began


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

    def judged(self, *away: Downtime) -> list[Look]:
        """The looks that fall into no restart of what they need."""
        return [
            look
            for look in self.looks
            if all(down.running(look.began, look.ended) == look.seconds for down in away)
        ]

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


def figures(name: str, looks: list[Look]) -> dict[str, float]:
    """How long the looks took, in seconds."""
    seconds = [look.seconds for look in looks] or [0.0]
    return {
        f"{name}_looks": len(looks),
        f"{name}_unanswered": sum(look.status != 200 for look in looks),
        f"{name}_p95_s": percentile(seconds, 0.95),
        f"{name}_max_s": round(max(seconds), 3),
    }
