"""How often one address may try passwords, and how many are hashed at once: a hash is what a sign-in costs us."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Min, Sum
from django.http import HttpRequest
from django.utils import timezone

from gallery.web.callers import counted_address

# Wrong passwords of one address, whatever the names, within the quarter of an hour for which one name is locked: a
# whole office may share it.
MOST_FROM_ONE_ADDRESS = 50
# Of the threads of each of two web processes so many hash, and so many wait: the others are for who is signed in.
AT_ONCE, MAY_WAIT = 1, 1
BUSY_FOR = 2

_room = threading.BoundedSemaphore(AT_ONCE + MAY_WAIT)
_hashing = threading.BoundedSemaphore(AT_ONCE)


class TooManySignIns(Exception):
    """No password is looked at now; `retry_after` seconds later one may be."""

    def __init__(self, message: str, reason: str, retry_after: int) -> None:
        super().__init__(message)
        self.reason, self.retry_after = reason, retry_after


@contextmanager
def turn(request: HttpRequest) -> Iterator[None]:
    """A turn to look at one password. Raises TooManySignIns."""
    _check_address(request)
    if not _room.acquire(blocking=False):
        words = f"Many people are signing in right now. Try again in {BUSY_FOR} s."
        raise TooManySignIns(words, "busy", BUSY_FOR)
    try:
        with _hashing:
            yield
    finally:
        _room.release()


def _check_address(request: HttpRequest) -> None:
    address, now = counted_address(request), timezone.now()
    if address is None:
        return
    lately = AccessAttempt.objects.filter(
        ip_address=address, attempt_time__gt=now - settings.AXES_COOLOFF_TIME
    )
    sums = lately.aggregate(failures=Sum("failures_since_start"), oldest=Min("attempt_time"))
    if (sums["failures"] or 0) >= MOST_FROM_ONE_ADDRESS:
        wait = sums["oldest"] + settings.AXES_COOLOFF_TIME - now
        words = "Too many wrong passwords came from your network. A sign-in link from staff works at once."
        raise TooManySignIns(words, "address", max(1, ceil(wait.total_seconds())))
