"""A page of the grid: sixty pictures by cursor, as plain tuples, since drawing them is most of a page's time."""

from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.db.models.functions import Left
from django.http import HttpRequest

from gallery import search
from gallery.formats import read_id
from gallery.media.storage import thumbnail_name
from gallery.models.generation import label_of
from gallery.models.image import ImageQuerySet

PAGE = 60
# Pictures that are on the screen at once load at once; the rest when they come near.
EAGER = 12
# Characters of the prompt in the caption; the rest is on the picture's own page.
EXCERPT = 240

_COLUMNS = (
    *("id", "sha256", "width", "height", "color", "stack_size"),
    *("generation__kind", "generation__is_blurred", "generation__is_content_violation"),
)


class Tile(NamedTuple):
    """One picture as the template unpacks it."""

    id: str
    src: str
    text: str
    width: str
    height: str
    color: str
    shape: str
    stack: str
    mark: str
    loading: str


@dataclass(frozen=True, slots=True)
class Page:
    """Pictures, newest first, and the addresses of the pages beside; empty where there is none."""

    tiles: list[Tile]
    older: str
    newer: str


def cursor(request: HttpRequest) -> int | None:
    """The id that `?from=` names; None when it is missing or no id of ours."""
    return read_id(request.GET.get("from", ""))


def shape(width: int, height: int) -> int:
    """Width over height in hundredths, as the classes of ratios.css know it (1:4 to 4:1)."""
    return min(max(round(100 * width / max(height, 1)), 25), 400)


def address(request: HttpRequest, query: search.Query, start: int | None) -> str:
    """This list with this search, from `start` on."""
    parts = {"q": query.text} if query.text else {}
    if start is not None:
        parts["from"] = str(start)
    return f"{request.path}?{urlencode(parts)}" if parts else request.path


def page(request: HttpRequest, images: ImageQuerySet, query: search.Query, *, stacked: bool = True) -> Page:
    """Pictures from the request's cursor on; one query more when it has one, to find the page before.

    Without `stacked` each picture stands for itself, and none bears the count of its stack.
    """
    start = cursor(request)
    found = images if start is None else images.filter(id__lte=start)
    rows = list(found.newest_first().values_list(*_COLUMNS, Left("prompt__text", EXCERPT))[: PAGE + 1])
    older = address(request, query, rows[PAGE][0]) if len(rows) > PAGE else ""
    newer = "" if start is None else _newer(request, images, query, start)
    return Page([_tile(row, place, stacked) for place, row in enumerate(rows[:PAGE])], older, newer)


def _newer(request: HttpRequest, images: ImageQuerySet, query: search.Query, start: int) -> str:
    ids = images.filter(id__gt=start).order_by("id").values_list("id", flat=True)[: PAGE + 1]
    return newer_address(request, query, list(ids), PAGE)


def newer_address(request: HttpRequest, query: search.Query, places: list[int], size: int) -> str:
    """The page before, of `size` rows, given the cursors that follow, oldest first; the plain list for its head."""
    if not places:
        return ""
    return address(request, query, places[size - 1] if len(places) > size else None)


def _tile(row: tuple[Any, ...], place: int, stacked: bool) -> Tile:
    pk, sha256, width, height, color, stack, kind, blurred, violation, text = row
    return Tile(
        str(pk),
        settings.MEDIA_URL + thumbnail_name(sha256, 512),
        text or label_of(kind),
        str(width),
        str(height),
        color,
        str(shape(width, height)),
        str(stack) if stacked and stack > 1 else "",
        "moderated" if violation else "blurred" if blurred else "",
        "eager" if place < EAGER else "lazy",
    )
