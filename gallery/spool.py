"""Answers on disk before anything else is done: `<attempt>.part` while they arrive, `<attempt>.raw` once whole.

An answer was paid for and Venice keeps no copy, so it is flushed, renamed, and the folder flushed, before the
database hears of it; storing works from the file alone and may be repeated.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gallery.storage import flush_folder


class Spool:
    """A folder of answers that are not stored yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def part(self, attempt: int) -> Path:
        """Where the answer to `attempt` lies while it arrives."""
        return self.folder / f"{attempt}.part"

    def raw(self, attempt: int) -> Path:
        """Where the whole answer to `attempt` lies."""
        return self.folder / f"{attempt}.raw"

    @contextmanager
    def receive(self, attempt: int) -> Iterator[BinaryIO]:
        """A file to stream an answer into; it becomes the whole answer when the block ends without an error."""
        with self.part(attempt).open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        self.part(attempt).rename(self.raw(attempt))
        flush_folder(self.folder)

    def discard(self, attempt: int) -> None:
        """Remove an answer that is stored, or that held no picture."""
        self.raw(attempt).unlink(missing_ok=True)
        self.part(attempt).unlink(missing_ok=True)
