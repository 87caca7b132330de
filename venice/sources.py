"""Images that are sent to Venice: read from wherever they are, looked at before they cost anything."""

import base64
import binascii
import ipaddress
import os
import re
import stat
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlsplit

from venice.dimensions import InputFormat, pixel_size, sniff_input
from venice.formats import sides
from venice.text import clean_line

MAX_FILE = 25 * 1024 * 1024
#: The JSON body, images in base64 and all.
MAX_BODY = 35 * 1024 * 1024
MIN_SIDE = 64
MIN_PIXELS = 65_536
MAX_PIXELS = 7680 * 4320
MAX_URL = 2048
#: What is read when ranges are not checked: no more than memory can bear.
_MAX_READ = 256 * 1024 * 1024
_DATA_URI = re.compile(r"data:[\w/+.-]*(?:;[\w=+.-]+)*;base64,", re.IGNORECASE)
_URL = re.compile(r"https?://[!-~]+", re.IGNORECASE)


class UnusableImage(ValueError):
    """Why an image cannot be sent, in plain words that follow the name of the field."""


@dataclass(frozen=True, slots=True)
class InputImage:
    """An image that was read: its bytes, or the URL from which Venice fetches it.

    Format and size in pixels are those of the bytes; None when they do not tell. One that has a digest and a size
    in bytes alone only names a file: it can be checked and priced, and sent once its bytes are put in its place.
    """

    data: bytes = field(default=b"", repr=False)
    url: str = ""
    format: InputFormat | None = None
    width: int | None = None
    height: int | None = None
    sha256: str = ""
    size: int = 0

    def __repr__(self) -> str:
        if self.url:
            return f"InputImage(url, {len(self.url)} characters)"
        size = sides(self.width, self.height, "x") if self.pixels else "size unknown"
        return f"InputImage({self.format}, {size}, {self.size or len(self.data)} bytes)"

    @property
    def is_named(self) -> bool:
        """Whether it only names a file: its bytes are not at hand."""
        return bool(self.sha256) and not self.data

    @property
    def pixels(self) -> int | None:
        return self.width * self.height if self.width and self.height else None

    @property
    def encoded_size(self) -> int:
        """How many characters it takes in a request."""
        return len(self.url) or ((self.size if self.is_named else len(self.data)) + 2) // 3 * 4

    def base64(self) -> str:
        """The bytes as Venice takes them everywhere: base64 without a prefix. ValueError when they are not at hand."""
        if self.is_named:
            raise ValueError("an image that only names a file cannot be sent")
        return base64.b64encode(self.data).decode("ascii")

    def sent(self) -> str:
        """The URL, or the bytes in base64."""
        return self.url or self.base64()


#: A path (str or PathLike), a URL, a `data:` URI, or the bytes of a file; or what was read from one before.
ImageSource: TypeAlias = str | bytes | os.PathLike[str] | InputImage


def read_image(source: object, *, max_bytes: int = MAX_FILE, strict: bool = True) -> InputImage:
    """The image behind a source. A `str` that begins with `data:` or `http(s)://` is that, any other a path.

    UnusableImage when it cannot be read, is too large or is no image; without `strict` any bytes will do.
    """
    limit = max_bytes if strict else _MAX_READ
    if isinstance(source, InputImage):
        if source.url:
            return source
        if source.is_named:
            return _named(source, limit, strict)
        data = source.data
    elif isinstance(source, str) and source[:8].lower().startswith(("http://", "https:/")):
        return InputImage(url=_checked_url(source, strict))
    elif isinstance(source, str) and source[:5].lower() == "data:":
        data = _from_data_uri(source, limit)
    elif isinstance(source, str | os.PathLike):
        data = _from_file(source, limit)
    elif isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    else:
        raise UnusableImage("must be a path, a URL, a data: URI or the bytes of an image.")
    return _looked_at(data, limit, strict)


def check_pixels(image: InputImage, *, least: int = 0, side: int = 0, most: int = 0) -> None:
    """UnusableImage for a size out of the bounds; a size that is not known passes."""
    if not (image.pixels and image.width and image.height):
        return
    size = f"this has {sides(image.width, image.height)}."
    if min(image.width, image.height) < side:
        raise UnusableImage(f"needs at least {side} pixels a side; {size}")
    if image.pixels < least:
        raise UnusableImage(f"needs at least {least} pixels in all; {size}")
    if most and image.pixels > most:
        raise UnusableImage(f"may have at most {most} pixels in all; {size}")


def _looked_at(data: bytes, limit: int, strict: bool) -> InputImage:
    form = sniff_input(data)
    _check_file(len(data), form, limit, strict)
    width, height = pixel_size(data, form) or (None, None)
    return InputImage(data, "", form, width, height)


def _check_file(size: int, form: InputFormat | None, limit: int, strict: bool) -> None:
    if not size:
        raise UnusableImage("is empty.")
    if size > limit:
        raise UnusableImage(f"is larger than {limit // 1024 // 1024} MB.")
    if form is None and strict:
        raise UnusableImage("is no image in a format that Venice takes: PNG, JPEG, WebP, HEIF or AVIF.")


def _named(image: InputImage, limit: int, strict: bool) -> InputImage:
    _check_file(image.size, image.format, limit, strict)
    return image


def _from_file(path: str | os.PathLike[str], limit: int) -> bytes:
    try:
        name = os.fspath(path)
        # Without waiting: a pipe would block for ever.
        descriptor = os.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnusableImage(f"is not a file: {clean_line(str(name), 200)}")
            return file.read(limit + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnusableImage(f"cannot be read: {reason}: {clean_line(str(path), 200)}") from None
    except (ValueError, TypeError) as error:
        if isinstance(error, UnusableImage):
            raise
        raise UnusableImage("is no path of a file.") from None


def _from_data_uri(uri: str, limit: int) -> bytes:
    prefix = _DATA_URI.match(uri)
    if not prefix:
        raise UnusableImage("is a data: URI, but not one in base64.")
    if len(uri) > limit * 2 + 1000:
        raise UnusableImage(f"is larger than {limit // 1024 // 1024} MB.")
    try:
        return base64.b64decode("".join(uri[prefix.end() :].split()), validate=True)
    except (binascii.Error, ValueError):
        raise UnusableImage("is a data: URI whose base64 is broken.") from None


def _checked_url(url: str, strict: bool) -> str:
    if not _URL.fullmatch(url) or len(url) > MAX_URL:
        raise UnusableImage(f"must be a plain http(s) URL of at most {MAX_URL} characters.")
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if not host:
        raise UnusableImage("is a URL without a host.")
    if strict and _is_private(host):
        raise UnusableImage("is a URL that Venice cannot reach: its host is private.")
    return url


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
