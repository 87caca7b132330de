"""A list as one value: what its address says, which rows it shows, and the addresses beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest

from gallery import search
from gallery.formats import read_id
from gallery.models.vocabulary import read_query

T = TypeVar("T")
Rows = QuerySet[Any]


@dataclass(frozen=True, slots=True)
class Order:
    """A way to sort, by a whole number that no two rows share and that is a cursor therefore; largest first."""

    column: str


NEWEST = Order("id")
NEWEST_USE = Order("last_generation_id")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """What is shown of a list, and the addresses of the pages beside; empty where there is none."""

    rows: list[T]
    older: str
    newer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One list: where it is, what it searches for, from which row on, and how many rows make a page."""

    path: str
    query: search.Query
    order: Order
    cursor: int | None
    size: int

    @classmethod
    def read(
        cls, request: HttpRequest, *, size: int, order: Order = NEWEST, is_searched: bool = True
    ) -> Self:
        """What the address of `request` asks for; a cursor that is none of ours is the head of the list."""
        return cls(
            path=request.path,
            query=read_query(request.GET.get("q", "") if is_searched else "", request.user),
            order=order,
            cursor=read_id(request.GET.get("from", "")),
            size=size,
        )

    @property
    def is_top(self) -> bool:
        """Whether it is the whole list, from its head on."""
        return not self.query and self.cursor is None

    @property
    def within(self) -> str:
        """`?q=…`, or nothing for the whole list: makes another page step within this list."""
        return f"?{urlencode({'q': self.query.text})}" if self.query.text else ""

    def address(self, cursor: int | None = None) -> str:
        """This list from `cursor` on, or from its head."""
        if cursor is None:
            return f"{self.path}{self.within}"
        return f"{self.path}{self.within}{'&' if self.within else '?'}from={cursor}"

    def rows(self, queryset: Rows) -> Rows:
        """A page of `queryset` from the cursor on, and one row more when there are older ones."""
        column = self.order.column
        if self.cursor is not None:
            queryset = queryset.filter(**{f"{column}__lte": self.cursor})
        return queryset.order_by(f"-{column}")[: self.size + 1]

    def page(self, queryset: Rows, shown: list[T], cursors: Sequence[int]) -> Page[T]:
        """`shown` are the rows of the page, `cursors` those of `rows`; one query more to find the page before."""
        older = self.address(cursors[self.size]) if len(cursors) > self.size else ""
        return Page(shown, older, self._newer(queryset))

    def _newer(self, queryset: Rows) -> str:
        if self.cursor is None:
            return ""
        column = self.order.column
        following = queryset.filter(**{f"{column}__gt": self.cursor}).order_by(column)
        cursors = list(following.values_list(column, flat=True)[: self.size + 1])
        if not cursors:
            return ""
        return self.address(cursors[self.size - 1] if len(cursors) > self.size else None)

    def around(self, queryset: Rows, cursor: int) -> tuple[Rows, Rows]:
        """The rows before the one at `cursor`, nearest first, and those from it on."""
        column = self.order.column
        before = queryset.filter(**{f"{column}__gt": cursor}).order_by(column)
        return before, queryset.filter(**{f"{column}__lte": cursor}).order_by(f"-{column}")
