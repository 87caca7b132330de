"""Filters that stay fast in a table of a million rows: none of them looks through it for its own choices."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from gallery.models import Attempt, CatalogModel, CatalogStyle, Worker
from venice import VeniceError

# Rows that are looked through for the hosts there are.
_NEWEST = 1000


class ColumnFilter(admin.SimpleListFilter):
    """By the value of one column, its choices named by another table."""

    column: ClassVar[str]

    def choices_named(self) -> Iterable[tuple[str, str]]:
        """The values to choose from, each with its words."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices; Django asks with the request, which none of them needs."""
        return list(self.choices_named())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that have the chosen value."""
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class ModelFilter(ColumnFilter):
    """By a model of the catalogue, listed or not."""

    title = parameter_name = column = "model"

    def choices_named(self) -> Iterable[tuple[str, str]]:
        return CatalogModel.objects.order_by("name").values_list("model_id", "name")


class StyleFilter(ColumnFilter):
    """By a style of the catalogue."""

    title = parameter_name = "style"
    column = "style_preset"

    def choices_named(self) -> Iterable[tuple[str, str]]:
        return CatalogStyle.objects.order_by("name").values_list("name", "name")


class HostFilter(ColumnFilter):
    """By the host that sent: those of the workers and of the newest calls; the chosen one is always among them."""

    title = parameter_name = column = "host"

    def choices_named(self) -> Iterable[tuple[str, str]]:
        newest = Attempt.objects.order_by("-id").values_list("host", flat=True)[:_NEWEST]
        hosts = {
            *Worker.objects.values_list("host", flat=True),
            *newest,
            self.used_parameters.get("host", ""),
        }
        return ((str(host), str(host)) for host in sorted(map(str, hosts - {"", None})))


class ErrorKindFilter(ColumnFilter):
    """By what went wrong, as `venice` classes it."""

    title = "error kind"
    parameter_name = "error"
    column = "error_kind"

    def choices_named(self) -> Iterable[tuple[str, str]]:
        return ((name, name) for name in sorted(_names(VeniceError)))


class AttentionFilter(admin.SimpleListFilter):
    """What waits for a worker, and what waits for a person; each set has an index of its own."""

    title = "what it waits for"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The sets."""
        return [
            ("worker", "A worker"),
            ("person", "A person: run again or dismiss"),
            ("host", "A silent host"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        """The rows of the chosen set."""
        sets = {
            "worker": queryset.active,
            "person": queryset.needing_attention,
            "host": queryset.waiting_for_hosts,
        }
        chosen = sets.get(self.value() or "", queryset.all)
        return chosen()  # type: ignore[no-any-return]


class TrashFilter(admin.SimpleListFilter):
    """What is in the trash, by its own index, or is not."""

    title = parameter_name = "trash"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both."""
        return [("yes", "In the trash"), ("no", "Kept")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        """The chosen ones."""
        chosen = {"yes": queryset.trashed, "no": queryset.kept}.get(self.value() or "", queryset.all)
        return chosen()  # type: ignore[no-any-return]


def _names(kind: type[VeniceError]) -> Iterator[str]:
    for each in kind.__subclasses__():
        yield each.__name__
        yield from _names(each)
