"""Whether the web server still answers: a loop that hangs keeps its process alive and its site dead."""

import select
import socket
import time

#: Seconds that one question may take, and how many in a row may stay without an answer.
PATIENCE, TRIES = 20.0, 3
_QUESTION = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


class Watch:
    """Asks over and over on the listener's own address, and never waits: `is_silent` is called from a loop.

    Without a thread, since whoever watches also starts processes.
    """

    def __init__(self, listener: socket.socket, patience: float = PATIENCE) -> None:
        self._family, self._address, self._patience = listener.family, listener.getsockname(), patience
        self._asking: socket.socket | None = None
        self._is_sent = False
        self._until = time.monotonic() + patience
        self._silences = 0

    def is_silent(self) -> bool:
        """True when the last questions all stayed without an answer; then it begins anew."""
        is_over = time.monotonic() >= self._until
        if self._asking and self._has_answered(self._asking):
            self._silences = 0
            self.close()
        elif self._asking and is_over:
            self._silences += 1
            self.close()
        if not self._asking and is_over:
            self._ask()
        if self._silences < TRIES:
            return False
        self._silences = 0
        return True

    def close(self) -> None:
        """Ask no more."""
        if self._asking:
            self._asking.close()
        self._asking = None

    def _ask(self) -> None:
        self._asking, self._is_sent = socket.socket(self._family), False
        self._asking.setblocking(False)
        self._asking.connect_ex(self._address)
        self._until = time.monotonic() + self._patience

    def _has_answered(self, asking: socket.socket) -> bool:
        """Whether anything came, a closed connection included: somebody is there who closes it."""
        readable, writable, _ = select.select([asking], [] if self._is_sent else [asking], [], 0)
        try:
            if writable and not self._is_sent:
                asking.send(_QUESTION)
                self._is_sent = True
        except OSError:
            return True
        return bool(readable)
