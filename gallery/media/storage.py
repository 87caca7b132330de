"""Files by content: a name is the SHA-256 of what it holds. Everything that touches stored files goes through here.

A re-store overwrites nothing, and a row never points at nothing.
"""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage

from gallery.failpoints import failpoint
from gallery.media.thumbnails import SIZES

EXTENSIONS = {"png": "png", "jpeg": "jpg", "webp": "webp", "avif": "avif", "gif": "gif"}
TYPES = {form: f"image/{form}" for form in EXTENSIONS}
# Below the media folder, or in the bucket: all that we ever write.
FOLDERS = ("original/", *(f"{size}/" for size in SIZES))

# What browsers may do with a picture: its address never means another one.
CACHE = "private, max-age=31536000, immutable"

_NAME = re.compile(
    rf"(?:{'|'.join(FOLDERS)})([0-9a-f]{{2}})/([0-9a-f]{{2}})/(\1\2[0-9a-f]{{60}})\.([a-z]+)\Z"
)
_BY_EXTENSION = {extension: TYPES[form] for form, extension in EXTENSIONS.items()}


def original_name(sha256: str, image_format: str) -> str:
    """Where the picture with this digest lies, below the media folder."""
    return f"original/{sha256[:2]}/{sha256[2:4]}/{sha256}.{EXTENSIONS[image_format]}"


def thumbnail_name(sha256: str, size: int) -> str:
    """Where its thumbnail lies: a pure function of the original's digest."""
    return f"{size}/{sha256[:2]}/{sha256[2:4]}/{sha256}.webp"


def content_type(name: str) -> str | None:
    """The one type that a stored file is served as; None for a name that we never give."""
    match = _NAME.match(name)
    return _BY_EXTENSION.get(match[4]) if match else None


class StorageAway(OSError):
    """The place where pictures are kept does not answer, or refuses us: that says nothing of the file in question."""

    def __init__(self, words: str) -> None:
        super().__init__(errno.EIO, words)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is there, by its name, and when it was written, in seconds since the epoch."""

    name: str
    written_at: float


class MediaStorage(Protocol):
    """What we ask of a place for pictures, beyond Django's own `open`, `save`, `exists` and `delete`.

    `open` and `set_aside` raise FileNotFoundError for a file that is not there; all raise another OSError for whatever
    else is in the way.
    """

    def listed(self) -> Iterator[StoredFile]:
        """Every file where we put some, found while it is asked for."""

    def set_aside(self, name: str) -> None:
        """Move a file that belongs to nothing to where nothing is looked for."""

    def shown(self, name: str) -> str:
        """What a person calls the file, by the place where they find it."""

    def folders(self) -> tuple[Path, ...]:
        """Those of this machine that pictures are written to, and whose disk needs room; none for a bucket."""

    def trouble(self) -> str:
        """Why nothing could be stored now, other than that a folder cannot be written, in a sentence; or nothing."""


def media_storage() -> MediaStorage:
    """The place for pictures of this installation: the media folder, or a bucket where MEDIA_BUCKET names one."""
    return cast(MediaStorage, default_storage)


class ContentStorage(FileSystemStorage):
    """Writes to a temporary name, flushes to the disk, renames, flushes the folder.

    Files are readable to their owner alone, as temporary ones are.
    """

    def listed(self) -> Iterator[StoredFile]:
        """Every file below the media folder, whatever its name."""
        root = Path(self.location)
        for path in root.rglob("*"):
            try:
                if path.is_file():
                    yield StoredFile(path.relative_to(root).as_posix(), path.stat().st_mtime)
            except FileNotFoundError:
                continue

    def set_aside(self, name: str) -> None:
        """Move a file to the same path below DATA_DIR/quarantine."""
        target = Path(settings.DATA_DIR) / "quarantine" / self.shown(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self.path(name), target)

    def shown(self, name: str) -> str:
        """`media/original/…`"""
        return f"{Path(self.location).name}/{name}"

    def folders(self) -> tuple[Path, ...]:
        """The media folder and those in it: one that was copied back may belong to somebody else."""
        root = Path(self.location)
        return (root, *(root / folder for folder in FOLDERS))

    def trouble(self) -> str:
        """Nothing: the folder is all there is."""
        return ""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name itself: same name, same content."""
        return name

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg]
        path = Path(self.path(name))
        if _holds(path, content) and _touch(path):
            # Whoever wrote it may not have come to flush the folder yet.
            flush_folder(path.parent)
            return name
        make_folder(path.parent)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            failpoint("file-written")
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        flush_folder(path.parent)
        return name


def _holds(path: Path, content: File) -> bool:  # type: ignore[type-arg]
    """Whether a file is there already, to the last byte. A thumbnail may have been made in another way."""
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_size == content.size and all(
                file.read(len(chunk)) == chunk for chunk in content.chunks()
            )
    except FileNotFoundError:
        return False


def _touch(path: Path) -> bool:
    """Make a file young again, so that nobody removes it before its new row is there; False when it is gone."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    except OSError:
        # A disk that takes no writes loses no files either.
        pass
    return True


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each so that it outlives a power cut."""
    if not folder.exists():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        flush_folder(folder.parent)


def flush_folder(folder: Path) -> None:
    """fsync a folder, so that a rename in it outlives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
