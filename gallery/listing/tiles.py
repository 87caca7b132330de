"""A page of the grid: sixty pictures by cursor, as plain tuples, since drawing them is most of a page's time."""

from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models.functions import Left
from django.utils.html import escape
from django.utils.safestring import SafeString as ours

from gallery.formats import usd
from gallery.listing import walk
from gallery.listing.days import Day, days
from gallery.listing.listing import Listing, Page
from gallery.listing.order import write
from gallery.media.storage import thumbnail_name
from gallery.models.generation import label_of
from gallery.models.image import UNKNOWN_PRICE, ImageQuerySet

PAGE = 60
# Pictures that are on the screen at once load at once; the rest when they come near.
EAGER = 24
# Characters of the prompt in the caption; the rest is on the picture's own page.
EXCERPT = 240
# The shapes that ratios.css knows.
NARROWEST, WIDEST = 25, 400
# A row that is filled makes its pictures larger than its height says, by as much in the worst of usual cases.
GROWTH = 1.2

_COLUMNS = (
    *("id", "sha256", "width", "height", "color", "stack_size", "recipe", "created_at"),
    *("generation__kind", "generation__is_blurred", "generation__is_content_violation"),
    *("model", "seed", "sort_price", "owner__username"),
)


_CREATED = _COLUMNS.index("created_at")


class Tile(NamedTuple):
    """One picture as the template unpacks it.

    What we have written ourselves (numbers, addresses, our own words) comes as a `SafeString`, and so does the text,
    which is escaped once for its two places: to escape all of it in the template is a tenth of the page's time.
    """

    id: str
    # Its place in the list, where that is not its id.
    at: str
    # Below /images/, with what keeps its page within this list.
    link: str
    src: str
    srcset: str
    # How wide it is expected to be, in CSS pixels.
    span: str
    text: str
    # Model, seed, price and maker, in one line.
    facts: str
    width: str
    height: str
    color: str
    shape: str
    stack: str
    mark: str
    load: str
    # Of the first picture of a day.
    day: Day | None


def shape(width: int, height: int) -> int:
    """Width over height in hundredths, as the classes of ratios.css know it."""
    return min(max(round(100 * width / max(height, 1)), NARROWEST), WIDEST)


def page(
    listing: Listing,
    images: ImageQuerySet,
    *,
    row_height: int,
    stacked: bool = True,
    within: str | None = None,
) -> Page[Tile]:
    """The pictures of `listing` among `images`, in rows of that height in pixels.

    Without `stacked` each picture stands for itself, and none bears the count of its stack. `within` is what makes
    a picture's page step among the same pictures, where it is more than the listing's own.
    """
    columns: tuple[Any, ...] = (*_COLUMNS, Left("prompt__text", EXCERPT), *listing.order.columns)
    rows = walk.first(
        listing.order,
        images,
        listing.arranged,
        lambda rows: list(rows.values_list(*columns)),
        listing.size + 1,
    )
    own = len(columns) - len(listing.order.columns)
    visible = rows[: listing.size]
    steps = escape(listing.within if within is None else within)
    begun = (
        days([row[_CREATED] for row in visible])
        if listing.order.columns == ("id",)
        else [None] * len(visible)
    )
    shown = [
        _tile(row[:own], position, row_height, stacked, steps, day, write(row[own:]))
        for position, (row, day) in enumerate(zip(visible, begun, strict=True))
    ]
    return listing.page(images, shown, [row[own:] for row in rows])


def _tile(
    row: tuple[Any, ...], position: int, row_height: int, stacked: bool, within: str, day: Day | None, at: str
) -> Tile:
    pk, sha256, width, height, color, stack, recipe, _ = row[:8]
    kind, blurred, violation, model, seed, price, owner, text = row[8:]
    form = shape(width, height)
    # As StoredPicture writes them.
    version = f"?{recipe}" if recipe > 1 else ""
    small, large = (f"{settings.MEDIA_URL}{thumbnail_name(sha256, size)}{version}" for size in (256, 512))
    longest = max(width, height, 512)
    return Tile(
        ours(str(pk)),
        ours(at if at != str(pk) else ""),
        ours(f"{pk}/{within}"),
        ours(large),
        ours(f"{small} {width * 256 // longest or 1}w, {large} {width * 512 // longest or 1}w"),
        ours(str(round(row_height * form / 100 * GROWTH))),
        escape(text or label_of(kind)),
        _facts(model, seed, price, owner),
        ours(str(width)),
        ours(str(height)),
        color,
        ours(str(form)),
        ours(str(stack) if stacked and stack > 1 else ""),
        ours("moderated" if violation else "blurred" if blurred else ""),
        ours("eager" if position < EAGER else "lazy"),
        day,
    )


def _facts(model: str, seed: int | None, millionths: int, owner: str) -> str:
    price = "" if millionths == UNKNOWN_PRICE else usd(Decimal(millionths).scaleb(-6))
    known = (model, "" if seed is None else f"seed {seed}", price, owner)
    return " · ".join(fact for fact in known if fact)
