"""Format and size of an image by the first bytes of its file, without decoding it."""

from typing import Literal

ImageFormat = Literal["png", "jpeg", "webp", "avif", "gif"]
InputFormat = Literal["png", "jpeg", "webp", "heif", "avif"]

_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_AVIF_BRANDS = (b"avif", b"avis")
#: Segments of a JPEG that tell its size: all SOFn, without the three of that range that are something else.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MAX_SEGMENTS = 2000


def sniff(data: bytes) -> ImageFormat | None:
    """The format of an image that Venice made, or None for anything but PNG, JPEG, WebP, AVIF and GIF.

    Venice can be asked for the first three alone; what else it sends is paid for all the same.
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    return "avif" if _has_brand(data, _AVIF_BRANDS) else None


def sniff_input(data: bytes) -> InputFormat | None:
    """The format, or None for what Venice does not take (SVG and GIF among it)."""
    form = sniff(data)
    if form is not None:
        return form if form != "gif" else None
    return "heif" if _has_brand(data, _HEIF_BRANDS) else None


def _has_brand(data: bytes, brands: tuple[bytes, ...]) -> bool:
    return data[4:8] == b"ftyp" and any(data[start : start + 4] in brands for start in (8, *range(16, 48, 4)))


def pixel_size(data: bytes, form: InputFormat | None) -> tuple[int, int] | None:
    """Width and height in pixels, or None when the head does not tell. Never fails."""
    size = None
    if form == "png" and data[12:16] == b"IHDR":
        size = _big(data[16:20]), _big(data[20:24])
    elif form == "jpeg":
        size = _jpeg(data)
    elif form == "webp":
        size = _webp(data)
    return size if size and min(size) > 0 else None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    position = 2
    for _ in range(_MAX_SEGMENTS):
        if position + 9 > len(data) or data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker in _FRAMES:
            return _big(data[position + 7 : position + 9]), _big(data[position + 5 : position + 7])
        if marker == 0xFF:
            position += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
        else:
            position += 2 + max(2, _big(data[position + 2 : position + 4]))
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    kind, head = data[12:16], data[20:30]
    if len(head) < 10:
        return None
    if kind == b"VP8X":
        return _little(head[4:7]) + 1, _little(head[7:10]) + 1
    if kind == b"VP8L" and head[0] == 0x2F:
        bits = _little(head[1:5])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a":
        return _little(head[6:8]) & 0x3FFF, _little(head[8:10]) & 0x3FFF
    return None


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
