"""Files by content: a name is the SHA-256 of what it holds.

A re-store overwrites nothing, and a row never points at nothing.
"""

import os
import re
import tempfile
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from gallery.failpoints import failpoint

EXTENSIONS = {"png": "png", "jpeg": "jpg", "webp": "webp", "avif": "avif", "gif": "gif"}
TYPES = {form: f"image/{form}" for form in EXTENSIONS}
THUMBNAIL_SIZES = (512, 256)

_NAME = re.compile(r"(?:original|512|256)/([0-9a-f]{2})/([0-9a-f]{2})/(\1\2[0-9a-f]{60})\.([a-z]+)\Z")
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


class ContentStorage(FileSystemStorage):
    """Writes to a temporary name, flushes to the disk, renames, flushes the folder.

    Files are readable to their owner alone, as temporary ones are.
    """

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
