"""What the admin's lists share: staff read them; nothing is added, changed or deleted by hand."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from gallery import search

# Counting further costs more than anybody learns from the number, and no one turns to page 101.
COUNT_CAP = 10_000


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


class StaffAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A table that staff may look at, all of them: every member may see what is made, and staff how."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_staff

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_staff

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Django's, for as many words as a member's takes: each is one more condition on every column."""
        words = search.parse(search_term).text.split()
        return super().get_search_results(request, queryset, " ".join(words[: search.MAX_WORDS]))


class ReadOnlyAdmin(StaffAdmin):
    """A table of which nothing is written by hand."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    ordering: ClassVar[tuple[str, ...]] = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from the gallery and its worker alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A state that is edited by hand is a charge that nobody can explain."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The ledger is kept."""
        return False
