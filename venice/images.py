"""One image of an answer: from the text that stands for it to bytes, or why there are none."""

import base64
import binascii
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from venice.bodies import Body, slice_of
from venice.dimensions import ImageFormat, sniff
from venice.scanner import Span

#: Larger than anything that Venice makes: 16 megapixels of four bytes each.
MAX_IMAGE = 64 * 1024 * 1024
#: Up to here a text is decoded at once.
_SHORT = 4 * 1024 * 1024
_DATA_URL = re.compile(r"data:[\w/+.-]*;base64,", re.IGNORECASE)
# As far as a text goes without a half escape at its end.
_WHOLE_SIGNS = re.compile(r"(?:[^\\]+|\\(?:[^u]|u[0-9a-fA-F]{4}))*")
_HEAD = 16
_TOO_LARGE = f"larger than {MAX_IMAGE >> 20} MB"


@dataclass(frozen=True, slots=True)
class ImageBytes:
    """One image as Venice made it; the format is read from the bytes, whatever was asked for.

    `index` is its position in the answer, counting those that could not be read: only 0 follows the seed.
    """

    data: bytes
    format: ImageFormat
    index: int = 0

    def save(self, path: "str | os.PathLike[str]") -> Path:
        """Write it there, and say where: a name without a suffix gets that of the format, and no file is replaced."""
        wanted = Path(path)
        return write_new(
            wanted if wanted.suffix else wanted.with_name(f"{wanted.name}.{self.format}"), self.data
        )

    def __repr__(self) -> str:
        return f"ImageBytes({self.format}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry of the list of images that gave none: its position in the answer, and why, in words for people."""

    index: int
    reason: str


def write_new(path: Path, data: bytes) -> Path:
    """Write a file of that name, or with a number before its suffix where there is one already. OSError."""
    free, copy = path, 1
    while True:
        try:
            with free.open("xb") as file:
                file.write(data)
            return free
        except FileExistsError:
            free, copy = path.with_name(f"{path.stem}.{copy}{path.suffix}"), copy + 1
        except OSError:
            free.unlink(missing_ok=True)
            raise


def image_of(entry: Any, index: int) -> ImageBytes | Unreadable:
    """The image that a value of the list stands for: base64, also in a data address, also with line breaks."""
    if not isinstance(entry, str):
        return Unreadable(index, "not a text")
    text = entry[match.end() :] if (match := _DATA_URL.match(entry)) else entry
    data = _decoded(text)
    # Broken lines are rare, and looking for them takes longer than decoding.
    if data is None:
        data = _decoded("".join(text.split()))
    if data is None:
        return Unreadable(index, "not base64")
    return image_from_bytes(data, index)


def image_from_bytes(data: bytes, index: int = 0) -> ImageBytes | Unreadable:
    if not data:
        return Unreadable(index, "empty")
    if len(data) > MAX_IMAGE:
        return Unreadable(index, _TOO_LARGE)
    form = sniff(data)
    return ImageBytes(data, form, index) if form else Unreadable(index, "neither PNG, JPEG nor WebP")


def image_at(body: Body, span: Span, index: int) -> ImageBytes | Unreadable:
    """Like `image_of`, for a text that lies in a JSON body; the memory it takes is little more than the image's."""
    if span.end - span.start <= _SHORT:
        return image_of(text_at(body, span), index)
    out = BytesIO()
    try:
        for data in _base64(_without_space(_texts(slice_of(body, span.start, span.end)))):
            out.write(data)
            size = out.tell()
            if size >= _HEAD and sniff(out.getbuffer()[:_HEAD].tobytes()) is None:
                break
            if size > MAX_IMAGE:
                return Unreadable(index, _TOO_LARGE)
    except ValueError:
        return Unreadable(index, "not base64")
    return image_from_bytes(out.getvalue(), index)


def text_at(body: Body, span: Span, limit: int = 0) -> str:
    """A text that lies in a JSON body; with `limit`, at least so many signs of its beginning."""
    # A sign takes at most twelve bytes.
    end = min(span.end, span.start + 12 * limit) if limit else span.end
    return "".join(_texts(iter([b"".join(slice_of(body, span.start, end))])))


def _texts(pieces: Iterator[bytes]) -> Iterator[str]:
    """The text that stands in JSON between two quotes. What is cut at its end is left out."""
    waiting = b""
    for piece in pieces:
        raw = waiting + piece
        if b"\\" not in raw and raw.isascii():
            waiting = b""
            yield raw.decode("ascii")
            continue
        # A sign of several bytes may be cut as well as an escape.
        text = raw.decode("utf-8", "ignore")
        match = _WHOLE_SIGNS.match(text)
        whole = text[: match.end()] if match else ""
        waiting = raw[len(whole.encode()) :]
        yield str(json.loads(f'"{whole}"'))


def _without_space(texts: Iterator[str]) -> Iterator[str]:
    """The texts without space and line breaks, and without the beginning of a data address."""
    first = True
    for text in texts:
        if first and (match := _DATA_URL.match(text)):
            text = text[match.end() :]
        first = False
        yield "".join(text.split())


def _base64(texts: Iterator[str]) -> Iterator[bytes]:
    """What base64 in pieces stands for. ValueError (of which binascii's is one) for what is none."""
    waiting = ""
    for text in filter(None, texts):
        if "=" in waiting:
            raise ValueError("something follows the padding")
        waiting += text
        # The last group of four waits: it may be padded, which shows in what follows.
        size = max(0, (len(waiting) - 1) // 4 * 4)
        if "=" in waiting[:size]:
            raise ValueError("something follows the padding")
        yield base64.b64decode(waiting[:size], validate=True)
        waiting = waiting[size:]
    yield base64.b64decode(waiting, validate=True)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
