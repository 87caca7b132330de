"""What stands beside the pixels in a picture's file: read with care, left out where it is in the way.

A browser paints by little of it (a profile, a gamma, a turn), and by none that is broken. Nothing here fails.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from gallery.media.profiles import from_cicp, from_gamma
from venice.dimensions import ImageFormat

# An ICC profile is at most this long; those of presses reach two megabytes.
MAX_PROFILE = 8 << 20
#: A PNG's one transparent colour: grey as the decoder gives it (8 or 16 bits), or red, green and blue of 8 bits.
Key = int | tuple[int, int, int]

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"))
_MARKER = re.compile(rb"\xff+([\x01-\xfe])", re.DOTALL)
# What ends the data of a scan: any marker but a stuffed zero and the restarts.
_SCAN_END = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]", re.DOTALL)
_RESTART = re.compile(rb"\xff([\xd0-\xd7])")
_WEBP_KEPT = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"))
_AVIF_EXIF = re.compile(rb"(infe\x02.{7})Exif", re.DOTALL)
_AVIF_COLOR = re.compile(rb"colrnclx(.{4})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Beside:
    """What changes how a browser paints: ICC profiles in the order of their rank, the turn (1 to 8, as in EXIF)."""

    profiles: tuple[bytes, ...] = ()
    orientation: int = 1
    key: Key | None = None


def read_beside(data: bytes, form: ImageFormat) -> Beside:
    """What stands beside the pixels of `data` and is sound."""
    readers = {"png": _png_beside, "jpeg": _jpeg_beside, "webp": _webp_beside, "avif": _avif_beside}
    return readers[form](data) if form in readers else Beside()


def bare(data: bytes, form: ImageFormat) -> bytes | None:
    """The same pixels with as little as possible beside them; None where there is nothing to leave out."""
    makers = {"png": _bare_png, "jpeg": _bare_jpeg, "webp": _bare_webp, "avif": _bare_avif}
    return makers[form](data) if form in makers else None


def orientation(tiff: bytes) -> int:
    """The turn that an EXIF block tells (from its TIFF head on); 1, for none, when it is no such block."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    try:
        if order:
            start = int(struct.unpack_from(f"{order}I", tiff, 4)[0])
            count = int(struct.unpack_from(f"{order}H", tiff, start)[0])
            for offset in range(start + 2, start + 2 + 12 * count, 12):
                tag, kind, number, value = struct.unpack_from(f"{order}HHIH", tiff, offset)
                if (tag, kind, number) == (0x0112, 3, 1):
                    return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int, bool]]:
    """Name, start and end of the content of each chunk of a PNG, and whether its checksum is right."""
    offset = len(_PNG_HEAD)
    while offset + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, offset)
        start, end = offset + 8, offset + 8 + length
        checksum = data[end : end + 4]
        # The pixels have a checksum of their own, and their decoder looks at it.
        sound = name == b"IDAT" or checksum == struct.pack(
            ">I", zlib.crc32(memoryview(data)[offset + 4 : end])
        )
        yield name, start, min(end, len(data)), sound
        if name == b"IEND":
            return
        offset = end + 4


def _png_beside(data: bytes) -> Beside:
    contents: dict[bytes, bytes] = {}
    for name, start, end, sound in chunks(data):
        if name == b"IDAT":
            break
        if sound:
            contents.setdefault(name, data[start:end])
    return Beside(
        tuple(_png_profiles(contents)), orientation(contents.get(b"eXIf", b"")), _key(contents, data[24:26])
    )


def _png_profiles(contents: dict[bytes, bytes]) -> Iterator[bytes]:
    cicp, gamma, primaries = (contents.get(name, b"") for name in (b"cICP", b"gAMA", b"cHRM"))
    if len(cicp) == 4:
        if profile := from_cicp(cicp[0], cicp[1]):
            yield profile
        return
    if profile := _unpacked(contents.get(b"iCCP", b"")):
        yield profile
    if b"sRGB" in contents or len(gamma) != 4:
        return
    exponent = int.from_bytes(gamma, "big") / 100_000
    if len(primaries) == 32:
        chromaticities = tuple(value / 100_000 for value in struct.unpack(">8I", primaries))
        profile = from_gamma(exponent, chromaticities)
    else:
        # What is within a twentieth of sRGB's is meant to be sRGB.
        profile = None if abs(exponent * 2.2 - 1) < 0.05 else from_gamma(exponent)
    if profile:
        yield profile


def _unpacked(iccp: bytes) -> bytes:
    """The profile of an iCCP chunk (name, zero, method, packed); empty when it is broken or a bomb."""
    _, _, packed = iccp.partition(b"\0")
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed[1:], MAX_PROFILE)
    except zlib.error:
        return b""
    return profile if unpacker.eof else b""


def _key(contents: dict[bytes, bytes], kind: bytes) -> Key | None:
    transparent = contents.get(b"tRNS", b"")
    if len(kind) == 2 and kind[1] == 0 and len(transparent) == 2:
        value, depth = int.from_bytes(transparent, "big"), kind[0]
        return value if depth == 16 else value * 255 // ((1 << min(depth, 8)) - 1 or 1)
    if len(kind) == 2 and kind[1] == 2 and len(transparent) == 6:
        # Of 16 bits the decoder keeps the upper ones.
        red, green, blue = (
            value >> (8 if kind[0] == 16 else 0) for value in struct.unpack(">3H", transparent)
        )
        return red & 255, green & 255, blue & 255
    return None


def _bare_png(data: bytes) -> bytes:
    parts: list[bytes | memoryview] = [_PNG_HEAD]
    ended = False
    for name, start, end, sound in chunks(data):
        if name in _PNG_KEPT and (sound or name != b"tRNS"):
            content = memoryview(data)[start:end]
            parts += [struct.pack(">I4s", end - start, name), content]
            parts.append(struct.pack(">I", zlib.crc32(content, zlib.crc32(name))))
            ended = name == b"IEND"
    if not ended:
        parts.append(struct.pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND")))
    return b"".join(parts)


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end (its own bytes included) of each segment of a JPEG up to the first scan's data."""
    offset = 2
    while match := _MARKER.search(data, offset):
        marker, start = match[1][0], match.end() - 2
        offset = match.end()
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            continue
        if marker == 0xD9:
            return
        offset += max(2, int.from_bytes(data[offset : offset + 2], "big"))
        yield marker, start, min(offset, len(data))
        if marker == 0xDA:
            return


def _jpeg_beside(data: bytes) -> Beside:
    turn, pieces, count = b"", {}, 0
    for marker, start, end in segments(data):
        content = data[start + 4 : end]
        if marker == 0xE1 and content.startswith(b"Exif\0") and not turn:
            turn = content[6:]
        elif marker == 0xE2 and content.startswith(b"ICC_PROFILE\0") and len(content) > 14:
            pieces[content[12]] = content[14:]
            count = content[13]
    # In pieces of up to 64 KiB; without one of them it is none.
    is_whole = bool(pieces) and set(pieces) == set(range(1, count + 1))
    profile = b"".join(pieces[number] for number in sorted(pieces)) if is_whole else b""
    return Beside((profile,) if profile else (), orientation(turn))


def _bare_jpeg(data: bytes) -> bytes:
    parts, end = [data[:2]], 2
    for marker, start, end in segments(data):
        # JFIF and Adobe say what the numbers of the pixels mean.
        is_needed = (marker == 0xE0 and end - start >= 18) or (marker == 0xEE and end - start >= 16)
        if is_needed or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            parts.append(data[start:end])
    return b"".join((*parts, memoryview(data)[end:]))


# Frames whose scans are coded so that they end where their last block does.
_HUFFMAN = (0xC0, 0xC1, 0xC2)
# Behind a whole scan nobody reads it; in place of one it is noise.
_NOISE = b"\xaa" * 256


def ended_jpeg(data: bytes) -> tuple[bytes, bytes] | None:
    """A JPEG without its end mark, ended in two ways; when nothing is missing but the mark, both are the same picture.

    None when it has its mark, or when whole scans are missing.
    """
    offset, missing, has_mark = end_of_scans(data)
    if has_mark or missing:
        return None
    return data[:offset] + b"\xff\xd9", data[:offset] + _tail(data, offset) + b"\xff\xd9"


def tailed_jpeg(data: bytes) -> bytes | None:
    """A JPEG with bytes before its end mark that mean nothing: the same picture, when the last scan was not cut.

    None when it has no mark, or is none of the kinds whose scans end where their last block does.
    """
    offset, _, has_mark = end_of_scans(data)
    is_huffman = any(marker in _HUFFMAN for marker, _, _ in segments(data))
    whole = memoryview(data)
    return (
        b"".join((whole[:offset], _tail(data, offset), whole[offset:])) if has_mark and is_huffman else None
    )


def _tail(data: bytes, end: int) -> bytes:
    """Bytes that mean nothing behind a whole scan, and are noise where blocks are missing.

    A file cut where a row ends goes on with the mark of the next restart: without it, noise would be skipped.
    """
    restarts = _RESTART.findall(data, data.rfind(b"\xff\xda", 0, end), end)
    number = (restarts[-1][0] + 1) % 8 if restarts else 0
    return _NOISE + bytes((0xFF, 0xD0 + number)) + _NOISE


def end_of_scans(data: bytes) -> tuple[int, set[tuple[int, int]], bool]:
    """Where the last scan ends, which coefficients no scan tells to the last bit, and whether the end mark is there."""
    offset, missing = 0, set()
    for marker, start, end in segments(data):
        if marker in _HUFFMAN:
            missing = {
                (data[component], band) for component in range(start + 10, end, 3) for band in range(64)
            }
        offset = start
    while data[offset : offset + 2] == b"\xff\xda":
        length = int.from_bytes(data[offset + 2 : offset + 4], "big")
        missing -= _completed_by_scan(data[offset + 4 : offset + 2 + length])
        match = _SCAN_END.search(data, offset + 2 + length)
        while match and data[match.end() - 1] not in (0xDA, 0xD9):
            skipped = match.end() + int.from_bytes(data[match.end() : match.end() + 2], "big")
            match = _MARKER.search(data, skipped)
        offset = match.end() - 2 if match else len(data)
    has_mark = data[offset : offset + 2] == b"\xff\xd9"
    while offset and data[offset - 1] == 0xFF:
        offset -= 1
    return offset, missing, has_mark


def _completed_by_scan(head: bytes) -> set[tuple[int, int]]:
    """Component and coefficient of what a scan tells to the last bit."""
    if len(head) < 6 or len(head) != 4 + 2 * head[0] or head[-1] & 15:
        return set()
    return {(head[1 + 2 * n], band) for n in range(head[0]) for band in range(head[-3], head[-2] + 1)}


def pieces(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of the content of each chunk of a WebP, whatever length the file says it has."""
    offset = 12
    while offset + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, offset)
        yield name, offset + 8, min(offset + 8 + length, len(data))
        offset += 8 + length + length % 2


def _webp_beside(data: bytes) -> Beside:
    # Browsers do not turn a WebP by its EXIF.
    for name, start, end in pieces(data):
        if name == b"ICCP":
            return Beside((data[start:end],))
        if name in (b"VP8 ", b"VP8L", b"ANMF"):
            break
    return Beside()


def _bare_webp(data: bytes) -> bytes:
    parts = [b"WEBP"]
    for name, start, end in pieces(data):
        if name in _WEBP_KEPT:
            content = data[start:end]
            if name == b"VP8X" and content:
                # Of its flags, alpha and animation stay.
                content = bytes((content[0] & 0x12,)) + content[1:]
            # The length is the one that the file states: what is cut stays cut.
            length = data[start - 4 : start]
            parts += [name, length, content, b"\0" * (len(content) % 2)]
    body = b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _avif_beside(data: bytes) -> Beside:
    # A profile and the turn are read by the decoder itself; it says nothing of colours told by numbers.
    match = _AVIF_COLOR.search(data[: 1 << 16])
    profile = from_cicp(*struct.unpack(">2H", match[1])) if match else None
    return Beside((profile,) if profile else ())


def _bare_avif(data: bytes) -> bytes:
    return _AVIF_EXIF.sub(rb"\1free", data, count=4)
