"""Which files of the media folder belong to something: the integrity check and every removal ask the same question."""

from collections.abc import Collection, Iterator

from gallery.media.pictures import names_of
from gallery.models.image import Image
from gallery.models.input import Input
from gallery.models.stored import StoredPicture
from gallery.models.upload import Upload

# Every table whose rows name files.
NAMING: tuple[type[StoredPicture], ...] = (Image, Input, Upload)


def named(digests: Collection[str]) -> set[str]:
    """The files, thumbnails too, of pictures with these digests that any row names; one query for each table."""
    return {name for row in _rows(digests) for name in names_of(*row)}


def _rows(digests: Collection[str]) -> Iterator[tuple[str, str]]:
    for table in NAMING:
        rows = table._default_manager.filter(sha256__in=digests)
        yield from rows.order_by().values_list("name", "sha256").distinct()
