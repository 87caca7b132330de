"""Where a day begins in a list of pictures, in the reader's zone, and how it is written there."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.utils import timezone
from django.utils.dateformat import format as date_format

#: A day of at least so many pictures on a page has a line of its own; of fewer, the first picture bears its date.
MANY = 6


class Day(NamedTuple):
    """A day that begins: its ISO date, and either words for a heading or words to lie on its first picture."""

    iso: str
    heading: str
    date: str


def days(moments: Sequence[datetime]) -> list[Day | None]:
    """For each of `moments`, which are in the order of a list, the day that begins with it; None where none begins."""
    zone, today = timezone.get_current_timezone(), timezone.localdate()
    dates = [moment.astimezone(zone).date() for moment in moments]
    count = Counter(dates)
    before = [None, *dates[:-1]]
    return [
        None if each == last else _begun(each, today, count[each] >= MANY)
        for each, last in zip(dates, before, strict=False)
    ]


def heading(moment: datetime) -> str:
    """The day of `moment` for who reads: `Yesterday, Wednesday 25 November`."""
    return _heading(timezone.localtime(moment).date(), timezone.localdate())


@lru_cache(maxsize=4096)
def _begun(day: date, today: date, is_headed: bool) -> Day:
    """How that day begins, looked at today; to write a date takes longer than to draw a picture's tile."""
    if is_headed:
        return Day(day.isoformat(), _heading(day, today), "")
    return Day(day.isoformat(), "", date_format(day, "j M" if day.year == today.year else "j M Y"))


def _heading(day: date, today: date) -> str:
    words = date_format(day, "l j F" if day.year == today.year else "l j F Y")
    near = {today: "Today, ", today - timedelta(days=1): "Yesterday, "}
    return near.get(day, "") + words
