"""Decoding in a process of its own: bytes that crash or exhaust the decoder cannot take the worker down.

One child is kept, without environment, network and privileges; its memory, time and files are bounded. It is replaced
when it dies or takes too long.
"""

import ctypes
import logging
import multiprocessing
import os
import resource
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta
from functools import cache
from pathlib import Path

from gallery.failpoints import failpoint
from gallery.formats import age
from gallery.media.thumbnails import Decoded, UnusablePicture, decode

log = logging.getLogger(__name__)

MEMORY = 1 << 30
PATIENCE = 20.0
# Of the processor, for one picture; decoders of some formats use several cores at once.
CPU_SECONDS = 60
FILES = 32
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def _bound(parent: int) -> None:
    """In the child: leave it what decoding takes, and let Ctrl-C be the worker's affair."""
    import signal

    _forget_environment()
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        # A network of its own, with nobody in it, where the system permits that; before what a change of user undoes.
        if libc.unshare(_CLONE_NEWNET) != 0:
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        # A child of a killed worker waits for work for ever: it holds both ends of its own pipe.
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    from PIL import Image

    Image.init()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    # It writes to its pipe alone.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _forget_environment() -> None:
    """Key, secrets and the database's address are in it; what /proc shows is the memory that it came in."""
    os.environ.clear()
    if sys.platform == "linux":
        # After the name, which may hold anything, field 3 comes first; 50 and 51 are where the environment lies.
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = int(fields[47]), int(fields[48])
        if 0 < start < end:
            ctypes.memset(start, 0, end - start)


def _bound_time() -> None:
    """A limit from what was used so far: the child is kept, and each picture has its own seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(
        resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )


def _decode(data: bytes) -> Decoded:
    failpoint("decoding")
    _bound_time()
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
                    raise UnusablePicture(
                        f"took longer than {age(timedelta(seconds=self.patience))} to read"
                    ) from None
                except BrokenProcessPool:
                    self._replace()
            raise UnusablePicture("no picture that can be read (its decoder died of it)")

    def _child(self) -> ProcessPoolExecutor:
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, spawn, initializer=_bound, initargs=(os.getpid(),))
        return self._pool

    def close(self) -> None:
        """End the child; the next picture gets another one."""
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
