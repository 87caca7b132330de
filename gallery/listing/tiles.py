"""A page of the grid: sixty pictures by cursor, as plain tuples, since drawing them is most of a page's time."""

from typing import Any, NamedTuple

from django.conf import settings
from django.db.models.functions import Left

from gallery.listing.listing import Listing, Page
from gallery.media.storage import thumbnail_name
from gallery.models.generation import label_of
from gallery.models.image import ImageQuerySet

PAGE = 60
# Pictures that are on the screen at once load at once; the rest when they come near.
EAGER = 12
# Characters of the prompt in the caption; the rest is on the picture's own page.
EXCERPT = 240
# The shapes that ratios.css knows.
NARROWEST, WIDEST = 25, 400

_COLUMNS = (
    *("id", "sha256", "width", "height", "color", "stack_size"),
    *("generation__kind", "generation__is_blurred", "generation__is_content_violation"),
)


class Tile(NamedTuple):
    """One picture as the template unpacks it."""

    id: str
    # Below /images/, with what keeps its page within this list.
    address: str
    src: str
    text: str
    width: str
    height: str
    color: str
    shape: str
    stack: str
    mark: str
    loading: str


def shape(width: int, height: int) -> int:
    """Width over height in hundredths, as the classes of ratios.css know it."""
    return min(max(round(100 * width / max(height, 1)), NARROWEST), WIDEST)


def page(listing: Listing, images: ImageQuerySet, *, stacked: bool = True) -> Page[Tile]:
    """The pictures of `listing` among `images`.

    Without `stacked` each picture stands for itself, and none bears the count of its stack.
    """
    columns: tuple[Any, ...] = (*_COLUMNS, Left("prompt__text", EXCERPT), *listing.order.columns)
    rows = list(listing.rows(images).values_list(*columns))
    own = len(columns) - len(listing.order.columns)
    shown = [
        _tile(row[:own], position, stacked, listing.within)
        for position, row in enumerate(rows[: listing.size])
    ]
    return listing.page(images, shown, [row[own:] for row in rows])


def _tile(row: tuple[Any, ...], position: int, stacked: bool, within: str) -> Tile:
    pk, sha256, width, height, color, stack, kind, blurred, violation, text = row
    return Tile(
        str(pk),
        f"{pk}/{within}",
        settings.MEDIA_URL + thumbnail_name(sha256, 512),
        text or label_of(kind),
        str(width),
        str(height),
        color,
        str(shape(width, height)),
        str(stack) if stacked and stack > 1 else "",
        "moderated" if violation else "blurred" if blurred else "",
        "eager" if position < EAGER else "lazy",
    )
