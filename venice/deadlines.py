"""How long a call may take, and the clock that holds one call to it."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol, Self

from venice.errors import InvalidRequest
from venice.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Seconds. `first_byte` runs from sending to the status line, `total` over the whole call.

    From the status line on at least `min_rate_bytes` must arrive within each `min_rate_window`.
    """

    connect: float = 5.0
    first_byte: float = 180.0
    enhance_extra: float = 30.0
    min_rate_bytes: int = 1024
    min_rate_window: float = 15.0
    total: float = 300.0

    def within(self, seconds: float) -> Self:
        """These, for a call that may take so many seconds in all. InvalidRequest for what is no time."""
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
            raise InvalidRequest(
                "timeout must be seconds above 0", field_errors={"timeout": "must be above 0."}
            )
        return replace(self, connect=min(self.connect, seconds), first_byte=seconds, total=seconds)


class OutOfTime(TimeoutError):
    """A deadline has passed; the message says which, and how many seconds it was."""


class _Socket(Protocol):
    def settimeout(self, value: float | None, /) -> None: ...


class Clock:
    """The state of one call: how far it got and how long it may still wait.

    A timeout of a socket ends one wait only, so a server that sends a byte now and then would never meet it.
    Each single wait is therefore given what is left of the deadlines.
    """

    def __init__(
        self, deadlines: Deadlines, *, on_sent: Callable[[], None] | None = None, extra: float = 0
    ) -> None:
        self.started_at = datetime.now(UTC)
        self.sent_at: datetime | None = None
        #: Whether a byte of the request may have left. Until then the call is provably free.
        self.begun = False
        #: Whether a proxy has been asked for a way and has not given it.
        self.tunnelling = False
        #: Why the call was given up, in words, once it was.
        self.failure = ""
        #: The head of the answer, once it is there.
        self.reply: Reply | None = None
        self._deadlines = deadlines
        self._first_byte = deadlines.first_byte + extra
        self._on_sent = on_sent
        self._total_end = time.monotonic() + deadlines.total
        self._answer_end = self._total_end
        self._answering = False
        self._renew()

    @contextmanager
    def tunnel(self) -> Iterator[None]:
        """While a proxy is asked for a way to the server: it must answer as soon as one that connects."""
        self._answer_end = time.monotonic() + self._deadlines.connect
        self.tunnelling = True
        yield
        # Not after a failure: then this tells what has failed.
        self.tunnelling = False

    def begin(self) -> None:
        """Called before the first byte leaves, and perhaps again: the first time starts the wait for an answer."""
        if not self.begun:
            self.begun = True
            self._answer_end = time.monotonic() + self._first_byte

    def sent(self) -> None:
        """Called when the last byte of the request has been handed over."""
        self.sent_at = datetime.now(UTC)
        if self._on_sent:
            self._on_sent()

    def answering(self) -> None:
        """Called when the status line of the final answer is there."""
        self._answering = True
        self._renew()

    def received(self, size: int) -> None:
        self._fresh_bytes += size
        if self._fresh_bytes >= self._deadlines.min_rate_bytes:
            self._renew()

    @contextmanager
    def wait(self, sock: _Socket) -> Iterator[None]:
        """Allow one operation of the socket what is left. Raises OutOfTime, before or after it."""
        left, reason = self._left()
        if left <= 0:
            self.failure = reason
            raise OutOfTime(reason)
        sock.settimeout(left)
        before = time.monotonic()
        try:
            yield
        except TimeoutError:
            self.failure = reason
            raise OutOfTime(reason) from None
        finally:
            # Only waiting counts against the rate: a slow disk on our side is not the server's fault.
            self._slack -= time.monotonic() - before

    def _left(self) -> tuple[float, str]:
        now = time.monotonic()
        limits = self._deadlines
        ends = [(self._total_end - now, f"the whole answer did not come within {limits.total:g} s")]
        if self._answering:
            reason = f"fewer than {limits.min_rate_bytes} bytes came within {limits.min_rate_window:g} s"
            ends.append((self._slack, reason))
        else:
            reason = f"no answer within {self._first_byte:g} s"
            if self.tunnelling:
                reason = f"the proxy did not answer within {limits.connect:g} s"
            ends.append((self._answer_end - now, reason))
        return min(ends)

    def _renew(self) -> None:
        self._slack = self._deadlines.min_rate_window
        self._fresh_bytes = 0
