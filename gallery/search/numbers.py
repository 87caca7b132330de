"""Operators that compare a number: prices, ratings, sizes, seeds."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from operator import eq, ge, gt, le, lt
from typing import Any

from django.db.models import BigIntegerField, F, Lookup, Q
from django.db.models.functions import Cast
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual

from gallery.formats import read_sides, sides
from gallery.search.filters import Filter, Link, Reader, Vocabulary, linked
from gallery.search.problems import Unreadable
from venice.operations.ratio import read_ratio

MAX_NUMBER = 2**31 - 1
# So many hundredths a picture may be off its ratio: sides are whole pixels.
RATIO_TOLERANCE = 1
# So many different values the index is asked for in one search.
MAX_TAGS = 200

_NUMBER = re.compile(r"-?(?:[0-9]{1,18}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})", re.ASCII)
_BOUND = re.compile(r"(>=|<=|>|<|=)\s*(.+)")
_COMPARISONS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "=": "exact"}
_MEANS: "dict[str, type[Lookup[Any]]]" = {
    "gt": GreaterThan,
    "gte": GreaterThanOrEqual,
    "lt": LessThan,
    "lte": LessThanOrEqual,
    "exact": Exact,
}
# No mean is beyond; larger limits would leave the databases' whole numbers.
_BEYOND_RATINGS = Decimal(10)
_TESTS = {"gt": gt, "gte": ge, "lt": lt, "lte": le, "exact": eq}


def number(kind: str, column: str, *, whole: bool = True) -> Reader:
    """Reads a number of which few different ones occur: `kind` names it in the index, `column` is the pictures'."""

    def read(value: str, vocabulary: Vocabulary) -> Filter:
        bounds = _bounds(value, whole)
        tags = (f":{kind}:{n}" for n in vocabulary.numbers(kind) if _holds(bounds, Decimal(n)))
        return Filter(_on_column(column, bounds), _few(tags))

    return read


def seed(value: str, vocabulary: Vocabulary) -> Filter:
    return Filter(_on_column("seed", _bounds(value, whole=True)), is_sought=True)


def price(value: str, vocabulary: Vocabulary) -> Filter:
    """The whole request's price. A price that is unknown is no number."""
    bounds = [(sign, limit * 1_000_000) for sign, limit in _bounds(value, whole=False)]
    prices = [int(price) for price in vocabulary.numbers("price")]
    matching = [price for price in prices if price >= 0 and _holds(bounds, Decimal(price))]
    return Filter(Q(sort_price__in=matching), _few(f":price:{price}" for price in matching))


def own_rating(value: str, vocabulary: Vocabulary) -> Filter:
    """The searcher's own rating. What they have not rated is `mine:0` and in no comparison."""
    bounds = _bounds(value, whole=True)
    of_me = (("user", vocabulary.member_id or 0), ("rating__gt", 0))
    if bounds == [("exact", Decimal(0))]:
        return Filter(~vocabulary.linked(Link("marks", of_me)))
    asked = tuple((f"rating__{sign}", int(limit)) for sign, limit in bounds)
    return linked(Link("marks", (*of_me, *asked)), vocabulary)


def rating(value: str, vocabulary: Vocabulary) -> Filter:
    """The team's mean. A whole number is what it rounds to, comparisons are exact; what nobody rated is `rating:0`."""
    bounds = _bounds(value, whole=False)
    ((sign, limit), *_) = bounds
    if sign == "exact" and limit == 0:
        return Filter(Q(rating_count=0))
    if sign == "exact" and limit == int(limit):
        bounds = [("gte", limit - Decimal("0.5")), ("lt", limit + Decimal("0.5"))]
    condition = Q(rating_count__gt=0)
    for sign, limit in bounds:
        condition &= _on_mean(sign, max(min(limit, _BEYOND_RATINGS), -_BEYOND_RATINGS))
    return Filter(condition)


def _on_mean(sign: str, limit: Decimal) -> Q:
    # sum / count against n / d without dividing: exact, and the same on both databases.
    n, d = limit.as_integer_ratio()
    total, count = (Cast(column, BigIntegerField()) for column in ("rating_sum", "rating_count"))
    return Q(_MEANS[sign](total * d, count * n))


def width(value: str, vocabulary: Vocabulary) -> Filter:
    bounds = _bounds(value, whole=True)
    fits = lambda width, height: _holds(bounds, Decimal(width))  # noqa: E731
    return _by_size(_on_column("width", bounds), fits, vocabulary)


def height(value: str, vocabulary: Vocabulary) -> Filter:
    bounds = _bounds(value, whole=True)
    fits = lambda width, height: _holds(bounds, Decimal(height))  # noqa: E731
    return _by_size(_on_column("height", bounds), fits, vocabulary)


def size(value: str, vocabulary: Vocabulary) -> Filter:
    width, height = _pair(value, "1024x768")
    return Filter(Q(width=width, height=height), (f":size:{sides(width, height, 'x')}",))


def ratio(value: str, vocabulary: Vocabulary) -> Filter:
    across, down = _pair(value, "16:9")
    shape = F("height") * across
    low, high = 100 - RATIO_TOLERANCE, 100 + RATIO_TOLERANCE
    condition = Q(width__gte=shape * low / (100 * down), width__lte=shape * high / (100 * down))

    def fits(width: int, height: int) -> bool:
        # As the databases divide whole numbers.
        shape = height * across
        return shape * low // (100 * down) <= width <= shape * high // (100 * down)

    return _by_size(condition, fits, vocabulary)


def _by_size(condition: Q, fits: Callable[[int, int], bool], vocabulary: Vocabulary) -> Filter:
    """What is asked of width and height, as the sizes that fit."""
    sizes = [size for size in vocabulary.numbers("size") if (both := read_sides(size)) and fits(*both)]
    return Filter(condition, _few(f":size:{size}" for size in sizes))


def _pair(value: str, example: str) -> tuple[int, int]:
    pair = read_sides(value) or read_ratio(value)
    # Larger ones, multiplied, are none of the databases' numbers.
    if pair is None or not 0 < min(pair) <= max(pair) < 100_000:
        raise Unreadable(f"It takes two numbers, such as {example}.")
    return pair


def _bounds(value: str, whole: bool) -> list[tuple[str, Decimal]]:
    """The comparisons, as names of lookups, that `7`, `>7` or `5..7` stand for."""

    def one(text: str) -> Decimal:
        number = text.strip().removeprefix("$").removesuffix("$").strip()
        if not _NUMBER.fullmatch(number) or (whole and "." in number):
            raise Unreadable("It takes a number, >, >=, <, <= with a number, or a range such as 2..5.")
        # Beyond what a column holds no comparison changes.
        return max(min(Decimal(number), Decimal(MAX_NUMBER)), Decimal(-MAX_NUMBER))

    if bound := _BOUND.fullmatch(value.removeprefix("$")):
        return [(_COMPARISONS[bound[1]], one(bound[2]))]
    low, dots, high = value.partition("..")
    if not dots:
        return [("exact", one(value))]
    least, most = one(low), one(high)
    if least > most:
        raise Unreadable("A range goes from the lower number to the higher, such as 2..5.")
    return [("gte", least), ("lte", most)]


def _holds(bounds: list[tuple[str, Decimal]], number: Decimal) -> bool:
    return all(_TESTS[sign](number, limit) for sign, limit in bounds)


def _on_column(column: str, bounds: list[tuple[str, Decimal]]) -> Q:
    return Q(**{f"{column}__{sign}": int(limit) if limit == int(limit) else limit for sign, limit in bounds})


def _few(tags: Iterable[str]) -> tuple[str, ...] | None:
    """Tags for the index, unless they are so many that the column itself is asked sooner."""
    values = tuple(tags)
    return values if len(values) <= MAX_TAGS else None
