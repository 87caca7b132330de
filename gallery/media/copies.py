"""Copies of pictures for people to take home: with words about how they were made, or with nothing but the picture.

Pixels are never decoded, and what paints (profiles, gamma, the turn) stays in both, so that a copy looks the same. The
stored original is not touched. A format that is not known here, and a file that is broken, is handed on as it is, but
for who wants nothing beside the picture.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator

from gallery.media.containers import chunks, end_of_scans, orientation, pieces, segments
from gallery.media.metadata import exif, xmp

Part = bytes | memoryview
Words = Callable[[], str]

#: Formats that words can be written into, and taken from.
WRITTEN = frozenset(("png", "jpeg", "webp"))

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
# What paints, and the frames of an animation.
_PNG_PAINTS = frozenset(
    (
        *(b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV"),
        *(b"cLLI", b"sBIT", b"acTL", b"fcTL", b"fdAT"),
    )
)
_PNG_TEXTS = frozenset((b"tEXt", b"zTXt", b"iTXt"))
#: Under this word of a PNG the common tools look for how it was made.
KEYWORD = b"parameters"
# A segment of a JPEG holds so much beside its length.
_SEGMENT = 65_533
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_WEBP_PAINTS = frozenset((b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"))
# Flags of VP8X: a profile, transparency, Exif, XMP, an animation.
_ICC, _ALPHA, _HAS_EXIF, _HAS_XMP, _ANIMATED = 0x20, 0x10, 0x08, 0x04, 0x02


class NotStripped(Exception):
    """What a file carries beside its picture cannot be told from the picture."""


def copied(data: bytes, form: str, carry: str, words: Words) -> list[Part]:
    """`data` as it is taken home, in parts that share its memory; `words` is asked only where they are written.

    NotStripped where nothing but the picture is wanted, and cannot be had.
    """
    makers = {"png": _png, "jpeg": _jpeg, "webp": _webp}
    if carry == "as-sent":
        return [data]
    try:
        if form in makers:
            return list(makers[form](data, words() if carry == "parameters" else None))
    except (struct.error, ValueError, IndexError):
        pass
    if carry == "nothing":
        raise NotStripped
    return [data]


def _png(data: bytes, words: str | None) -> Iterator[Part]:
    if data[:8] != _PNG_HEAD or data[12:16] != b"IHDR":
        raise ValueError("no PNG")
    whole = memoryview(data)
    yield _PNG_HEAD
    for name, start, end, sound in chunks(data):
        content = whole[start:end]
        if words is None and name == b"eXIf":
            turn = orientation(bytes(content))
            if sound and turn > 1:
                yield _png_chunk(b"eXIf", exif("", turn))
        elif name in _PNG_PAINTS or (words is not None and not _is_ours(name, content)):
            yield whole[start - 8 : end + 4]
        if name == b"IHDR" and words is not None:
            yield _png_words(words)


def _is_ours(name: bytes, content: memoryview) -> bool:
    """Whether it says what we say anew."""
    return name in _PNG_TEXTS and bytes(content[: len(KEYWORD) + 1]) == KEYWORD + b"\0"


def _png_words(words: str) -> bytes:
    """Latin-1 where that is enough, since every reader knows it; else UTF-8."""
    try:
        return _png_chunk(b"tEXt", KEYWORD + b"\0" + words.encode("latin-1"))
    except UnicodeEncodeError:
        return _png_chunk(b"iTXt", KEYWORD + b"\0\0\0\0\0" + words.encode(errors="replace"))


def _png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content), name) + content + struct.pack(">I", zlib.crc32(name + content))


def _jpeg(data: bytes, words: str | None) -> Iterator[Part]:
    if data[:2] != b"\xff\xd8":
        raise ValueError("no JPEG")
    whole, end = memoryview(data), 2
    yield whole[:2]
    head, turn = list[Part](), 1
    rest = list[Part]()
    for marker, start, end in segments(data):
        content = whole[start + 4 : min(start + 64, end)]
        if marker == 0xE0 and bytes(content[:5]) == b"JFIF\0":
            # It must come first.
            head.append(whole[start:end])
        elif marker == 0xE1 and bytes(content[:5]) == b"Exif\0":
            turn = max(turn, orientation(bytes(whole[start + 10 : end])))
        elif marker == 0xE1 and bytes(content).startswith(_XMP):
            continue
        elif words is not None or _paints(marker, bytes(content)):
            rest.append(whole[start:end])
    yield from head
    if words is not None:
        yield from _jpeg_words(words, turn)
    elif turn > 1:
        yield _segment(_EXIF + exif("", turn))
    yield from rest
    if words is not None:
        yield whole[end:]
        return
    # Behind the end mark people hide whole files.
    offset, _, has_mark = end_of_scans(data)
    yield whole[end : max(offset, end)]
    if has_mark:
        yield b"\xff\xd9"


def _paints(marker: int, content: bytes) -> bool:
    if marker == 0xE2:
        return content.startswith(b"ICC_PROFILE\0")
    if marker == 0xEE:
        return content.startswith(b"Adobe")
    return not (0xE0 <= marker <= 0xEF or marker == 0xFE)


def _jpeg_words(words: str, turn: int) -> Iterator[bytes]:
    """Two segments; of words that are longer than one holds, the first ones."""
    yield _segment(_EXIF + _fitting(lambda text: exif(text, turn), words, _SEGMENT - len(_EXIF)))
    yield _segment(_XMP + _fitting(xmp, words, _SEGMENT - len(_XMP)))


def _fitting(make: Callable[[str], bytes], words: str, most: int) -> bytes:
    made = make(words)
    while len(made) > most:
        words = words[: min(len(words) - 1, len(words) * most // len(made))]
        made = make(words + "…")
    return made


def _segment(content: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content


def _webp(data: bytes, words: str | None) -> Iterator[Part]:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise ValueError("no WebP")
    whole, parts, flags, turn = memoryview(data), list[Part](), 0, 1
    canvas = b""
    for name, start, end in pieces(data):
        if name == b"VP8X" and end - start >= 10:
            flags, canvas = flags | (data[start] & (_ALPHA | _ANIMATED)), data[start + 4 : start + 10]
        elif name in _WEBP_PAINTS:
            flags |= _ICC if name == b"ICCP" else 0
            if not canvas and name in (b"VP8 ", b"VP8L"):
                canvas, flags = _canvas(name, data[start : start + 10], flags)
            parts.append(whole[start - 8 : end])
            parts.append(b"\0" * ((end - start) % 2))
        elif name == b"EXIF":
            tiff = data[start:end]
            turn = orientation(tiff.removeprefix(_EXIF))
    beside = {b"EXIF": exif(words or "", turn)} if words is not None or turn > 1 else {}
    if words is not None:
        beside[b"XMP "] = xmp(words)
    flags |= (_HAS_EXIF if b"EXIF" in beside else 0) | (_HAS_XMP if b"XMP " in beside else 0)
    if flags:
        parts.insert(0, _webp_chunk(b"VP8X", bytes((flags, 0, 0, 0)) + canvas))
    parts += [_webp_chunk(name, content) for name, content in beside.items()]
    yield b"RIFF" + struct.pack("<I", 4 + sum(map(len, parts))) + b"WEBP"
    yield from parts


def _canvas(name: bytes, head: bytes, flags: int) -> tuple[bytes, int]:
    """Width and height as VP8X tells them, and whether a simple file has transparency."""
    if name == b"VP8L":
        if head[0] != 0x2F:
            raise ValueError("no lossless picture")
        bits = int.from_bytes(head[1:5], "little")
        width, height = bits & 0x3FFF, bits >> 14 & 0x3FFF
        flags |= _ALPHA if bits >> 28 & 1 else 0
    else:
        if not re.match(rb".{3}\x9d\x01\x2a", head, re.DOTALL):
            raise ValueError("no key frame")
        # The two upper bits tell how to scale it, which nobody does.
        width, height = ((value & 0x3FFF) - 1 for value in struct.unpack_from("<HH", head, 6))
    return width.to_bytes(3, "little") + height.to_bytes(3, "little"), flags


def _webp_chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
