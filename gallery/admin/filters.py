"""Filters that stay fast in a table of a million rows: none of them looks through it for its own choices."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from gallery.models import Attempt, CatalogModel, CatalogStyle, Worker
from venice import VeniceError

# Rows that are looked through for the hosts there are.
_NEWEST = 1000
_PERIOD = re.compile(r"(20\d\d)(?:-(\d\d))?(?:-(\d\d))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """A year, a month of it or a day of that, in the site's time zone."""

    year: int
    month: int | None = None
    day: int | None = None

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """`2026`, `2026-03` or `2026-03-01`; None for anything else."""
        match = _PERIOD.fullmatch(text or "")
        if not match:
            return None
        period = cls(*(int(part) if part else None for part in match.groups()))  # type: ignore[arg-type]
        try:
            _ = period.start
        except ValueError:
            return None
        return period

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return timezone.make_aware(datetime(self.year, self.month or 1, self.day or 1))

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        if self.month is None:
            return timezone.make_aware(datetime(self.year + 1, 1, 1))
        if self.day is None:
            year, month = (self.year + 1, 1) if self.month == 12 else (self.year, self.month + 1)
            return timezone.make_aware(datetime(year, month, 1))
        return timezone.make_aware(datetime.fromordinal(self._ordinal + 1))

    @property
    def _ordinal(self) -> int:
        return datetime(self.year, self.month or 1, self.day or 1).toordinal()

    def __str__(self) -> str:
        parts = [f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part is not None)]
        return "-".join(parts)

    def family(self) -> Iterator["Period"]:
        """The periods around it, itself, and those within it."""
        yield Period(self.year)
        if self.month is None:
            yield from (Period(self.year, month) for month in range(1, 13))
            return
        yield Period(self.year, self.month)
        days = (self.end if self.day is None else Period(self.year, self.month).end) - Period(
            self.year, self.month
        ).start
        yield from (
            Period(self.year, self.month, day) for day in range(1, round(days.total_seconds() / 86_400) + 1)
        )


class DateFilter(admin.SimpleListFilter):
    """Year, month, day, one within the other. Django's own hierarchy reads every row to name its choices."""

    title = "date"
    parameter_name = "date"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The years there are, or what lies within the chosen one; two seeks in the index of `created_at`."""
        rows = model_admin.model.objects.order_by("created_at").values_list("created_at", flat=True)
        oldest, newest = rows.first(), rows.last()
        if oldest is None or newest is None:
            return []
        chosen = Period.read(self.value())
        years = range(timezone.localtime(oldest).year, timezone.localtime(newest).year + 1)
        offered = chosen.family() if chosen else (Period(year) for year in years)
        return [
            (str(period), str(period)) for period in offered if period.start <= newest and period.end > oldest
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the chosen period; all of them when it cannot be read."""
        period = Period.read(self.value())
        return (
            queryset.filter(created_at__gte=period.start, created_at__lt=period.end) if period else queryset
        )


class ModelFilter(admin.SimpleListFilter):
    """By a model of the catalogue, listed or not."""

    title = "model"
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every model that makes pictures."""
        known = CatalogModel.objects.filter(makes_images=True).order_by("name")
        return list(known.values_list("model_id", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Its rows."""
        return queryset.filter(model=self.value()) if self.value() else queryset


class StyleFilter(admin.SimpleListFilter):
    """By a style of the catalogue."""

    title = "style"
    parameter_name = "style"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every style."""
        return [(name, name) for name in CatalogStyle.objects.order_by("name").values_list("name", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Its rows."""
        return queryset.filter(style_preset=self.value()) if self.value() else queryset


class AttentionFilter(admin.SimpleListFilter):
    """What waits for a worker, and what waits for a person."""

    title = "what it waits for"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both sets have an index of their own."""
        return [
            ("worker", "A worker"),
            ("person", "A person: run again or dismiss"),
            ("host", "A silent host"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of that set."""
        if self.value() == "worker":
            return queryset.active()  # type: ignore[attr-defined, no-any-return]
        if self.value() == "person":
            return queryset.needing_attention()  # type: ignore[attr-defined, no-any-return]
        if self.value() == "host":
            return queryset.waiting_for_hosts()  # type: ignore[attr-defined, no-any-return]
        return queryset


class HostFilter(admin.SimpleListFilter):
    """By the host that sent."""

    title = "host"
    parameter_name = "host"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The hosts of the workers and of the newest calls; the chosen one is always among them."""
        newest = Attempt.objects.order_by("-id").values_list("host", flat=True)[:_NEWEST]
        hosts = {*Worker.objects.values_list("host", flat=True), *newest, self.value() or ""} - {""}
        return [(host, host) for host in sorted(hosts)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Its rows."""
        return queryset.filter(host=self.value()) if self.value() else queryset


class ErrorKindFilter(admin.SimpleListFilter):
    """By what went wrong, as `venice` classes it."""

    title = "error kind"
    parameter_name = "error"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every class of error that there is."""
        return [(name, name) for name in sorted(_names(VeniceError))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Its rows."""
        return queryset.filter(error_kind=self.value()) if self.value() else queryset


def _names(kind: type[VeniceError]) -> Iterator[str]:
    for each in kind.__subclasses__():
        yield each.__name__
        yield from _names(each)
