"""What occurs among the pictures: numbers that a search compares, and days. Triggers keep it: search/index.py."""

from datetime import UTC, datetime, timedelta

from django.db import models
from django.db.models import Max, Min


class SearchTerm(models.Model):
    """A size, price, number of steps or cfg that some picture has, or had, as the term of its document."""

    term = models.CharField(max_length=200, primary_key=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.term


class DayQuerySet(models.QuerySet["Day"]):
    """From a span of time to the ids of its pictures, which indexes hold in order."""

    def ids(self, start: datetime | None, end: datetime | None) -> tuple[int, int] | None:
        """The lowest and the highest id that a picture of that span may have; None when there is none."""
        rows = self
        if start is not None:
            rows = rows.filter(day__gte=start.astimezone(UTC).date())
        if end is not None:
            last = end.astimezone(UTC) - timedelta(microseconds=1)
            rows = rows.filter(day__lte=last.date())
        low, high = rows.aggregate(low=Min("lowest"), high=Max("highest")).values()
        return None if low is None else (low, high)


class Day(models.Model):
    """A day in UTC on which pictures were made, and between which ids they are."""

    day = models.DateField(primary_key=True)
    lowest = models.BigIntegerField()
    highest = models.BigIntegerField()

    objects = DayQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.day)
