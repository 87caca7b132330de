"""A list as one value: what its address says, which rows it shows, and the addresses beside them."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Self, TypeVar
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict

from gallery import search
from gallery.http import MemberRequest
from gallery.listing.order import ORDERS, Cursor, Order, Rows, choose, write
from gallery.models import kept_sql
from gallery.models.vocabulary import read_query

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """What is shown of a list, and the addresses of the pages beside; empty where there is none."""

    rows: list[T]
    older: str
    newer: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of which the SQL is kept.

    `name` has all that decides which they are but for `values`: of these `rows` makes them, for none that is kept.
    """

    name: Hashable
    rows: Callable[..., Rows]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One list: where it is, what it searches for, its order, from which row on, and how many rows make a page.

    `density` is how high a row of its pictures is, in CSS pixels, `place` what its address calls the cursor.
    """

    path: str
    query: search.Query
    orders: Mapping[str, Order]
    order: Order
    cursor: Cursor | None
    size: int
    density: int = 0
    place: str = "from"

    @classmethod
    def read(
        cls,
        request: MemberRequest,
        *,
        size: int,
        orders: Mapping[str, Order] = ORDERS,
        place: str = "from",
        sent: QueryDict | None = None,
    ) -> Self:
        """What the address of `request` asks for, or the form that it has `sent`, as its member has lists.

        A cursor that is none of ours is the head of the list. The first of `orders` is used when none is named. One
        that does not exist is a problem of the query.
        """
        said = request.GET if sent is None else sent
        query = read_query(said.get("q", ""), request.user)
        order, problem = choose(said.get("order", ""), orders)
        if problem:
            query = replace(query, problems=(*query.problems, problem))
        return cls(
            path=request.path,
            query=query,
            orders=orders,
            order=order,
            cursor=order.read(said.get(place, "")),
            size=size,
            density=request.user.row_height,
            place=place,
        )

    @property
    def is_top(self) -> bool:
        """Whether it is the whole list, from its head on, in whatever order."""
        return not self.query and self.cursor is None

    @property
    def _usual(self) -> Order:
        """The order that no address names."""
        return next(iter(self.orders.values()))

    @property
    def within(self) -> str:
        """`?q=…&order=…`, or nothing for the whole list: makes another page step within this list."""
        return self._address("", self.order)

    def address(self, cursor: Cursor | None = None) -> str:
        """This list from `cursor` on, or from its head."""
        address = self.path + self.within
        if cursor is None:
            return address
        return f"{address}{'&' if self.within else '?'}{self.place}={write(cursor)}"

    def searched_for(self, text: str) -> str:
        """The address of this list searched for something else, from its head on."""
        return replace(self, query=search.Query(text), cursor=None).address()

    def corrected(self, problem: search.Problem) -> tuple[str, str] | None:
        """What may have been meant in the place of what was not searched, and the address of this list with it."""
        if problem.nearest is None:
            return None

        def is_wrong(term: search.Term) -> bool:
            return term.normal == problem.part

        term = next(filter(is_wrong, search.terms(self.query.text)), None)
        if term is None:
            return None
        meant = f"{'-' if term.negated else ''}{search.operator(*problem.nearest)}"
        return meant, self.searched_for(search.exchange(self.query.text, is_wrong, meant))

    def sorted_by(self, order: Order) -> str:
        """The address of this list in another order, from its head on."""
        return self._address(self.path, order)

    def _address(self, path: str, order: Order) -> str:
        parts = {"q": self.query.text, "order": "" if order is self._usual else order.name}
        said = urlencode({name: value for name, value in parts.items() if value})
        return f"{path}?{said}" if said else path

    def rows(self, queryset: Rows) -> Rows:
        """A page of `queryset` from the cursor on, and one row more when there are older ones."""
        return self.arranged(queryset)[: self.size + 1]

    def arranged(self, queryset: Rows) -> Rows:
        """All of `queryset` from the cursor on."""
        if self.cursor is None:
            return self.order.sorted(queryset)
        return self.after(queryset, self.cursor, inclusive=True)

    def beyond(self, queryset: Rows) -> Rows:
        """All of `queryset` below the row at the cursor, for a list of which addresses name the last row shown."""
        return self.order.sorted(queryset) if self.cursor is None else self.after(queryset, self.cursor)

    def asked(
        self, rows: Rows | Kept, what: str, write: Callable[..., QuerySet[Any, Any]], *values: int
    ) -> list[tuple[Any, ...]]:
        """The rows of `what`, which `write` asks of this list, of `rows` and of `values`."""
        if not isinstance(rows, Kept):
            return list(write(self, rows, *values))
        kept, cursor = rows, self.cursor or ()
        first, last = len(values), len(values) + len(kept.values)

        def written(*given: Any) -> QuerySet[Any, Any]:
            here = replace(self, cursor=given[last:] or None)
            return write(here, kept.rows(*given[first:last]), *given[:first])

        name = (what, kept.name, self.order.name, self.size, bool(cursor))
        return kept_sql.ask(name, written, *values, *kept.values, *cursor)

    def page(self, queryset: Rows | Kept, shown: list[T], cursors: Sequence[Cursor]) -> Page[T]:
        """`shown` are the rows of the page, `cursors` those of `rows`; one query more to find the page before."""
        older = self.address(cursors[self.size]) if len(cursors) > self.size else ""
        return Page(shown, older, self._newer(queryset))

    def _newer(self, queryset: Rows | Kept) -> str:
        if self.cursor is None:
            return ""
        cursors = self.asked(queryset, "newer", lambda here, rows: here._places_before(rows))
        if not cursors:
            return ""
        return self.address(cursors[self.size - 1] if len(cursors) > self.size else None)

    def _places_before(self, queryset: Rows) -> QuerySet[Any, Any]:
        before = self.before(queryset, self.cursor or ())
        return before.values_list(*self.order.columns)[: self.size + 1]

    def before(self, queryset: Rows, cursor: Cursor) -> Rows:
        """The rows that stand before the one at `cursor`, the nearest first."""
        return self.order.backwards(self.order.until(queryset, cursor))

    def after(self, queryset: Rows, cursor: Cursor, *, inclusive: bool = False) -> Rows:
        """The rows that stand after the one at `cursor`, the nearest first; `inclusive` with the one there."""
        return self.order.sorted(self.order.after(queryset, cursor, inclusive=inclusive))
