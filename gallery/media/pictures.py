"""Pictures as files: written once by content, with their thumbnails, and read back only if they are what was stored."""

import hashlib
import time
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from gallery.media.storage import original_name, thumbnail_name
from gallery.media.thumbnails import RECIPE, SIZES, Decoded

# Files are written before their rows: what is younger may be about to get one. In seconds.
YOUNG = 3600.0


class LostFile(Exception):
    """A stored picture that is not there any more, or is not what was stored; its words follow "its file"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is known of a stored picture: the columns of every row that names one. Sizes in pixels, as painted."""

    sha256: str
    name: str
    format: str
    width: int
    height: int
    bytes: int
    color: str
    recipe: int = RECIPE


def store(data: bytes, decoded: Decoded) -> Picture:
    """Write a picture and its thumbnails, each flushed and renamed; what is there already is left as it is."""
    sha256 = hashlib.sha256(data).hexdigest()
    name = original_name(sha256, decoded.format)
    default_storage.save(name, ContentFile(data))
    store_thumbnails(sha256, decoded)
    return Picture(
        sha256=sha256,
        name=name,
        format=decoded.format,
        width=decoded.width,
        height=decoded.height,
        bytes=len(data),
        color=decoded.color,
    )


def store_thumbnails(sha256: str, decoded: Decoded) -> None:
    """Write the thumbnails of the picture with this digest, also over others."""
    for size, thumbnail in decoded.thumbnails.items():
        default_storage.save(thumbnail_name(sha256, size), ContentFile(thumbnail))


def load(name: str, sha256: str) -> bytes:
    """The bytes of a stored picture. LostFile when they are not those; OSError while its place does not answer."""
    try:
        with default_storage.open(name) as file:
            data: bytes = file.read()
    except FileNotFoundError:
        raise LostFile(f"{name} is missing") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise LostFile(f"{name} is not what was stored")
    return data


def names_of(name: str, sha256: str) -> tuple[str, ...]:
    """All files of one picture: its own and its thumbnails."""
    return name, *(thumbnail_name(sha256, size) for size in SIZES)


def is_young(name: str) -> bool:
    """Whether somebody has written it lately, and may be about to make a row of it."""
    try:
        written = default_storage.get_modified_time(name)
    except FileNotFoundError:
        return False
    return time.time() - written.timestamp() < YOUNG
