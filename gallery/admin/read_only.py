"""What the admin's lists share: staff read them; nothing is added, changed or deleted by hand."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from gallery import search
from gallery.formats import duration
from gallery.models import Image
from gallery.models.stored import StoredPicture

# Counting further costs more than anybody learns from the number, and no one turns to page 101.
COUNT_CAP = 10_000
_THUMBNAIL = 72
NOTHING = "-"
# So many names of tags or collections stand in a row, each cut there.
SOME, LONGEST = 4, 40


class CappedCount(int):
    """A number of rows that was counted no further than to just above the cap, and says so."""

    def __str__(self) -> str:
        return f"more than {COUNT_CAP}" if self > COUNT_CAP else int.__repr__(self)


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts to just above the cap: a list of a million rows costs what one of ten thousand does."""

    @cached_property
    def count(self) -> CappedCount:
        """The number of rows, or `COUNT_CAP + 1` for more than the cap."""
        rows = cast("QuerySet[Any]", self.object_list)
        return CappedCount(rows.order_by()[: COUNT_CAP + 1].count())


class BoundedSearch(admin.ModelAdmin):  # type: ignore[type-arg]
    """A table searched for the words that a member's search takes too: each is one more condition on every column."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Django's own search for the first words."""
        words = search.parse(search_term).text.split()
        return super().get_search_results(request, queryset, " ".join(words[: search.MAX_WORDS]))


class ReadOnlyAdmin(BoundedSearch):
    """A table that staff may look at."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    ordering: ClassVar[tuple[str, ...]] = ("-id",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the index shows it."""
        return request.user.is_staff

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Staff, all of them: every member may see what is made, and staff how."""
        return request.user.is_staff

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from the gallery and its worker alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A state that is edited by hand is a charge that nobody can explain."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The ledger is kept."""
        return False


def thumbnail(image: Image | None) -> SafeString | str:
    """A small picture that leads to its page."""
    if image is None:
        return NOTHING
    return stored_thumbnail(image, reverse("image", args=[image.pk]))


def stored_thumbnail(row: StoredPicture, address: str = "") -> SafeString:
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


def words(text: str, limit: int = 100) -> SafeString | str:
    """Text of people or of Venice: escaped, set apart from the direction of what surrounds it, and cut."""
    if not text:
        return NOTHING
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return format_html('<bdi dir="auto" hx-disable>{}</bdi>', shown)


def named(things: Iterable[object]) -> SafeString | str:
    """The first names of several things of people's own, and how many more there are."""
    names = [str(each) for each in things]
    more = f" and {len(names) - SOME} more" if len(names) > SOME else ""
    return words(", ".join(name[:LONGEST] for name in names[:SOME]) + more, 2 * SOME * LONGEST)


def whole_text(text: str) -> SafeString | str:
    """The same in full, with its line breaks."""
    return format_html('<pre class="words" dir="auto" hx-disable>{}</pre>', text) if text else NOTHING


def pretty_json(value: Any) -> SafeString:
    """JSON to read."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return format_html('<pre class="words" dir="ltr" hx-disable>{}</pre>', text)


def time_taken(span: timedelta | None) -> str:
    """A time that something took."""
    return duration(span) if span is not None else NOTHING
