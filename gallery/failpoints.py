"""Places where a test may kill this process with a real SIGKILL; off unless GALLERY_FAILPOINT names one.

`NAME:stop` stops it there instead, until SIGCONT, as a machine that sleeps does.
"""

import os
import signal
import threading
from typing import BinaryIO

_ARMED, _, _HOW = os.environ.get("GALLERY_FAILPOINT", "").partition(":")


def failpoint(name: str) -> None:
    """Die here when `name` is armed."""
    if name != _ARMED:
        return
    if _HOW == "stop":
        # To this very thread: it would run on for a while if another one had to wake up first.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
    else:
        os.kill(os.getpid(), signal.SIGKILL)


class _Watched:
    """A file that dies in the middle of what is written to it after the head line."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._writes = file, 0

    def write(self, data: bytes) -> int:
        self._writes += 1
        if self._writes > 1:
            self._file.write(data[: len(data) // 2])
            self._file.flush()
            failpoint("body-half-written")
            return len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


def watched(file: BinaryIO) -> BinaryIO:
    """`file` itself, unless the failpoint in the middle of the body is armed."""
    return _Watched(file) if _ARMED == "body-half-written" else file  # type: ignore[return-value]
