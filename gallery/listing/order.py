"""Ways to sort a list, each with a cursor of its own: whole numbers that together no two rows share."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from operator import attrgetter
from typing import Any

from django.db.models import BooleanField, Func, IntegerField, QuerySet, Value

from gallery.formats import MAX_ID
from gallery.search import Problem
from gallery.text import fold

Rows = QuerySet[Any]
#: Where a row stands in an order: the values of its columns.
Cursor = tuple[int, ...]

# Bounded and in ASCII, as in formats.py; only what is unknown is below nought.
_CURSOR = re.compile(r"-?[0-9]{1,19}(?:_-?[0-9]{1,19})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Order:
    """Sorted by `columns`, the last of which no two rows share; largest first, but for `rising`.

    `name` stands in the address, `label` is what people read.
    """

    name: str
    label: str
    columns: tuple[str, ...] = ("id",)
    rising: bool = False

    @property
    def is_by_id(self) -> bool:
        """Whether it is the order of the rows' ids, from either end."""
        return self.columns == ("id",)

    def cursor(self, row: Any) -> Cursor:
        """Where a row, or what has its columns as attributes, stands."""
        return tuple(attrgetter(column)(row) for column in self.columns)

    def read(self, text: str) -> Cursor | None:
        """The cursor that `write` wrote; None for anything else."""
        if not _CURSOR.fullmatch(text) or text.count("_") != len(self.columns) - 1:
            return None
        return tuple(max(min(int(number), MAX_ID), -MAX_ID) for number in text.split("_"))

    def sorted(self, rows: Rows) -> Rows:
        """From the head of the list on."""
        return rows.order_by(*((name if self.rising else f"-{name}") for name in self._keys(rows)))

    def backwards(self, rows: Rows) -> Rows:
        """From the end of the list on."""
        return rows.order_by(*((f"-{name}" if self.rising else name) for name in self._keys(rows)))

    def until(self, rows: Rows, cursor: Cursor) -> Rows:
        """Those that stand before `cursor`."""
        return self._beyond(rows, "<" if self.rising else ">", cursor)

    def after(self, rows: Rows, cursor: Cursor, *, inclusive: bool = False) -> Rows:
        """Those that stand after `cursor`, `inclusive` with the one there."""
        return self._beyond(rows, (">" if self.rising else "<") + ("=" if inclusive else ""), cursor)

    def _keys(self, rows: Rows) -> list[str]:
        return [
            getattr(rows, "key", column) if column == "id" and self.columns == ("id",) else column
            for column in self.columns
        ]

    def _beyond(self, rows: Rows, sign: str, cursor: Cursor) -> Rows:
        # The same of both ids where there are two: either table may be read from there on.
        for columns in dict.fromkeys((tuple(self._keys(rows)), self.columns)):
            rows = rows.filter(_compared(columns, sign, cursor))
        return rows


def _compared(columns: tuple[str, ...], sign: str, cursor: Cursor) -> Func:
    # (a, b) < (x, y) is one seek in an index of both, which a < x OR (a = x AND b < y) is not.
    return Func(
        _row(*columns),
        _row(*(Value(number) for number in cursor)),
        template="%(expressions)s",
        arg_joiner=f" {sign} ",
        output_field=BooleanField(),
    )


def _row(*expressions: Any) -> Func:
    return Func(*expressions, template="(%(expressions)s)", output_field=IntegerField())


def write(cursor: Cursor) -> str:
    """A cursor as it stands in an address."""
    return "_".join(map(str, cursor))


def by_name(orders: Sequence[Order]) -> dict[str, Order]:
    """Orders as an address names them; the first is what is used when it names none."""
    return {order.name: order for order in orders}


#: Of pictures.
ORDERS: Mapping[str, Order] = by_name(
    [
        Order("newest", "Newest"),
        Order("oldest", "Oldest", rising=True),
        # The generation before the id: SQLite 3.40 seeks by two columns of an index only when neither is the key.
        Order("rated", "Best rated", ("score", "generation_id", "id")),
        Order("price", "Dearest", ("sort_price", "generation_id", "id")),
    ]
)
NEWEST = ORDERS["newest"]
#: Of a collection's pictures; `position` is where each stands in it.
OWN = Order("own", "Own order", ("position", "id"), rising=True)
COLLECTION_ORDERS: Mapping[str, Order] = by_name([OWN, *ORDERS.values()])
#: Of prompts.
NEWEST_USE = Order("newest", "Last used", ("last_generation_id",))
PROMPT_ORDERS: Mapping[str, Order] = by_name(
    [
        NEWEST_USE,
        Order("used", "Most used", ("generation_count", "last_generation_id")),
        Order("rated", "Best rated", ("score", "last_generation_id")),
        Order("price", "Dearest", ("spent_micros", "last_generation_id")),
    ]
)


def choose(name: str, orders: Mapping[str, Order]) -> tuple[Order, Problem | None]:
    """The order of that name; the first one when there is none, and why."""
    first = next(iter(orders.values()))
    wanted = fold(name)
    if not wanted or wanted in orders:
        return orders.get(wanted, first), None
    near = get_close_matches(wanted, orders, n=1) or [", ".join(orders)]
    message = f"There is no such order; it is {first.label.lower()} first. There is: {near[0]}."
    return first, Problem(f"order={name[:40]}", message)
