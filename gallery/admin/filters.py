"""Filters that stay fast in a table of a million rows: none of them looks through it for its own choices."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from gallery.models import Attempt, CatalogModel, CatalogStyle, Worker
from gallery.models.image import ImageQuerySet
from gallery.models.queue import GenerationQuerySet
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
        """The rows that have the chosen value; all of them while none is chosen."""
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class ModelFilter(ColumnFilter):
    """By a model of the catalogue, listed or not."""

    title = parameter_name = column = "model"

    def choices_named(self) -> Iterable[tuple[str, str]]:
        return CatalogModel.objects.order_by("name").values_list("model_id", "name")


class StyleFilter(ColumnFilter):
    """By a style of the catalogue, listed or not."""

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


class SetFilter(admin.SimpleListFilter):
    """By sets that a QuerySet names: for each value its words, and what makes the set of all rows."""

    sets: ClassVar[Mapping[str, tuple[str, Callable[[Any], QuerySet[Any]]]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, words) for value, (words, _) in self.sets.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the chosen set; all for what is none."""
        chosen = self.sets.get(self.value() or "")
        return chosen[1](queryset) if chosen else queryset


class AttentionFilter(SetFilter):
    """What waits for a worker, and what waits for a person; each set has an index of its own."""

    title = "what it waits for"
    parameter_name = "waits"
    sets: ClassVar = {
        "worker": ("A worker", GenerationQuerySet.active),
        "person": ("A person: run again or dismiss", GenerationQuerySet.needing_attention),
        "host": ("A silent host", GenerationQuerySet.waiting_for_hosts),
    }


class TrashFilter(SetFilter):
    """What is in the trash, by its own index, or is not."""

    title = parameter_name = "trash"
    sets: ClassVar = {"yes": ("In the trash", ImageQuerySet.trashed), "no": ("Kept", ImageQuerySet.kept)}


def _names(kind: type[VeniceError]) -> Iterator[str]:
    for each in kind.__subclasses__():
        yield each.__name__
        yield from _names(each)
