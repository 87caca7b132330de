"""What one row shows in a column or a line of its page, made of its own and safe to show as HTML."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from gallery.formats import counted_to, duration, usd
from gallery.models import Image
from gallery.models.stored import StoredPicture

_THUMBNAIL = 72
NOTHING = "-"
# So many names of tags or collections stand in a row, each cut there.
SOME, LONGEST = 4, 40
# Nobody learns more from a larger number of pictures.
CAP = 1000

Column = Callable[[Any, Any], Any]


def column(heading: str, tell: Callable[[Any], Any], *, ordering: str | None = None) -> Column:
    """A method of a table in the admin that shows what `tell` makes of a row, or a dash where that is nothing.

    Django puts the dash into lists alone, and tells the word None on a row's page.
    """

    @admin.display(description=heading, ordering=ordering)
    def cell(model_admin: Any, row: Any) -> Any:
        value = tell(row)
        return NOTHING if value in ("", None) else value

    return cell


def usd_of(name: str, heading: str = "Price") -> Column:
    """A column of amounts in USD; a dash where one is not known."""
    return column(heading, lambda row: usd(getattr(row, name)))


def picture_count(lookup: str) -> Column:
    """How many pictures a row with a `size` has, as a link to their list by `lookup`."""

    def link(row: Any) -> str:
        address = reverse("admin:gallery_image_changelist", query={lookup: row.pk})
        return format_html('<a href="{}">{}</a>', address, counted_to(CAP, row.size))

    return column("Pictures", link)


def thumbnail(image: Image | None) -> str:
    """A small picture that leads to its page; nothing where there is none."""
    return stored_thumbnail(image, reverse("image", args=[image.pk])) if image else ""


def stored_thumbnail(row: StoredPicture, address: str = "") -> str:
    """A small picture of any row that names one; it leads to `address`, or to the picture itself."""
    scale = _THUMBNAIL / max(row.width, row.height, 1)
    return format_html(
        '<a href="{}"{}><img src="{}" width="{}" height="{}" alt="{}" loading="lazy"></a>',
        address or row.media_url,
        # Blurred for whoever has chosen so.
        mark_safe(' class="sensitive"') if getattr(row, "is_sensitive", False) else "",
        row.thumbnail_256,
        max(1, round(row.width * scale)),
        max(1, round(row.height * scale)),
        row.called.capitalize(),
    )


def words(text: str, limit: int = 100) -> str:
    """Text of people or of Venice: escaped, set apart from the direction of what surrounds it, and cut."""
    if not text:
        return ""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return format_html('<bdi dir="auto" hx-disable>{}</bdi>', shown)


def named(things: Iterable[object]) -> str:
    """The first names of several things of people's own, and how many more there are."""
    names = [str(each) for each in things]
    more = f" and {len(names) - SOME} more" if len(names) > SOME else ""
    return words(", ".join(name[:LONGEST] for name in names[:SOME]) + more, 2 * SOME * LONGEST)


def whole_text(text: str) -> str:
    """Text of people or of Venice, escaped and not cut, with its line breaks."""
    return format_html('<pre class="words" dir="auto" hx-disable>{}</pre>', text) if text else ""


def pretty_json(value: Any) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return format_html('<pre class="words" dir="ltr" hx-disable>{}</pre>', text)


def time_taken(start: datetime, end: datetime | None) -> str:
    return duration(end - start) if end else ""


def side_by_side(shown: Iterable[str]) -> str:
    return format_html_join(" ", "{}", ((each,) for each in shown))
