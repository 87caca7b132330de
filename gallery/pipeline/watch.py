"""Whether a web process still answers: one that hangs stays alive, and whoever is connected to it waits for ever."""

import socket
import time
from contextlib import suppress

#: Seconds that one question may take, and how many in a row may stay without an answer.
PATIENCE, TRIES = 20.0, 3
_QUESTION = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Watch:
    """Asks one web process over and over and never waits: `is_silent` is called from a loop.

    The connection is its own: a question on the address that all of them share is answered by whoever is well.
    Without a thread, since whoever watches also starts processes.
    """

    def __init__(self, connection: socket.socket, patience: float = PATIENCE) -> None:
        self._connection, self._patience = connection, patience
        self._connection.setblocking(False)
        self._asks = False
        self._until = time.monotonic() + patience
        self._silences = 0

    def is_silent(self) -> bool:
        """True when the last questions all stayed without an answer; then it begins anew."""
        if self._has_answered():
            self._asks, self._silences = False, 0
        if time.monotonic() >= self._until:
            self._silences += self._asks
            self._ask()
        if self._silences < TRIES:
            return False
        self._silences = 0
        return True

    def close(self) -> None:
        """Ask no more."""
        self._connection.close()

    def _ask(self) -> None:
        # Who takes nothing any more, or is gone, will not answer.
        with suppress(OSError):
            self._connection.send(_QUESTION)
        self._asks = True
        self._until = time.monotonic() + self._patience

    def _has_answered(self) -> bool:
        try:
            return bool(self._connection.recv(65_536))
        except OSError:
            return False
