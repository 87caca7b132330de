"""Operators that name days, months, years or so many days, in the time zone of who searches."""

import re
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from gallery.search.filters import Filter, Vocabulary
from gallery.search.problems import Problem, Unreadable
from gallery.text import fold

_DAYS = re.compile(r"([0-9]{1,5})d", re.ASCII)
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?", re.ASCII)


def read_span(value: str) -> tuple[datetime, datetime] | Problem:
    """A day, a month, a year or so many days, as `on:` takes them: from when, and until before when."""
    try:
        return _span(value)
    except Unreadable as error:
        return Problem(value, str(error))


def after(value: str, vocabulary: Vocabulary) -> Filter:
    start = _span(value)[0]
    return Filter(Q(created_at__gte=start), span=(start, None))


def before(value: str, vocabulary: Vocabulary) -> Filter:
    end = _span(value)[0]
    return Filter(Q(created_at__lt=end), span=(None, end))


def on(value: str, vocabulary: Vocabulary) -> Filter:
    """One of these, or from the first of two up to the end of the second."""
    first, dots, last = value.partition("..")
    start, end = _span(first.strip())
    if dots:
        end = _span(last.strip())[1]
        if start >= end:
            raise Unreadable("A range goes from the earlier day to the later one.")
    return Filter(Q(created_at__gte=start, created_at__lt=end), span=(start, end))


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
            start = date(int(parts[1]), int(parts[2] or 1), int(parts[3] or 1))
            if parts[3]:
                following = start + day
            elif parts[2]:
                following = (start + timedelta(days=31)).replace(day=1)
            else:
                following = start.replace(year=start.year + 1)
            return _midnight(start), _midnight(following)
    except (ValueError, OverflowError):
        raise Unreadable(f"“{value}” is no day of the calendar.") from None
    raise Unreadable(
        "It takes a day, a month or a year (2026-11-25, 2026-11), today, yesterday, or days such as 7d."
    )


def _midnight(day: date) -> datetime:
    if not 2 <= day.year <= 9998:
        raise ValueError("beyond what every time zone and database can tell")
    return timezone.make_aware(datetime.combine(day, time.min))
