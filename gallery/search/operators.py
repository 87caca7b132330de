"""Operators of the search language: `name:value`, read into a condition on pictures or into what is wrong with it."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from operator import eq, ge, gt, le, lt
from typing import Any, Protocol

from django.db.models import BigIntegerField, F, Lookup, Q
from django.db.models.functions import Cast
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual
from django.utils import timezone

from gallery.formats import read_id, read_sides, sides
from gallery.search.descendants import Descendants
from gallery.text import QUOTES, fold, label_key
from venice.operations.ratio import read_ratio

MAX_NUMBER = 2**31 - 1
# So many hundredths a picture may be off its ratio: sides are whole pixels.
RATIO_TOLERANCE = 1
# So many different values the index is asked for in one search.
MAX_TAGS = 200
# So many names stand in a sentence: as many as there are operators, and some more.
MOST_NAMES = 40
NO_VALUE = "It needs a value right after the colon."

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
# What people type for the order, of which a search tells nothing.
_ORDERING = frozenset({"order", "sort", "order_by", "order-by", "sort_by", "sort-by"})
# What other programs call what we have.
_SYNONYMS = {
    **dict.fromkeys(("rated", "stars", "score"), "rating"),
    **dict.fromkeys(("collection", "album", "folder", "board"), "in"),
    **dict.fromkeys(("user", "owner", "author", "person", "maker", "creator"), "by"),
    **dict.fromkeys(("date", "day", "created", "made"), "on"),
    **{"since": "after", "until": "before", "cost": "price", "aspect": "ratio", "type": "kind"},
}
_FAVOURITE = frozenset({"favourite", "favorite", "fav", "starred", "star", "liked", "like"})
_DAYS = re.compile(r"([0-9]{1,5})d", re.ASCII)
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?", re.ASCII)


class Vocabulary(Protocol):
    """What values exist, asked only when an operator needs them. Keys are what people write, as they write it."""

    @property
    def member_id(self) -> int | None:
        """Who searches."""

    def names(self, kind: str) -> dict[str, str]:
        """What may be written for a `model`, `style` or `kind`, and what the column then holds."""

    def people(self) -> dict[str, int]:
        """Ids by user name."""

    def numbers(self, kind: str) -> list[str]:
        """What some picture has, or had, as its `size` (`1024x768`), `price` (millionths), `steps` or `cfg`."""

    def tags(self) -> dict[str, int]:
        """Ids of tags by name."""

    def collections(self) -> dict[str, int]:
        """Ids of collections by name, archived ones too."""

    def exists(self, kind: str, pk: int) -> bool:
        """Whether there is a `picture`, `prompt` or `batch` of that id, in the trash too."""

    def linked(self, link: "Link") -> Q:
        """The condition on a picture that it has that link."""

    def are_few(self, link: "Link") -> bool:
        """Whether so few have it that each may be looked at."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a search, as it was typed, that is not searched, and why; no part when it is about the whole.

    `nearest` is the name and the value of an operator that may have been meant; empty where nothing is near.
    """

    part: str
    message: str
    nearest: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Rows of a table that name pictures, of which a picture has at most one unless `is_many`.

    `relation` is what a picture calls them, `conditions` are lookups on their columns.
    """

    relation: str
    conditions: tuple[tuple[str, Any], ...] = ()
    is_many: bool = False

    @property
    def lookups(self) -> dict[str, Any]:
        """The conditions, as a picture asks them."""
        return {f"{self.relation}__{name}": value for name, value in self.conditions}


@dataclass(frozen=True, slots=True)
class Filter:
    """What an operator asks of a picture, and how the index of pictures answers it.

    `wanted` is a condition on its columns, which says all. With `tags` the index decides alone: a picture has one of
    them; none when there is no such picture. `hint`: a tag that all of these have. `span`: only pictures made from
    then on, and before then, can be meant. `link`: what people have chosen, a picture at a time; `is_few` when
    so few have it that each may be looked at. `is_sought`: a column with an index of its own is asked.
    """

    wanted: Q
    tags: tuple[str, ...] | None = None
    span: tuple[datetime | None, datetime | None] | None = None
    hint: str = ""
    link: Link | None = None
    is_few: bool = False
    is_sought: bool = False
    negated: bool = False

    @property
    def chosen(self) -> Link | None:
        """The link that a picture must have."""
        return None if self.negated else self.link

    @property
    def is_joined(self) -> bool:
        """Whether joining the table of its link is all that it asks."""
        return bool(self.chosen and not self.chosen.is_many)

    @property
    def condition(self) -> Q:
        """On the columns of a picture."""
        return ~self.wanted if self.negated else self.wanted

    @property
    def is_of_one_model(self) -> bool:
        """Whether it asks for a single model."""
        return not self.negated and [tag[:7] for tag in self.tags or ()] == [":model:"]

    def opposite(self) -> "Filter":
        """The same with a minus before it."""
        span = None
        if self.span and None in self.span:
            start, end = self.span
            span = (end, start)
        return replace(self, negated=not self.negated, span=span, hint="", is_sought=False)


Reader = Callable[[str, Vocabulary], Filter]


class _Unreadable(ValueError):
    """Its words say why, to the person who typed; `nearest` is the value that may have been meant."""

    nearest = ""


class _Missing(_Unreadable):
    """`wanted` is none of those that exist; its words name the nearest, or some."""

    def __init__(self, message: str, wanted: str, existing: Iterable[str]) -> None:
        names = list(existing)
        self.nearest = _nearest(wanted, names)
        hint = f"The nearest is “{self.nearest}”." if self.nearest else _all_of(names)
        super().__init__(f"{message} {hint}".strip())


def read_filter(name: str, value: str, negated: bool, vocabulary: Vocabulary) -> Filter | Problem:
    """The condition that `name:value` stands for."""
    key, wanted = fold(name), " ".join(value.split())
    try:
        if key not in OPERATORS:
            return _no_operator(name, key, value)
        if not wanted:
            raise _Unreadable(NO_VALUE)
        read = OPERATORS[key](wanted, vocabulary)
    except _Unreadable as error:
        return Problem(f"{name}:{value}", str(error), (key, error.nearest) if error.nearest else None)
    return read.opposite() if negated else read


def _no_operator(name: str, key: str, value: str) -> Problem:
    part, message = f"{name}:{value}", f"There is no operator “{name}:”."
    if key in _ORDERING:
        return Problem(part, f"{message} The order is chosen in the menu above the list.")
    if key in _FAVOURITE:
        return Problem(part, f"{message} The nearest is “is:favourite”.", ("is", "favourite"))
    error = _Missing(message, _SYNONYMS.get(key) or _meant_operator(key), OPERATORS)
    return Problem(part, str(error), (error.nearest, value) if error.nearest and value.strip() else None)


def _meant_operator(name: str) -> str:
    """Of a name of several parts, as Venice's own fields have them, the first that one of the parts begins."""
    parts = [part for part in re.split("[_-]", name) if len(part) > 1]
    meant = [operator for part in parts for operator in OPERATORS if operator.startswith(part)]
    return meant[0] if meant else name


def _nearest(wanted: str, names: list[str]) -> str:
    """What begins so, the shortest first, or else is spelt nearly so; empty where nothing is near."""
    begun = sorted((name for name in names if wanted and name.startswith(wanted)), key=len)
    close = begun or get_close_matches(wanted, names, n=1)
    return close[0] if close else ""


def _all_of(names: list[str]) -> str:
    left = len(names) - MOST_NAMES
    some = ", ".join(names[:MOST_NAMES]) + (f" and {left} more" if left > 0 else "")
    return f"There are: {some}." if names else ""


def _tagged(kind: str, column: str, values: Sequence[str | int]) -> Filter:
    tags = tuple(f":{kind}:{str(value).replace(' ', '_')}" for value in values)
    return Filter(Q(**{f"{column}__in": values}), tags)


def _named(kind: str, column: str) -> Reader:
    def read(value: str, vocabulary: Vocabulary) -> Filter:
        names = vocabulary.names(kind)
        folded, wanted = {fold(name): kept for name, kept in names.items()}, fold(value)
        matches = [kept for name, kept in folded.items() if name == wanted]
        matches = matches or [kept for name, kept in folded.items() if name.startswith(wanted)]
        matches = matches or [kept for name, kept in folded.items() if wanted in name]
        if not matches or not wanted:
            raise _Missing(f"There is no {kind} “{value}”.", wanted, folded)
        return _tagged(kind, column, sorted(set(matches)))

    return read


def _person(value: str, vocabulary: Vocabulary) -> Filter:
    wanted = fold(value)
    if wanted == "me" and vocabulary.member_id:
        return _tagged("owner", "owner", [vocabulary.member_id])
    people = {fold(name): pk for name, pk in vocabulary.people().items()}
    if wanted not in people:
        raise _Missing(f"There is nobody called “{value}”.", wanted, people)
    return _tagged("owner", "owner", [people[wanted]])


def _bounds(value: str, whole: bool) -> list[tuple[str, Decimal]]:
    """The comparisons, as names of lookups, that `7`, `>7` or `5..7` stand for."""

    def one(text: str) -> Decimal:
        number = text.strip().removeprefix("$").removesuffix("$").strip()
        if not _NUMBER.fullmatch(number) or (whole and "." in number):
            raise _Unreadable("It takes a number, >, >=, <, <= with a number, or a range such as 2..5.")
        # Beyond what a column holds no comparison changes.
        return max(min(Decimal(number), Decimal(MAX_NUMBER)), Decimal(-MAX_NUMBER))

    if bound := _BOUND.fullmatch(value.removeprefix("$")):
        return [(_COMPARISONS[bound[1]], one(bound[2]))]
    low, dots, high = value.partition("..")
    if not dots:
        return [("exact", one(value))]
    least, most = one(low), one(high)
    if least > most:
        raise _Unreadable("A range goes from the lower number to the higher, such as 2..5.")
    return [("gte", least), ("lte", most)]


def _holds(bounds: list[tuple[str, Decimal]], number: Decimal) -> bool:
    return all(_TESTS[sign](number, limit) for sign, limit in bounds)


def _on_column(column: str, bounds: list[tuple[str, Decimal]]) -> Q:
    return Q(**{f"{column}__{sign}": int(limit) if limit == int(limit) else limit for sign, limit in bounds})


def _few(tags: Iterable[str]) -> tuple[str, ...] | None:
    """Tags for the index, unless they are so many that the column itself is asked sooner."""
    values = tuple(tags)
    return values if len(values) <= MAX_TAGS else None


def _number(kind: str, column: str, *, whole: bool = True) -> Reader:
    """A number of which few different ones occur."""

    def read(value: str, vocabulary: Vocabulary) -> Filter:
        bounds = _bounds(value, whole)
        tags = (f":{kind}:{n}" for n in vocabulary.numbers(kind) if _holds(bounds, Decimal(n)))
        return Filter(_on_column(column, bounds), _few(tags))

    return read


def _seed(value: str, vocabulary: Vocabulary) -> Filter:
    return Filter(_on_column("seed", _bounds(value, whole=True)), is_sought=True)


def _price(value: str, vocabulary: Vocabulary) -> Filter:
    """The whole request's price. A price that is unknown is no number."""
    bounds = [(sign, limit * 1_000_000) for sign, limit in _bounds(value, whole=False)]
    prices = [int(price) for price in vocabulary.numbers("price")]
    matching = [price for price in prices if price >= 0 and _holds(bounds, Decimal(price))]
    return Filter(Q(sort_price__in=matching), _few(f":price:{price}" for price in matching))


def _linked(link: Link, vocabulary: Vocabulary) -> Filter:
    return Filter(vocabulary.linked(link), link=link, is_few=vocabulary.are_few(link))


def _tag(value: str, vocabulary: Vocabulary) -> Filter:
    pk = _labelled("tag", value, vocabulary.tags())
    return _linked(Link("tag_links", (("tag", pk),)), vocabulary)


def _collection(value: str, vocabulary: Vocabulary) -> Filter:
    """By its name, or by its number where none is called so."""
    names = vocabulary.collections()
    pk = read_id(value.removeprefix("#"))
    if pk is None or pk not in names.values() or labelled(names)(value) is not None:
        pk = _labelled("collection", value, names)
    return _linked(Link("entries", (("collection", pk),)), vocabulary)


def labelled(names: Mapping[str, int]) -> Callable[[str], int | None]:
    """Which of these tags or collections a value means, by their names: None for what is called by none.

    In any case; accents need not be typed where only one is meant.
    """
    exact = {label_key(name): pk for name, pk in names.items()}
    folded = {fold(name): pk for name, pk in names.items()}
    return lambda value: exact.get(label_key(value), folded.get(fold(value)))


def _labelled(kind: str, value: str, names: dict[str, int]) -> int:
    pk = labelled(names)(value)
    if pk is None:
        raise _Missing(f"There is no {kind} “{value}”.", fold(value), map(fold, names))
    return pk


def _own_rating(value: str, vocabulary: Vocabulary) -> Filter:
    """The searcher's own rating. What they have not rated is `mine:0` and in no comparison."""
    bounds = _bounds(value, whole=True)
    of_me = (("user", vocabulary.member_id or 0), ("rating__gt", 0))
    if bounds == [("exact", Decimal(0))]:
        return Filter(~vocabulary.linked(Link("marks", of_me)))
    asked = tuple((f"rating__{sign}", int(limit)) for sign, limit in bounds)
    return _linked(Link("marks", (*of_me, *asked)), vocabulary)


def _rating(value: str, vocabulary: Vocabulary) -> Filter:
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


def _by_size(condition: Q, fits: Callable[[int, int], bool], vocabulary: Vocabulary) -> Filter:
    """What is asked of width and height, as the sizes that fit."""
    sizes = [size for size in vocabulary.numbers("size") if (both := read_sides(size)) and fits(*both)]
    return Filter(condition, _few(f":size:{size}" for size in sizes))


def _width(value: str, vocabulary: Vocabulary) -> Filter:
    bounds = _bounds(value, whole=True)
    fits = lambda width, height: _holds(bounds, Decimal(width))  # noqa: E731
    return _by_size(_on_column("width", bounds), fits, vocabulary)


def _height(value: str, vocabulary: Vocabulary) -> Filter:
    bounds = _bounds(value, whole=True)
    fits = lambda width, height: _holds(bounds, Decimal(height))  # noqa: E731
    return _by_size(_on_column("height", bounds), fits, vocabulary)


def _id(kind: str, column: str) -> Reader:
    def read(value: str, vocabulary: Vocabulary) -> Filter:
        return Filter(Q(**{column: _id_of(kind, value, vocabulary)}), is_sought=True)

    return read


def _id_of(kind: str, value: str, vocabulary: Vocabulary) -> int:
    pk = read_id(value.removeprefix("#"))
    if pk is None:
        raise _Unreadable("It takes the number of one, as in its address.")
    if not vocabulary.exists(kind, pk):
        raise _Unreadable(f"There is no {kind} {pk}.")
    return pk


def _descendants(value: str, vocabulary: Vocabulary) -> Filter:
    return Filter(Q(pk__in=Descendants(_id_of("picture", value, vocabulary))))


def _pair(value: str, example: str) -> tuple[int, int]:
    pair = read_sides(value) or read_ratio(value)
    # Larger ones, multiplied, are none of the databases' numbers.
    if pair is None or not 0 < min(pair) <= max(pair) < 100_000:
        raise _Unreadable(f"It takes two numbers, such as {example}.")
    return pair


def _size(value: str, vocabulary: Vocabulary) -> Filter:
    width, height = _pair(value, "1024x768")
    return Filter(Q(width=width, height=height), (f":size:{sides(width, height, 'x')}",))


def _ratio(value: str, vocabulary: Vocabulary) -> Filter:
    across, down = _pair(value, "16:9")
    shape = F("height") * across
    low, high = 100 - RATIO_TOLERANCE, 100 + RATIO_TOLERANCE
    condition = Q(width__gte=shape * low / (100 * down), width__lte=shape * high / (100 * down))

    def fits(width: int, height: int) -> bool:
        # As the databases divide whole numbers.
        shape = height * across
        return shape * low // (100 * down) <= width <= shape * high // (100 * down)

    return _by_size(condition, fits, vocabulary)


def _format(value: str, vocabulary: Vocabulary) -> Filter:
    names = {"webp": "webp", "png": "png", "jpeg": "jpeg", "jpg": "jpeg"}
    if fold(value) not in names:
        raise _Missing(f"There is no format “{value}”.", fold(value), names)
    return _tagged("format", "format", [names[fold(value)]])


def _written(column: str, hint: str) -> Reader:
    """What stands in a text that few requests have, which the index tells."""

    def read(value: str, vocabulary: Vocabulary) -> Filter:
        value = value.translate(QUOTES)
        # SQLite compares only ASCII letters without case.
        forms = dict.fromkeys([value, value.lower(), value.upper(), value.capitalize(), value.title()])
        condition = Q(**{f"{column}__icontains": value})
        for form in forms:
            condition |= Q(**{f"{column}__contains": form})
        return Filter(condition, hint=hint)

    return read


def read_span(value: str) -> tuple[datetime, datetime] | Problem:
    """A day, a month, a year or so many days, as `on:` takes them: from when, and until before when."""
    try:
        return _span(value)
    except _Unreadable as error:
        return Problem(value, str(error))


def _span(value: str) -> tuple[datetime, datetime]:
    """From when, and until before when, in the current time zone."""
    today, day = timezone.localdate(), timedelta(days=1)
    wanted = fold(value)
    try:
        if days := _DAYS.fullmatch(wanted):
            return _midnight(today - int(days[1]) * day), _midnight(today + day)
        if wanted in ("today", "yesterday"):
            start = today if wanted == "today" else today - day
            return _midnight(start), _midnight(start + day)
        if parts := _DATE.fullmatch(wanted):
            year, month, number = (int(part) if part else 0 for part in parts.groups())
            start = date(year, month or 1 if not parts[2] else month, number if parts[3] else 1)
            following = (start + (day if parts[3] else timedelta(days=31 if parts[2] else 366))).replace(
                **({} if parts[3] else {"day": 1} if parts[2] else {"day": 1, "month": 1})
            )
            return _midnight(start), _midnight(following)
    except (ValueError, OverflowError):
        raise _Unreadable(f"“{value}” is no day of the calendar.") from None
    raise _Unreadable(
        "It takes a day, a month or a year (2026-11-25, 2026-11), today, yesterday, or days such as 7d."
    )


def _midnight(day: date) -> datetime:
    if not 2 <= day.year <= 9998:
        raise ValueError("beyond what every time zone and database can tell")
    return timezone.make_aware(datetime.combine(day, time.min))


def _after(value: str, vocabulary: Vocabulary) -> Filter:
    start = _span(value)[0]
    return Filter(Q(created_at__gte=start), span=(start, None))


def _before(value: str, vocabulary: Vocabulary) -> Filter:
    end = _span(value)[0]
    return Filter(Q(created_at__lt=end), span=(None, end))


def _on(value: str, vocabulary: Vocabulary) -> Filter:
    """One of these, or from the first of two up to the end of the second."""
    first, dots, last = value.partition("..")
    start, end = _span(first.strip())
    if dots:
        end = _span(last.strip())[1]
        if start >= end:
            raise _Unreadable("A range goes from the earlier day to the later one.")
    return Filter(Q(created_at__gte=start, created_at__lt=end), span=(start, end))


def _is(value: str, vocabulary: Vocabulary) -> Filter:
    wanted = fold(value)
    me = vocabulary.member_id or 0
    states: dict[str, Callable[[], Filter]] = {
        "mine": lambda: Filter(Q(owner=me), (f":owner:{me}",)),
        "moderated": lambda: Filter(
            Q(generation__is_content_violation__isnull=False, generation__is_content_violation=True),
            (":moderated",),
        ),
        "blurred": lambda: Filter(
            Q(generation__is_blurred__isnull=False, generation__is_blurred=True), (":blurred",)
        ),
        "sensitive": lambda: Filter(Q(is_sensitive=True)),
        "stacked": lambda: Filter(Q(stack_size__gt=1), (":stacked",)),
        "edited": lambda: _tagged("kind", "generation__kind", ["edit", "multi-edit"]),
        "favourite": lambda: _linked(Link("marks", (("user", me), ("is_favourite", True))), vocabulary),
        "unrated": lambda: Filter(Q(rating_count=0)),
        "tagged": lambda: _linked(Link("tag_links", is_many=True), vocabulary),
        "collected": lambda: _linked(Link("entries", is_many=True), vocabulary),
    }
    if wanted not in states:
        raise _Missing(f"There is no “is:{value}”.", wanted, states)
    return states[wanted]()


# The words of the search language, in the order in which they are told. They are kept in links and saved searches, and
# mean what a picture has: `width` is that of its file, `prompt` the number of a text. No request is made from them.
OPERATORS: dict[str, Reader] = {
    "model": _named("model", "model"),
    "style": _named("style", "style_preset"),
    "by": _person,
    "seed": _seed,
    "cfg": _number("cfg", "generation__cfg_scale", whole=False),
    "steps": _number("steps", "generation__steps"),
    "size": _size,
    "ratio": _ratio,
    "width": _width,
    "height": _height,
    "format": _format,
    "price": _price,
    "rating": _rating,
    "mine": _own_rating,
    "tag": _tag,
    "in": _collection,
    "prompt": _id("prompt", "prompt"),
    "batch": _id("batch", "generation__batch"),
    "from": _descendants,
    "negative": _written("generation__negative_prompt", ":negative"),
    "enhanced": _written("generation__enhanced_prompt", ":enhanced"),
    "kind": _named("kind", "generation__kind"),
    "after": _after,
    "before": _before,
    "on": _on,
    "is": _is,
}
