"""Decoding in a process of its own: bytes that crash or exhaust the decoder cannot take the worker down.

One child is kept; it may use a bounded amount of memory, and is replaced when it dies or takes too long.
"""

import logging
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from concurrent.futures.process import BrokenProcessPool
from functools import cache

from gallery.failpoints import failpoint
from gallery.media.thumbnails import Decoded, UnusablePicture, decode

log = logging.getLogger(__name__)

MEMORY = 1 << 30
PATIENCE = 20.0
_PR_SET_PDEATHSIG = 1


def _bound(parent: int) -> None:
    """In the child: bound its memory, and let Ctrl-C be the worker's affair."""
    import ctypes
    import os
    import resource
    import signal
    import sys

    if sys.platform == "linux":
        # A child of a killed worker waits for work for ever: it holds both ends of its own pipe.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from PIL import Image

    Image.init()


def _decode(data: bytes) -> Decoded:
    failpoint("decoding")
    return decode(data)


class Decoder:
    """Decodes one picture at a time in a kept child. Thread safe."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._pool: ProcessPoolExecutor | None = None
        # One at a time: the clock of a picture starts when the child starts on it.
        self._turn = threading.Lock()

    def decode(self, data: bytes) -> Decoded:
        """As thumbnails.decode; UnusablePicture also when the child died of `data` or took longer than `patience` s."""
        with self._turn:
            for _ in range(2):
                # Twice, since the child may also have been killed by somebody who meant well.
                try:
                    return self._child().submit(_decode, data).result(self.patience)
                except TookTooLong:
                    self._replace()
                    raise UnusablePicture(f"took longer than {self.patience:.0f} s to read") from None
                except BrokenProcessPool:
                    self._replace()
            raise UnusablePicture("no picture that can be read (its decoder died of it)")

    def _child(self) -> ProcessPoolExecutor:
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, spawn, initializer=_bound, initargs=(os.getpid(),))
        return self._pool

    def close(self) -> None:
        """End the child."""
        with self._turn:
            self._replace()

    def _replace(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in list((pool._processes or {}).values()):
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)


@cache
def shared_decoder() -> Decoder:
    """The one of this process, for pictures that people bring; its child starts with the first of them."""
    return Decoder()
