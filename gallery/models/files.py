"""Which files of the media folder belong to something: the integrity check and every removal ask the same question."""

from collections.abc import Collection, Iterator

from django.core.files.storage import default_storage

from gallery.media.pictures import is_young, names_of
from gallery.models.image import Image
from gallery.models.input import Input
from gallery.models.stored import StoredPicture
from gallery.models.upload import Upload

# Every table whose rows name files.
NAMING: tuple[type[StoredPicture], ...] = (Image, Input, Upload)


def named(digests: Collection[str]) -> set[str]:
    """The files, thumbnails too, of pictures with these digests that any row names; one query for each table."""
    return {name for row in _rows(digests) for name in names_of(*row)}


def delete_unnamed(row: StoredPicture) -> None:
    """Delete the files of a row that its transaction removes, but those that another row names. OSError.

    What somebody has written just now stays too: a row that names it comes next.
    """
    for name in set(names_of(row.name, row.sha256)) - named([row.sha256]):
        if not is_young(name):
            default_storage.delete(name)


def _rows(digests: Collection[str]) -> Iterator[tuple[str, str]]:
    for table in NAMING:
        rows = table._default_manager.filter(sha256__in=digests)
        yield from rows.order_by().values_list("name", "sha256").distinct()
