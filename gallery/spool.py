"""Answers on disk before anything else is done: `<attempt>.part` while they arrive, `<attempt>.raw` once whole.

An answer was paid for and Venice keeps no copy, so it is flushed, renamed, and the folder flushed, before the
database hears of it; storing works from the file alone and may be repeated.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gallery.failpoints import failpoint
from gallery.storage import flush_folder

MARK = ".spool-of-venice-gallery"
WHOLE, TORN, KEPT = ".raw", ".part", ".kept"


class SpoolMissing(Exception):
    """The folder is not the one that answers were written to: a disk that is not mounted looks like an empty spool."""


class Spool:
    """A folder of answers that are not stored yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, *, has_history: bool) -> None:
        """Make the folder at the first start; afterwards its mark must be there. Raises SpoolMissing."""
        mark = self.folder / MARK
        if mark.exists():
            return
        if has_history:
            raise SpoolMissing(
                f"{self.folder} is not the spool folder that was used before; is its disk mounted?"
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
        """The attempts whose answers lie here and wait for something."""
        names = (path for path in self.folder.iterdir() if path.suffix in (WHOLE, TORN))
        return sorted({int(path.stem) for path in names if path.stem.isdigit()})

    @contextmanager
    def receive(self, attempt: int) -> Iterator[BinaryIO]:
        """A file to stream an answer into; it becomes the whole answer when the block ends without an error."""
        with self.part(attempt).open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        failpoint("flushed")
        self.promote(attempt)

    def promote(self, attempt: int) -> None:
        """The part is the whole answer: give it that name, so that it outlives a power cut."""
        self.part(attempt).rename(self.raw(attempt))
        flush_folder(self.folder)

    def discard(self, attempt: int) -> None:
        """Remove an answer that is stored."""
        self.raw(attempt).unlink(missing_ok=True)
        self.part(attempt).unlink(missing_ok=True)

    def settle(self, attempt: int, *, keep: bool) -> None:
        """Put an answer aside that could not be used but may have been paid for; remove one that cost nothing."""
        if keep:
            for path in (self.raw(attempt), self.part(attempt)):
                if path.exists():
                    path.rename(path.with_suffix(path.suffix + KEPT))
        else:
            self.discard(attempt)
