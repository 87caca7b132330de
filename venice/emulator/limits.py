"""The two brakes of the API: images per minute and model, and the budget of failed requests."""

import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Allowance:
    """The state of one window after a request. `reset_at` is in Unix seconds."""

    granted: bool
    limit: int
    remaining: int
    reset_at: float

    def headers(self) -> dict[str, str]:
        """Reset is sent in Unix milliseconds, as the live API was seen to do."""
        return {
            "x-ratelimit-limit-requests": str(self.limit),
            "x-ratelimit-remaining-requests": str(self.remaining),
            "x-ratelimit-reset-requests": str(round(self.reset_at * 1000)),
        }


class RateLimit:
    """At most `limit` images of one key and model within `seconds`; a variant counts as an image."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self._seconds = seconds
        self._taken: dict[Key, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def take(self, key: Key, images: int) -> Allowance:
        """Count the images when they fit. When they do not, `reset_at` is when they will."""
        with self._lock:
            now, taken = time.time(), self._current(key)
            excess = len(taken) + images - self.limit
            if excess > 0:
                free_at = taken[min(excess, len(taken)) - 1] + self._seconds if taken else now + self._seconds
                return Allowance(False, self.limit, max(0, self.limit - len(taken)), free_at)
            taken.extend([now] * images)
            return self._allowance(taken, now)

    def look(self, key: Key) -> Allowance:
        """As `take`, without counting anything: always allowed."""
        with self._lock:
            return self._allowance(self._current(key), time.time())

    def _current(self, key: Key) -> deque[float]:
        taken, start = self._taken[key], time.time() - self._seconds
        while taken and taken[0] <= start:
            taken.popleft()
        return taken

    def _allowance(self, taken: deque[float], now: float) -> Allowance:
        reset_at = (taken[0] if taken else now) + self._seconds
        return Allowance(True, self.limit, max(0, self.limit - len(taken)), reset_at)


class ErrorBudget:
    """More than `limit` failures of one key and model within `seconds` block it for as long again."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._failures: dict[Key, deque[float]] = defaultdict(deque)
        self._blocked: dict[Key, float] = {}
        self._lock = threading.Lock()

    def blocked_until(self, key: Key) -> float | None:
        """Unix seconds, or None when nothing is blocked."""
        with self._lock:
            until = self._blocked.get(key)
            if until is not None and until <= time.time():
                del self._blocked[key]
                return None
            return until

    def failed(self, key: Key) -> None:
        with self._lock:
            now, failures = time.time(), self._failures[key]
            failures.append(now)
            while failures[0] <= now - self.seconds:
                failures.popleft()
            if len(failures) > self.limit:
                self._blocked[key] = now + self.seconds
                failures.clear()
