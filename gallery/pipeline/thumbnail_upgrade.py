"""Thumbnails, sizes and colours of stored pictures, made anew from their originals, which are never touched."""

import hashlib
from collections.abc import Iterator

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from gallery.media.storage import thumbnail_name
from gallery.media.thumbnails import RECIPE, UnusablePicture
from gallery.models import Image
from gallery.pipeline.decoding import Decoder


def outdated() -> Iterator[Image]:
    """Pictures that were made by an older recipe, oldest first; each is asked for when the one before is done."""
    rows = Image.objects.filter(recipe__lt=RECIPE).order_by("pk").only("sha256", "name")
    image = rows.first()
    while image:
        yield image
        image = rows.filter(pk__gt=image.pk).first()


def remake(image: Image, decoder: Decoder) -> None:
    """Make the files first, then tell the rows: whoever is stopped between begins again with this picture.

    Rows of the same content change together. Raises OSError, or UnusablePicture; then nothing has changed.
    """
    with default_storage.open(image.name) as file:
        data = file.read()
    if hashlib.sha256(data).hexdigest() != image.sha256:
        raise UnusablePicture("is not what was stored.")
    decoded = decoder.decode(data)
    for size, thumbnail in decoded.thumbnails.items():
        default_storage.save(thumbnail_name(image.sha256, size), ContentFile(thumbnail))
    Image.objects.filter(sha256=image.sha256).update(
        width=decoded.width, height=decoded.height, color=decoded.color, recipe=RECIPE
    )
