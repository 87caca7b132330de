"""An answer in memory while it arrives, and how far it has come."""

import io
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from venice.images import ImageBytes
from venice.reply import read_head_line

logger = logging.getLogger(__name__)

_CRUMB = 4096


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a call is: `sent` when the request has left, `receiving` from the head of the answer on.

    `received` counts the bytes of the body; `expected` is what there will be in all, where the answer says so.
    """

    stage: Literal["sent", "receiving"]
    received: int = 0
    expected: int | None = None


class Pieces:
    """A sink in memory, never joined: that would take it twice. `on_progress` is told; its errors cost nothing."""

    __slots__ = ("_expected", "_on_progress", "_pieces", "_received")

    def __init__(self, on_progress: Callable[[Progress], None] | None = None) -> None:
        self._pieces: list[bytes | bytearray] = []
        self._on_progress = on_progress
        self._received = 0
        self._expected: int | None = None

    def write(self, data: bytes) -> None:
        is_head = not self._pieces
        # Crumbs are swept together: millions of them would take many times their size.
        last = self._pieces[-1] if self._pieces else None
        if len(data) >= _CRUMB or last is None:
            self._pieces.append(data)
        elif isinstance(last, bytearray):
            last += data
        else:
            self._pieces.append(bytearray(data))
        if self._on_progress is None:
            return
        if is_head:
            self._expected = read_head_line(data).content_length
        elif data:
            self._received += len(data)
        if is_head or data:
            self._tell(Progress("receiving", self._received, self._expected))

    def flush(self) -> None:
        pass

    def sent(self) -> None:
        """The request has left."""
        self._tell(Progress("sent"))

    def _tell(self, progress: Progress) -> None:
        if self._on_progress is None:
            return
        try:
            self._on_progress(progress)
        except Exception:
            logger.exception("A callback failed while an answer was on its way; it is called no more")
            self._on_progress = None

    @property
    def body(self) -> list[bytes | bytearray]:
        """All but the head, which comes as one piece, the first."""
        return self._pieces[1:]

    def complete_images(self) -> tuple[ImageBytes, ...]:
        """Of an answer that stopped midway, the images that came whole; none where even its head is cut."""
        from venice.salvage import salvage

        with salvage(io.BytesIO(b"".join(self._pieces))) as salvaged:
            return tuple(salvaged.images) if salvaged else ()
