"""Days in a list of pictures: where each begins for who reads, and how it is written."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from gallery.listing.days import MANY, Day, days

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)


def test_a_day_begins_where_it_begins_for_who_reads() -> None:
    late, early = NOON.replace(hour=23, minute=30), NOON.replace(hour=22, minute=30)
    with timezone.override(ZoneInfo("UTC")):
        assert days([late, early]) == [Day("2024-02-29", "", "29 Feb 2024"), None]
    with timezone.override(ZoneInfo("Europe/Rome")):
        assert days([late, early]) == [
            Day("2024-03-01", "", "1 Mar 2024"),
            Day("2024-02-29", "", "29 Feb 2024"),
        ]


def test_a_full_day_has_a_heading_and_others_a_date() -> None:
    moments = [NOON + timedelta(days=1)] * (MANY - 1) + [NOON] * MANY
    begun = [day for day in days(moments) if day]
    assert begun == [Day("2024-03-01", "", "1 Mar 2024"), Day("2024-02-29", "Thursday 29 February 2024", "")]


@pytest.mark.parametrize(("ago", "word"), [(0, "Today, "), (1, "Yesterday, "), (2, "")])
def test_days_that_are_near_are_called_so(ago: int, word: str) -> None:
    at = timezone.localtime().replace(hour=12) - timedelta(days=ago)
    (first, *_) = days([at] * MANY)
    assert first
    assert first.heading.startswith(f"{word}{at:%A} {at.day} ")


def test_nothing_begins_in_an_empty_list() -> None:
    assert days([]) == []
