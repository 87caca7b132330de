"""Operators of the search language: `name:value`, read into a condition on pictures or into what is wrong with it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import Protocol

from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from gallery.text import fold

MAX_NUMBER = 2**31 - 1
MAX_ID = 2**63 - 1
# So many hundredths a picture may be off its ratio: sides are whole pixels.
RATIO_TOLERANCE = 1

_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,9})?", re.ASCII)
_BOUND = re.compile(r"(>=|<=|>|<)\s*(.+)")
_COMPARISONS = {">": "__gt", ">=": "__gte", "<": "__lt", "<=": "__lte"}
_DAYS = re.compile(r"([0-9]{1,5})d", re.ASCII)
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?", re.ASCII)
_PAIR = re.compile(r"([0-9]{1,5})\s*[x×:/]\s*([0-9]{1,5})", re.ASCII)
_DESCENDANTS = """
    WITH RECURSIVE descendant(id) AS (
        SELECT i.id FROM gallery_image i JOIN gallery_generation g ON g.id = i.generation_id WHERE g.origin_id = %s
        UNION
        SELECT i.id FROM gallery_image i JOIN gallery_generation g ON g.id = i.generation_id
        JOIN descendant d ON g.origin_id = d.id)
    SELECT id FROM descendant
"""


class Vocabulary(Protocol):
    """What values exist, asked only when an operator needs them. Keys are what people write, as they write it."""

    @property
    def member_id(self) -> int | None:
        """Who searches."""

    def names(self, kind: str) -> dict[str, str]:
        """What may be written for a `model`, `style` or `kind`, and what the column then holds."""

    def people(self) -> dict[str, int]:
        """Ids by user name."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a search, as it was typed, that is not searched, and why; no part when it is about the whole."""

    part: str
    message: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on pictures."""

    condition: Q


class _Unreadable(ValueError):
    """Its words say why, to the person who typed."""


def read_filter(name: str, value: str, negated: bool, vocabulary: Vocabulary) -> Filter | Problem:
    """The condition that `name:value` stands for."""
    key = fold(name)
    try:
        if key in NOT_YET:
            raise _Unreadable(
                f"There are no {NOT_YET[key]} yet. {_nearest(key, OPERATORS, only_known=True)}".strip()
            )
        if key not in OPERATORS:
            raise _Unreadable(f"There is no operator “{name}:”. {_nearest(key, OPERATORS)}".strip())
        condition = OPERATORS[key](" ".join(value.split()), vocabulary)
    except _Unreadable as error:
        return Problem(f"{name}:{value}", str(error))
    return Filter(~condition if negated else condition)


def _nearest(wanted: str, existing: Iterable[str], *, only_known: bool = False) -> str:
    names = list(existing)
    close = get_close_matches(wanted, names, n=1, cutoff=0.6 if not only_known else 0.3)
    return (
        f"The nearest is “{close[0]}”." if close else f"There are: {', '.join(names[:12])}." if names else ""
    )


def _named(kind: str, column: str) -> Callable[[str, Vocabulary], Q]:
    def read(value: str, vocabulary: Vocabulary) -> Q:
        names = vocabulary.names(kind)
        folded, wanted = {fold(name): kept for name, kept in names.items()}, fold(value)
        found = [kept for name, kept in folded.items() if name == wanted]
        found = found or [kept for name, kept in folded.items() if name.startswith(wanted)]
        found = found or [kept for name, kept in folded.items() if wanted in name]
        if not found or not wanted:
            raise _Unreadable(f"There is no {kind} “{value}”. {_nearest(wanted, folded)}".strip())
        return Q(**{f"{column}__in": sorted(set(found))})

    return read


def _person(value: str, vocabulary: Vocabulary) -> Q:
    wanted = fold(value)
    if wanted == "me" and vocabulary.member_id:
        return Q(owner=vocabulary.member_id)
    people = {fold(name): pk for name, pk in vocabulary.people().items()}
    if wanted not in people:
        raise _Unreadable(f"There is nobody called “{value}”. {_nearest(wanted, people)}".strip())
    return Q(owner=people[wanted])


def _number(column: str, *, whole: bool = True) -> Callable[[str, Vocabulary], Q]:
    def one(text: str) -> Decimal:
        if not _NUMBER.fullmatch(text.strip()) or (whole and "." in text):
            raise _Unreadable("It takes a number, >, >=, <, <= with a number, or a range such as 2..5.")
        # Beyond what a column holds no comparison changes.
        return max(min(Decimal(text.strip()), Decimal(MAX_NUMBER)), Decimal(-MAX_NUMBER))

    def read(value: str, vocabulary: Vocabulary) -> Q:
        plain = value.removeprefix("$")
        if bound := _BOUND.fullmatch(plain):
            return Q(**{column + _COMPARISONS[bound[1]]: _typed(one(bound[2]), whole)})
        low, dots, high = plain.partition("..")
        if dots:
            return Q(
                **{f"{column}__gte": _typed(one(low), whole), f"{column}__lte": _typed(one(high), whole)}
            )
        return Q(**{column: _typed(one(plain), whole)})

    return read


def _typed(number: Decimal, whole: bool) -> int | Decimal:
    return int(number) if whole else number


def _id(column: str) -> Callable[[str, Vocabulary], Q]:
    def read(value: str, vocabulary: Vocabulary) -> Q:
        return Q(**{column: _number_of(value)})

    return read


def _number_of(value: str) -> int:
    number = value.removeprefix("#")
    if not (number.isascii() and number.isdigit() and len(number) <= 19):
        raise _Unreadable("It takes the number of one, as in its address.")
    return min(int(number), MAX_ID)


def _descendants(value: str, vocabulary: Vocabulary) -> Q:
    return Q(pk__in=RawSQL(_DESCENDANTS, [_number_of(value)]))  # noqa: S611 - the id is a parameter


def _pair(value: str, example: str) -> tuple[int, int]:
    pair = _PAIR.fullmatch(fold(value))
    if not pair or not int(pair[1]) or not int(pair[2]):
        raise _Unreadable(f"It takes two numbers, such as {example}.")
    return int(pair[1]), int(pair[2])


def _size(value: str, vocabulary: Vocabulary) -> Q:
    width, height = _pair(value, "1024x768")
    return Q(width=width, height=height)


def _ratio(value: str, vocabulary: Vocabulary) -> Q:
    across, down = _pair(value, "16:9")
    shape = F("height") * across
    low, high = 100 - RATIO_TOLERANCE, 100 + RATIO_TOLERANCE
    return Q(width__gte=shape * low / (100 * down), width__lte=shape * high / (100 * down))


def _format(value: str, vocabulary: Vocabulary) -> Q:
    names = {"webp": "webp", "png": "png", "jpeg": "jpeg", "jpg": "jpeg"}
    if fold(value) not in names:
        raise _Unreadable(f"There is no format “{value}”. {_nearest(fold(value), names)}".strip())
    return Q(format=names[fold(value)])


def _negative(value: str, vocabulary: Vocabulary) -> Q:
    column = "generation__negative_prompt__contains"
    # SQLite compares only ASCII letters without case.
    forms = dict.fromkeys([value, value.lower(), value.upper(), value.capitalize(), value.title()])
    condition = Q(generation__negative_prompt__icontains=value)
    for form in forms:
        condition |= Q(**{column: form})
    return condition


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


def _after(value: str, vocabulary: Vocabulary) -> Q:
    return Q(created_at__gte=_span(value)[0])


def _before(value: str, vocabulary: Vocabulary) -> Q:
    return Q(created_at__lt=_span(value)[0])


def _on(value: str, vocabulary: Vocabulary) -> Q:
    start, end = _span(value)
    return Q(created_at__gte=start, created_at__lt=end)


def _is(value: str, vocabulary: Vocabulary) -> Q:
    wanted = fold(value)
    states = {
        "mine": Q(owner=vocabulary.member_id or 0),
        "moderated": Q(generation__is_content_violation__isnull=False, generation__is_content_violation=True),
        "blurred": Q(generation__is_blurred__isnull=False, generation__is_blurred=True),
        "stacked": Q(stack_size__gt=1),
        "edited": Q(generation__kind__in=("edit", "multi-edit")),
    }
    if wanted in STATES_NOT_YET:
        near = _nearest(wanted, states, only_known=True)
        raise _Unreadable(f"Pictures cannot be {STATES_NOT_YET[wanted]} yet. {near}")
    if wanted not in states:
        raise _Unreadable(f"There is no “is:{value}”. {_nearest(wanted, states)}")
    return states[wanted]


NOT_YET = {"rating": "ratings", "mine": "ratings", "tag": "tags", "in": "collections"}
STATES_NOT_YET = {"favourite": "favourites", "unrated": "rated", "tagged": "tagged", "collected": "collected"}
OPERATORS: dict[str, Callable[[str, Vocabulary], Q]] = {
    "model": _named("model", "model"),
    "style": _named("style", "style_preset"),
    "by": _person,
    "seed": _number("seed"),
    "cfg": _number("generation__cfg_scale", whole=False),
    "steps": _number("generation__steps"),
    "size": _size,
    "ratio": _ratio,
    "width": _number("width"),
    "height": _number("height"),
    "format": _format,
    "price": _number("attempt__price", whole=False),
    "prompt": _id("prompt"),
    "batch": _id("generation__batch"),
    "from": _descendants,
    "negative": _negative,
    "kind": _named("kind", "generation__kind"),
    "after": _after,
    "before": _before,
    "on": _on,
    "is": _is,
}
