"""The body of an answer in pieces, wherever it lies: megabytes are read more than once, and never held whole."""

import zlib
from collections.abc import Iterator, Sequence
from typing import IO, Any, BinaryIO, Protocol

PIECE = 256 * 1024
#: What a packed body may always unpack to; it stays in memory up to KEPT_IN_MEMORY.
PLAIN_FLOOR = 32 * 1024 * 1024
KEPT_IN_MEMORY = 1024 * 1024
_PACKED = ("gzip", "x-gzip", "deflate")


class Body(Protocol):
    """`size` bytes that can be read again and again."""

    size: int

    def pieces(self, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` on, none of the pieces empty."""
        ...

    def close(self) -> None:
        """Give the room back."""


class Stored:
    """A part of a file: from `start`, at most `limit` bytes. The file stays its owner's unless `owned`."""

    def __init__(self, file: BinaryIO | IO[bytes], start: int, limit: int, *, owned: bool = False) -> None:
        self._file, self._start, self._owned = file, start, owned
        self.size = min(limit, max(0, file.seek(0, 2) - start))

    def pieces(self, start: int = 0) -> Iterator[bytes]:
        while start < self.size:
            self._file.seek(self._start + start)
            piece = self._file.read(min(PIECE, self.size - start))
            if not piece:
                return
            start += len(piece)
            yield piece

    def close(self) -> None:
        if self._owned:
            self._file.close()


class InMemory:
    """Pieces in memory, which stay their owner's."""

    def __init__(self, pieces: Sequence[bytes | bytearray]) -> None:
        self._pieces = pieces
        self._lengths = [len(piece) for piece in self._pieces]
        self.size = sum(self._lengths)

    def pieces(self, start: int = 0) -> Iterator[bytes]:
        for number, length in enumerate(self._lengths):
            if start < length:
                piece = self._pieces[number]
                yield bytes(memoryview(piece)[start:]) if start else bytes(piece)
            start = max(0, start - length)

    def close(self) -> None:
        """Nothing: they are whose they were."""


def slice_of(body: Body, start: int, end: int) -> Iterator[bytes]:
    """The bytes from `start` to before `end`, in pieces."""
    for piece in body.pieces(start):
        if len(piece) >= end - start:
            yield piece[: end - start]
            return
        start += len(piece)
        yield piece


def whole(body: Body, limit: int) -> bytes:
    """The first `limit` bytes in one."""
    return b"".join(slice_of(body, 0, limit)) if limit else b""


def plain(body: Body, encoding: str, limit: int) -> Body:
    """The body without its content encoding, cut at `limit`. None is asked for, but a gateway may not care.

    What says that it is packed and is not stays as it is. OSError when there is no room for it on the disk.
    """
    if encoding.strip().lower() not in _PACKED:
        return body
    # Base64 packs to three quarters, lists to a twentieth: what unpacks to far more is a bomb.
    limit = min(limit, max(PLAIN_FLOOR, 4 * body.size))
    # Not at the top: few answers need it.
    import tempfile

    room: Any = tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 - closed with the body
    try:
        for piece in _unpacked(body, limit):
            room.write(piece)
    except zlib.error:
        room.close()
        return body
    except BaseException:
        room.close()
        raise
    return Stored(room, 0, limit, owned=True)


def _unpacked(body: Body, limit: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    for packed in body.pieces():
        while packed and limit and not unpacker.eof:
            piece = unpacker.decompress(packed, min(PIECE, limit))
            packed = unpacker.unconsumed_tail
            limit -= len(piece)
            yield piece
        if not limit or unpacker.eof:
            return
