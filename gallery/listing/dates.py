"""Finding a place in the gallery by date: where a day's pictures begin, and which months have pictures."""

from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any

from django.db.models import Exists, Subquery
from django.utils import timezone
from django.utils.dateformat import format as date_format

from gallery.models import Image, User

# Twenty years: what has another date than this century's has it by a clock that was wrong.
MOST_MONTHS = 240


@dataclass(frozen=True, slots=True)
class Month:
    """A month that has pictures: `2026-11`, its year, and its name."""

    code: str
    year: int
    name: str


def newest_before(end: datetime) -> int | None:
    """The id of the newest cover that was made before `end`, None when there is none; a seek in an index."""
    covers = Image.objects.covers().filter(created_at__lt=end)
    return covers.order_by("-created_at", "-id").values_list("pk", flat=True).first()


def oldest_from(start: datetime) -> int | None:
    """The id of the oldest cover that was made at `start` or later, None when there is none; a seek in an index."""
    covers = Image.objects.covers().filter(created_at__gte=start)
    return covers.order_by("created_at", "id").values_list("pk", flat=True).first()


def months() -> list[Month]:
    """The months of the reader's zone that have pictures, newest first: two queries, a seek for each month."""
    covers = Image.objects.covers()
    # Not MIN and MAX at once, for which SQLite would walk the whole index.
    moments = covers.values("created_at")
    ends = {"first": moments.order_by("created_at")[:1], "last": moments.order_by("-created_at")[:1]}
    first, last = _one_row(**{name: Subquery(end) for name, end in ends.items()})
    if first is None:
        return []
    begun = _beginnings(timezone.localtime(first).date(), timezone.localtime(last).date())
    has_any = {
        f"month_{number}": Exists(
            covers.filter(created_at__gte=_midnight(start), created_at__lt=_midnight(end))
        )
        for number, (end, start) in enumerate(pairwise(begun))
    }
    flags = _one_row(**has_any)
    return [
        Month(f"{start:%Y-%m}", start.year, date_format(start, "F"))
        for start, has in zip(begun[1:], flags, strict=True)
        if has
    ]


def _one_row(**values: Any) -> tuple[Any, ...]:
    """What these expressions come to, in one query: they hang on the one row of a table that is never empty."""
    row: tuple[Any, ...] = User.objects.order_by("pk").annotate(**values).values_list(*values)[:1].get()
    return row


def _beginnings(first: date, last: date) -> list[date]:
    """The first days of the month after `last` and of all before it down to that of `first`."""
    newest = last.year * 12 + last.month
    oldest = max(first.year * 12 + first.month - 1, newest - MOST_MONTHS)
    return [date(number // 12, number % 12 + 1, 1) for number in range(newest, oldest - 1, -1)]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
