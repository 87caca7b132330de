"""Texts that stand beside the pixels of a picture from anywhere: names and words, read within bounds.

Nothing here fails, whatever the bytes are; what is broken, too long or too much is left out.
"""

import re
import struct
import zlib
from collections.abc import Iterator

from gallery.media.containers import chunks, pieces, segments

# Graphs of nodes reach some hundred kilobytes. In bytes, as packed and as unpacked; of one text, and of all together.
LONGEST, LONGEST_TOGETHER = 2 << 20, 4 << 20
# What a file of ordinary tools has a few of.
_MOST_PARTS, _MOST_ENTRIES, _MOST_TABLES = 2000, 200, 6
_COMMENT, _EXIF_TABLE, _DESCRIPTION = 0x9286, 0x8769, 0x010E
#: Under this name stands what Exif says in words.
COMMENT = "comment"
_SIZES = {1: 1, 2: 1, 7: 1}
# The tools that draw by graphs write `prompt:{…}` into any field of words.
_NAMED = re.compile(r"([A-Za-z_]{1,30}):\s*(?=[{\[])")


def texts(data: bytes) -> dict[str, str]:
    """The texts of a PNG, JPEG or WebP by their names, the first of each name; empty for all else."""
    entries: dict[str, str] = {}
    left = LONGEST_TOGETHER
    for count, (name, text) in enumerate(_all(data)):
        left -= len(text)
        if left < 0 or count >= _MOST_PARTS:
            break
        if name and text.strip():
            entries.setdefault(name, text)
    return entries


def _all(data: bytes) -> Iterator[tuple[str, str]]:
    try:
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            yield from _of_png(data)
        elif data[:3] == b"\xff\xd8\xff":
            yield from _of_jpeg(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            yield from _of_webp(data)
    except struct.error:
        return


def _of_png(data: bytes) -> Iterator[tuple[str, str]]:
    for count, (name, start, end, _) in enumerate(chunks(data)):
        # Thousands of empty chunks take time as well.
        if count > _MOST_PARTS:
            return
        if end - start > LONGEST:
            continue
        content = data[start:end]
        if name == b"tEXt":
            key, _, words = content.partition(b"\0")
            # Latin-1 by the standard; many write UTF-8 all the same.
            yield _latin(key), _utf8(words)
        elif name == b"zTXt":
            key, _, packed = content.partition(b"\0")
            yield _latin(key), _utf8(_unpacked(packed[1:]))
        elif name == b"iTXt":
            yield _international(content)
        elif name == b"eXIf":
            yield from _of_exif(content)


def _international(content: bytes) -> tuple[str, str]:
    key, _, rest = content.partition(b"\0")
    is_packed, words = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    return _latin(key), _utf8(_unpacked(words) if is_packed else words)


def _of_jpeg(data: bytes) -> Iterator[tuple[str, str]]:
    for count, (marker, start, end) in enumerate(segments(data)):
        if count > _MOST_PARTS:
            return
        content = data[start + 4 : end]
        if marker == 0xE1 and content.startswith(b"Exif\0"):
            yield from _of_exif(content[6:])
        elif marker == 0xFE:
            yield COMMENT, _utf8(content)


def _of_webp(data: bytes) -> Iterator[tuple[str, str]]:
    for count, (name, start, end) in enumerate(pieces(data)):
        if count > _MOST_PARTS:
            return
        if name == b"EXIF" and end - start <= LONGEST_TOGETHER:
            yield from _of_exif(data[start:end].removeprefix(b"Exif\0\0"))


def _of_exif(tiff: bytes) -> Iterator[tuple[str, str]]:
    """Words of a TIFF block: the user's comment before others, then those that name what they are."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if not order:
        return
    tables, seen = [struct.unpack_from(f"{order}I", tiff, 4)[0]], set[int]()
    fields: list[tuple[int, bytes]] = []
    while tables and len(seen) < _MOST_TABLES:
        offset = tables.pop()
        if offset in seen or offset + 2 > len(tiff):
            continue
        seen.add(offset)
        for tag, kind, length, value in _entries(tiff, offset, order):
            if tag == _EXIF_TABLE and kind == 4:
                tables.append(struct.unpack(f"{order}I", value)[0])
            elif kind in _SIZES and length <= LONGEST:
                fields.append((tag, _content(tiff, length, value, order)))
    for tag, content in sorted(fields, key=lambda each: each[0] != _COMMENT):
        words = _comment(content) if tag == _COMMENT else _utf8(content.rstrip(b"\0"))
        if match := _NAMED.match(words):
            yield match[1].lower(), words[match.end() :]
        elif tag in (_COMMENT, _DESCRIPTION):
            yield COMMENT, words


def _entries(tiff: bytes, offset: int, order: str) -> Iterator[tuple[int, int, int, bytes]]:
    count = min(struct.unpack_from(f"{order}H", tiff, offset)[0], _MOST_ENTRIES)
    for start in range(offset + 2, min(offset + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, length = struct.unpack_from(f"{order}HHI", tiff, start)
        yield tag, kind, length, tiff[start + 8 : start + 12]


def _content(tiff: bytes, length: int, value: bytes, order: str) -> bytes:
    if length <= 4:
        return value[:length]
    start = struct.unpack(f"{order}I", value)[0]
    return tiff[start : start + length]


def _comment(content: bytes) -> str:
    """What follows the eight bytes that name its code; of the two orders of UTF-16, the one that makes letters."""
    code, words = content[:8], content[8:]
    if code != b"UNICODE\0":
        return _utf8((words if code in (b"ASCII\0\0\0", b"\0" * 8) else content).rstrip(b"\0"))
    largest_first = words[0::2].count(0) >= words[1::2].count(0)
    return words.decode("utf-16-be" if largest_first else "utf-16-le", "replace").removeprefix("\ufeff")


def _unpacked(packed: bytes) -> bytes:
    """What zlib has packed; nothing when it is broken, cut, or longer than any honest text."""
    unpacker = zlib.decompressobj()
    try:
        words = unpacker.decompress(packed, LONGEST)
    except zlib.error:
        return b""
    return words if unpacker.eof else b""


def _utf8(words: bytes) -> str:
    try:
        return words.decode()
    except UnicodeDecodeError:
        return _latin(words)


def _latin(words: bytes) -> str:
    return words.decode("latin-1")
