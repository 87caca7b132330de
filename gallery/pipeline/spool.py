"""Answers on disk before anything else is done: `<attempt>.part` while they arrive, `<attempt>.raw` once whole.

What could not be used but may have been paid for is put aside as `….kept`.

An answer was paid for and Venice keeps no copy, so it is flushed, renamed, and the folder flushed, before the
database hears of it; storing works from the file alone and may be repeated.
"""

import errno
import fcntl
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from django.db import Error as DatabaseTrouble

from gallery.failpoints import failpoint
from gallery.media.storage import flush_folder
from venice import BadResponse, NotSent, VeniceError
from venice.reply import MAX_HEAD_LINE

log = logging.getLogger(__name__)

MARK = ".spool-of-venice-gallery"
# Holds the number of the newest attempt that was begun with this folder.
NEWEST = ".newest"
WHOLE, TORN, KEPT, READING = ".raw", ".part", ".kept", ".reading"
# What killed so many of its readers kills the next one too.
MOST_DEATHS = 2
RETRY_EVERY = 1.0
# What is whole tells most.
_BY_WORTH = (WHOLE + KEPT, WHOLE, TORN + KEPT, TORN)


class SpoolMissing(Exception):
    """The folder is not the one that answers were written to: a disk that is not mounted looks like an empty spool."""


class Spool:
    """A folder of answers: those that are not stored yet, and those that are kept for a person."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, *, has_history: bool) -> None:
        """Make the folder at the first start; afterwards its mark must be there. Raises SpoolMissing."""
        mark = self.folder / MARK
        if mark.exists():
            return
        if has_history:
            raise SpoolMissing(
                f"{self.folder} is not the spool folder that was used before; is its disk mounted? "
                f"Only when it is lost for good: make an empty file {MARK} there."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        mark.write_text("Answers of Venice that are not stored yet. Do not delete.\n")
        flush_folder(self.folder)

    def part(self, attempt: int) -> Path:
        """Where the answer to `attempt` lies while it arrives."""
        return self.folder / f"{attempt}{TORN}"

    def raw(self, attempt: int) -> Path:
        """Where the whole answer to `attempt` lies."""
        return self.folder / f"{attempt}{WHOLE}"

    def attempts(self) -> list[int]:
        """The attempts whose answers lie here and wait to be stored, by rising number; not what was put aside."""
        names = (path for path in self.folder.iterdir() if path.suffix in (WHOLE, TORN))
        return sorted({int(path.stem) for path in names if path.stem.isdigit()})

    def put_aside(self) -> dict[int, Path]:
        """The answers that were put aside, by their attempts; of two of one attempt the whole one."""
        paths = sorted(self.folder.glob(f"*{KEPT}"))
        return {int(name): path for path in paths if (name := path.name.partition(".")[0]).isdigit()}

    def everything(self) -> dict[Path, int]:
        """Each file that belongs to an attempt, with its number."""
        heads = {path: path.name.partition(".")[0] for path in self.folder.iterdir()}
        return {path: int(head) for path, head in heads.items() if head.isdigit()}

    def quarantine(self, path: Path) -> Path:
        """Move a file to where nothing is looked for and nothing is lost: DATA_DIR/quarantine/spool. OSError."""
        aside = self.folder.parent / "quarantine" / self.folder.name
        aside.mkdir(parents=True, exist_ok=True)
        # Of the same number another one may lie there since an earlier time.
        return Path(shutil.move(path, aside / f"{path.name}.{int(path.stat().st_mtime)}"))

    @property
    def newest(self) -> int:
        """The newest attempt that was begun with this folder; 0 when none was, or nobody could write it down."""
        try:
            return int((self.folder / NEWEST).read_bytes())
        except (OSError, ValueError):
            return 0

    def remember(self, attempt: int, *, anew: bool = False) -> None:
        """Write down that it was begun: a database that does not know it is a copy from before."""
        with suppress(OSError):
            descriptor = os.open(self.folder / NEWEST, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if anew or attempt > self.newest:
                    # As many bytes each time, in one write: whoever is killed leaves the one number or the other.
                    os.pwrite(descriptor, b"%020d" % attempt, 0)
            finally:
                os.close(descriptor)

    def unused(self, attempt: int) -> Path | None:
        """What lies here of an answer that was not stored, put aside already or not yet; None when nothing does."""
        # Twice: a rename between two looks would hide it.
        paths = [self.folder / f"{attempt}{suffix}" for suffix in _BY_WORTH]
        return next((path for path in paths * 2 if path.exists()), None)

    @property
    def is_there(self) -> bool:
        """Whether the folder is the one that was opened: without its disk no file is missing."""
        return (self.folder / MARK).exists()

    @contextmanager
    def reading(self, attempt: int) -> Iterator[None]:
        """While an answer is read, by one reader at a time: who does not come to the end of the block died of it.

        BadResponse, without reading, for what killed MOST_DEATHS readers; ordinary failures do not count.
        FileNotFoundError when the reader before us has finished with it.
        """
        with _locked(self.folder / f"{attempt}{READING}") as mark:
            if mark and os.fstat(mark.fileno()).st_size >= MOST_DEATHS:
                raise BadResponse(
                    f"Venice's answer cannot be read: whoever tried died of it, {MOST_DEATHS} times."
                )
            # Each reader leaves one byte, and takes all away when it comes to the end.
            with suppress(OSError):
                if mark:
                    mark.write(b".")
            try:
                yield
            except (VeniceError, OSError, DatabaseTrouble):
                self.forget_readers(attempt)
                raise
            self.forget_readers(attempt)

    def forget_readers(self, attempt: int) -> None:
        """Whoever reads it next is the first one again."""
        with suppress(OSError):
            (self.folder / f"{attempt}{READING}").unlink(missing_ok=True)

    @contextmanager
    def receive(self, attempt: int) -> Iterator[BinaryIO]:
        """A file to stream an answer into; it becomes the whole answer when the block ends without an error.

        NotSent when it cannot be opened: nothing was asked yet. Once it is open no answer is lost for want of room.
        """
        self.remember(attempt)
        try:
            file = self.part(attempt).open("wb", buffering=0)
        except OSError as error:
            raise NotSent(f"An answer could not be written to disk: {error.strerror}") from error
        with file:
            answer = _Answer(file)
            try:
                yield cast(BinaryIO, answer)
            finally:
                _until_it_works(answer.write_all)
        _until_it_works(lambda: self.promote(attempt))

    def promote(self, attempt: int) -> None:
        """The part is the whole answer: flush it and give it that name, so that it outlives a power cut."""
        part = self.part(attempt)
        try:
            with part.open("rb") as file:
                os.fsync(file.fileno())
            failpoint("flushed")
            part.rename(self.raw(attempt))
        except FileNotFoundError:
            # Of a worker and a recovery that takes it for dead, the other one was quicker.
            return
        flush_folder(self.folder)

    def discard(self, attempt: int) -> None:
        """Remove an answer that is stored, or that cost nothing; recovery does it where the disk refuses now."""
        with suppress(OSError):
            for suffix in _BY_WORTH:
                (self.folder / f"{attempt}{suffix}").unlink(missing_ok=True)
        self.forget_readers(attempt)

    def settle(self, attempt: int, *, keep: bool) -> None:
        """Put an answer aside that could not be used but may have been paid for; remove any other."""
        if keep:
            for path in (self.raw(attempt), self.part(attempt)):
                with suppress(FileNotFoundError):
                    path.replace(path.with_suffix(path.suffix + KEPT))
            self.forget_readers(attempt)
        else:
            self.discard(attempt)


def is_torn(path: Path) -> bool:
    """Whether the answer there stopped midway, as far as its name tells."""
    return TORN in path.suffixes


def open_body(path: Path) -> tuple[BinaryIO, int]:
    """A stored answer, open at the first byte that Venice sent as its body, and how many those are. OSError."""
    file = path.open("rb")
    head = file.readline(MAX_HEAD_LINE)
    size = os.fstat(file.fileno()).st_size
    if not head.endswith(b"\n"):
        # Torn within its head: nothing of the body came.
        file.seek(0, os.SEEK_END)
    return file, size - file.tell()


def body_size(path: Path) -> int:
    """How many bytes Venice sent as the body of a stored answer. OSError."""
    file, size = open_body(path)
    file.close()
    return size


@contextmanager
def _locked(mark: Path) -> Iterator[BinaryIO | None]:
    """The file, locked until the block or our process ends; None where there can be none: that stops no storing."""
    try:
        file = mark.open("ab", buffering=0)
    except OSError:
        yield None
        return
    with file:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        if not os.fstat(file.fileno()).st_nlink:
            raise FileNotFoundError(errno.ENOENT, "another reader was quicker", str(mark))
        yield cast(BinaryIO, file)


class _Answer:
    """A file that never refuses: what a full disk does not take waits in memory, for it is paid for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._waiting, self._has_warned = file, bytearray(), False

    def write(self, data: bytes) -> int:
        self._waiting += data
        try:
            self.write_all()
        except OSError as error:
            if not self._has_warned:
                log.warning("an answer waits in memory for the disk: %s", error.strerror)
            self._has_warned = True
        return len(data)

    def write_all(self) -> None:
        """Write what waits; OSError when there is no room for it yet."""
        while self._waiting:
            written = self._file.write(self._waiting)
            del self._waiting[:written]

    def flush(self) -> None:
        """Nothing: the file has no buffer but the one that waits."""


def _until_it_works(step: Callable[[], None]) -> None:
    """Repeat `step` every second while the disk refuses."""
    has_warned = False
    while True:
        try:
            return step()
        except OSError as error:
            if not has_warned:
                log.warning("an answer cannot be written to disk yet: %s", error.strerror)
            has_warned = True
            time.sleep(RETRY_EVERY)
