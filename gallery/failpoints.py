"""Places where a test may kill this process with a real SIGKILL; off unless GALLERY_FAILPOINT names one.

`NAME:stop` stops it there instead, until SIGCONT, as a machine that sleeps does.
"""

import os
import signal
import threading
from typing import BinaryIO

_ARMED, _, _HOW = os.environ.get("GALLERY_FAILPOINT", "").partition(":")


def failpoint(name: str) -> None:
    """Die here, or stop until SIGCONT, when `name` is armed."""
    if name != _ARMED:
        return
    if _HOW == "stop":
        # To this very thread: it would run on for a while if another one had to wake up first.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
    else:
        os.kill(os.getpid(), signal.SIGKILL)


class _Withheld:
    """A file that gets the head line, and of what follows nothing before it is all there: then half, and we die."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._body, self._has_head = file, bytearray(), False

    def write(self, data: bytes) -> int:
        if self._has_head:
            self._body += data
            return len(data)
        self._has_head = True
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()

    def die(self) -> None:
        self._file.write(bytes(self._body[: len(self._body) // 2]))
        self._file.flush()
        failpoint("body-half-written")


def watched(file: BinaryIO) -> BinaryIO:
    """`file` itself, unless the failpoint in the middle of the body is armed."""
    return _Withheld(file) if _ARMED == "body-half-written" else file  # type: ignore[return-value]


def die_halfway(file: BinaryIO) -> None:
    """Die with half of the body in a `watched` file: however many pieces it came in, it is the same half."""
    if isinstance(file, _Withheld):
        file.die()
