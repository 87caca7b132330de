"""The pictures that a request brings: recognised, checked against Venice's limits, decoded.

Nothing is ever fetched: a public URL stands for a picture that is painted from its address.
"""

import base64
import binascii
import hashlib
import io
import re
from typing import Any
from urllib.parse import urlsplit

from PIL import Image, ImageOps

from venice.emulator.addresses import is_blocked
from venice.emulator.bodies import MAX_FILE
from venice.emulator.failures import file_too_large
from venice.emulator.painter import Brief, paint
from venice.emulator.replies import Refusal, refuse
from venice.sources import MAX_URL

MIN_SIDE = 64
MIN_PIXELS = 65_536
MAX_PIXELS = 7680 * 4320
#: A decoder of WebP takes 16 bytes a pixel: above so many pixels there must be a byte for every 40 of them.
TRUSTED_WEBP_PIXELS = 17_500_000
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF")
CORRUPTED = "The image file is corrupted or unreadable"
TOO_SMALL = "Image dimensions are too small"
TOO_LARGE = f"Image exceeds the maximum of {MAX_PIXELS} pixels"
NOT_FETCHED = "The provider could not fetch the input media"
_DATA_URI = re.compile(r"data:([^,;]*)(?:;[^,]*?)?;base64,", re.IGNORECASE)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_STAND_IN = (1024, 1024)


def read_input(value: Any, *, urls: bool = True, data_uris: bool = True) -> bytes | str:
    """The file that a field holds, or the URL that it names. Raises Refusal.

    `value` is what the schema let pass: the bytes of an upload, or base64, a data URI or a URL as text.
    """
    if isinstance(value, bytes):
        return _bounded(value)
    text = str(value).strip()
    if urls and text[:8].lower().startswith(("http://", "https://")):
        return _address(text)
    if data_uris and text[:5].lower() == "data:":
        match = _DATA_URI.match(text)
        if match is None or "svg" in match[1].lower():
            raise refuse(400, CORRUPTED)
        text = text[match.end() :]
    return _bounded(_decoded(text))


def digest_of(source: bytes | str) -> str:
    """SHA-256 of a file; of a URL the URL itself."""
    return source if isinstance(source, str) else hashlib.sha256(source).hexdigest()


def open_picture(source: bytes | str, *, least_side: int = 1, least_pixels: int = 1) -> Image.Image:
    """The first frame, upright, as RGB or RGBA. The size is looked at before a pixel is decoded.

    Takes up to 4 bytes a pixel: callers hold one of `State.easels`. Raises Refusal.
    """
    if isinstance(source, str):
        return _stand_in(source)
    if source[4:8] == b"ftyp" and source[8:12] in _HEIF_BRANDS:
        return _stand_in(f"heif {binascii.crc32(source)}")
    try:
        with Image.open(io.BytesIO(source), formats=FORMATS) as picture:
            _check_size(*picture.size, least_side, least_pixels)
            pixels = picture.width * picture.height
            if picture.format == "WEBP" and pixels > max(TRUSTED_WEBP_PIXELS, 40 * len(source)):
                raise refuse(422, TOO_LARGE)
            upright = ImageOps.exif_transpose(picture)
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except Refusal:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise refuse(422, TOO_LARGE) from None
    except Exception:
        # Pillow's readers answer broken files with nearly any exception, down to struct.error.
        raise refuse(400, CORRUPTED) from None


def _check_size(width: int, height: int, least_side: int, least_pixels: int) -> None:
    if width * height > MAX_PIXELS:
        raise refuse(422, TOO_LARGE)
    if min(width, height) < least_side or width * height < least_pixels:
        raise refuse(400, TOO_SMALL)


def _address(url: str) -> str:
    if len(url) > MAX_URL:
        raise refuse(400, "The image URL is not allowed")
    try:
        host = urlsplit(url).hostname or ""
        port = urlsplit(url).port
    except ValueError:
        host, port = "", None
    if not host or port == 0 or is_blocked(host):
        raise refuse(400, "The image URL is not allowed")
    if host.endswith((".invalid", ".test")):
        raise refuse(404, NOT_FETCHED)
    return url


def _decoded(text: str) -> bytes:
    # As Venice's decoder does, either alphabet is taken, and white space and missing padding are forgiven.
    text = re.sub(r"\s+", "", text).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise refuse(400, CORRUPTED) from None


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_FILE:
        raise file_too_large()
    if not data:
        raise refuse(400, CORRUPTED)
    return data


def _stand_in(name: str) -> Image.Image:
    """For a file that is not here, or that Pillow does not decode."""
    return paint(Brief(model="input", prompt=name[:2000], seed=0, width=_STAND_IN[0], height=_STAND_IN[1]))
