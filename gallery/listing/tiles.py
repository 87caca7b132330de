"""A page of the grid: sixty pictures by cursor, as plain values, since drawing them is most of a page's time."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import FilteredRelation, Q
from django.db.models.functions import Left
from django.utils.html import escape

from gallery.formats import shape, usd
from gallery.listing import walk
from gallery.listing.days import Day, days
from gallery.listing.listing import Kept, Listing, Page
from gallery.listing.order import Rows, write
from gallery.media.storage import thumbnail_name
from gallery.media.thumbnails import SIZES, widths
from gallery.models import User
from gallery.models.generation import label_of
from gallery.models.image import UNKNOWN_PRICE, ImageQuerySet

PAGE = 60
# Pictures that are on the screen at once load at once; the rest when they come near.
EAGER = 24
# Characters of the prompt in the caption; the rest is on the picture's own page.
EXCERPT = 240
# A row that is filled makes its pictures larger than its height says, by as much in the worst of usual cases.
GROWTH = 1.2

_COLUMNS = (
    *("id", "sha256", "width", "height", "color", "stack_size", "recipe", "created_at"),
    *("generation__kind", "generation__is_blurred", "generation__is_content_violation"),
    *("model", "seed", "sort_price", "owner__username", "is_sensitive", "own__is_favourite", "own__rating"),
)


_CREATED = _COLUMNS.index("created_at")


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture as `gallery/_tiles.jinja` draws it, which escapes `text` and `facts` alone.

    All else is fit for HTML as it is: numbers, addresses of ours, words from this module. What a tile is to show comes
    with the row of its picture (`_COLUMNS`) or from one query for all of the page's, and is a field here: a plain
    value, as short to print as it can be, since it is printed sixty times.
    """

    id: int
    # Its place in the list, where that is not its id.
    at: str
    # Below /images/, with what keeps its page within this list; escaped, since that has signs of its own.
    link: str
    src: str
    srcset: str
    # How wide it is expected to be, in CSS pixels.
    span: int
    text: str
    # Model, seed, price and maker, in one line.
    facts: str
    width: int
    height: int
    color: str
    shape: int
    # Pictures in its stack; less than two are not told.
    stack: int
    # `moderated`, `blurred` or `sensitive`, and a class of the tile where it is not for every eye.
    mark: str
    sensitive: str
    # What the reader thinks of it: a favourite, a rating of 1 to 5 or 0.
    favourite: str
    rating: int
    load: str
    # Of the first picture of a day.
    day: Day | None


def page(
    listing: Listing,
    images: ImageQuerySet | Kept,
    *,
    member: User,
    stacked: bool = True,
    within: str | None = None,
) -> Page[Tile]:
    """The pictures of `listing` among `images` as `member` sees them, with their own marks, in rows of their height.

    Without `stacked` each picture stands for itself, and none bears the count of its stack. `within` is what makes
    a picture's page step among the same pictures, where it is more than the listing's own.
    """
    rows = _rows(listing, images, member)
    own = len(rows[0]) - len(listing.order.columns) if rows else 0
    visible = rows[: listing.size]
    steps = escape(listing.within if within is None else within)
    media = str(settings.MEDIA_URL)
    begun = (
        days([row[_CREATED] for row in visible])
        if listing.order.columns == ("id",)
        else [None] * len(visible)
    )
    shown = [
        _tile(row[:own], position, listing.density, stacked, steps, day, write(row[own:]), media)
        for position, (row, day) in enumerate(zip(visible, begun, strict=True))
    ]
    return listing.page(images, shown, [row[own:] for row in rows])


def _rows(listing: Listing, images: ImageQuerySet | Kept, member: User) -> list[tuple[Any, ...]]:
    """What the page's tiles show, and where each stands in the list; one row more where there are older ones."""
    columns: tuple[Any, ...] = (*_COLUMNS, Left("prompt__text", EXCERPT), *listing.order.columns)

    def drawn(rows: Rows, owner: int) -> Rows:
        marks = FilteredRelation("marks", condition=Q(marks__user=owner))
        shown: Rows = rows.annotate(own=marks).values_list(*columns)
        return shown

    if isinstance(images, Kept):
        return listing.asked(
            images, "tiles", lambda here, kept, owner: drawn(here.rows(kept), owner), member.pk
        )
    return walk.first(
        listing.order,
        images,
        listing.arranged,
        lambda rows: list(drawn(rows, member.pk)),
        listing.size + 1,
    )


def _tile(
    row: tuple[Any, ...],
    position: int,
    density: int,
    stacked: bool,
    within: str,
    day: Day | None,
    at: str,
    media: str,
) -> Tile:
    pk, sha256, width, height, color, stack, recipe, _ = row[:8]
    kind, blurred, violation, model, seed, price, owner, sensitive, favourite, rating, text = row[8:]
    form = _shape(width, height)
    # As StoredPicture writes them.
    version = f"?{recipe}" if recipe > 1 else ""
    thumbnails = [f"{media}{thumbnail_name(sha256, size)}{version}" for size in SIZES]
    return Tile(
        pk,
        at if at != str(pk) else "",
        f"{pk}/{within}",
        thumbnails[0],
        # A small picture has one source: its larger thumbnail is as small as the other.
        ", ".join(
            [f"{src} {across}w" for src, across in zip(thumbnails, widths(width, height), strict=False)]
        ),
        round(density * form / 100 * GROWTH),
        text or label_of(kind),
        _facts(model, seed, price, owner),
        width,
        height,
        color,
        form,
        stack if stacked else 1,
        _mark(violation, blurred, sensitive),
        " sensitive" if sensitive else "",
        "true" if favourite else "false",
        rating or 0,
        "eager" if position < EAGER else "lazy",
        day,
    )


def _mark(is_moderated: bool | None, is_blurred: bool | None, is_sensitive: bool) -> str:
    """Why a picture is not for every eye, in a word: Venice's reason before that of members."""
    if is_moderated:
        return "moderated"
    if is_blurred:
        return "blurred"
    return "sensitive" if is_sensitive else ""


# Few different sizes occur.
_shape = lru_cache(maxsize=1000)(shape)


def _facts(model: str, seed: int | None, millionths: int, owner: str) -> str:
    facts = (model, "" if seed is None else f"seed {seed}", _price(millionths), owner)
    return " · ".join(filter(None, facts))


@lru_cache(maxsize=1000)
def _price(millionths: int) -> str:
    """In words; few different ones occur, and a page has sixty."""
    return "" if millionths == UNKNOWN_PRICE else usd(Decimal(millionths).scaleb(-6))
