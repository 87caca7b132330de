"""Thumbnails, sizes and colours of stored pictures, made anew from their originals, which are never touched."""

from collections.abc import Iterator

from gallery.media import pictures
from gallery.media.decoder import Decoder
from gallery.media.pictures import LostFile
from gallery.media.thumbnails import RECIPE, UnusablePicture
from gallery.models.files import NAMING
from gallery.models.stored import StoredPicture


def outdated() -> Iterator[StoredPicture]:
    """Pictures that were made by an older recipe, oldest first; each is asked for when the one before is done."""
    for table in NAMING:
        rows = table._default_manager.filter(recipe__lt=RECIPE).order_by("pk").only("sha256", "name")
        row = rows.first()
        while row:
            yield row
            row = rows.filter(pk__gt=row.pk).first()


def remake(row: StoredPicture, decoder: Decoder) -> None:
    """Make the files first, then tell the rows: whoever is stopped between begins again with this picture.

    Rows of the same content change together. Raises OSError, or UnusablePicture; then nothing has changed.
    """
    try:
        data = pictures.load(row.name, row.sha256)
    except LostFile as error:
        raise UnusablePicture("is missing, or is not what was stored.") from error
    decoded = decoder.decode(data)
    pictures.store_thumbnails(row.sha256, decoded)
    for table in NAMING:
        table._default_manager.filter(sha256=row.sha256).update(
            width=decoded.width, height=decoded.height, color=decoded.color, recipe=RECIPE
        )
