"""What the form can offer: the models that make pictures, and the styles, as of the last sync."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError

from gallery.formats import usd
from gallery.forms.fields import OneOf
from gallery.models import CatalogModel, CatalogStyle, SiteStatus
from venice import Model
from venice.pricing import generate_price

NOT_OFFERED = "That model is not offered. Choose one from the list."
DEFAULT_TRAIT = "default"


@dataclass(frozen=True)
class Catalog:
    """Models and styles in Venice's order; `withdrawn` are the names of models that it lists no more, by their ids."""

    models: tuple[Model, ...] = ()
    styles: tuple[str, ...] = ()
    withdrawn: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, site_status: SiteStatus | None = None) -> "Catalog":
        """What is listed now. One query, unless a sync has changed it since this process last read it.

        None where the `site_status` tells already that it is as it was.
        """
        global _kept
        mark = (site_status or SiteStatus.now()).catalog
        if _kept is None or _kept[0] != mark:
            _kept = (mark, cls.read())
        return _kept[1]

    @classmethod
    def read(cls) -> Self:
        """What is listed now, read anew: three queries, and 37 models to make sense of."""
        return cls(
            models=tuple(entry.spec for entry in CatalogModel.objects.for_images()),
            styles=tuple(CatalogStyle.objects.filter(listed=True).values_list("name", flat=True)),
            withdrawn=CatalogModel.objects.withdrawn(),
        )

    @property
    def default(self) -> Model | None:
        """The model that Venice calls the default, else the first; None when there are none."""
        online = [model for model in self.models if not model.offline] or self.models
        return next((model for model in online if DEFAULT_TRAIT in model.traits), next(iter(online), None))

    def find(self, model_id: object) -> Model | None:
        """The model of that id, None when it is not listed; case matters, as it does to Venice."""
        return next((model for model in self.models if model.id == model_id), None)

    @cached_property
    def choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """For a select: name, price and traits of each model, grouped by its privacy."""
        return grouped(self.models, lambda model: (usd(generate_price(model)), ", ".join(model.traits)))


def not_offered(named: str, withdrawn: Mapping[str, str]) -> str:
    """Why a model that a form names by its id cannot be asked for; `withdrawn` as the catalogue has it."""
    if named in withdrawn:
        return f"Model {withdrawn[named]} is no longer offered. Choose another one from the list."
    return NOT_OFFERED


class ModelChoice(OneOf):
    """A model of those that are listed; one that was withdrawn is refused by its name."""

    def __init__(self, withdrawn: Callable[[], Mapping[str, str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.withdrawn = withdrawn

    def validate(self, value: str) -> None:
        forms.Field.validate(self, value)
        if value and not self.valid_value(value):
            message = (
                not_offered(value, self.withdrawn())
                if self.choices
                else self.error_messages["invalid_choice"]
            )
            raise ValidationError(message, code="invalid_choice")


_kept: tuple[Any, Catalog] | None = None


def grouped(
    models: Iterable[Model], facts: Callable[[Model], Iterable[str]]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """For a select: each model in one line, its name and what its `facts` say, grouped by privacy."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for model in models:
        parts = [model.name, *facts(model), "offline at the last look" if model.offline else ""]
        label = " · ".join(part for part in parts if part)
        groups.setdefault(model.privacy.capitalize() or "Other", []).append((model.id, label))
    return list(groups.items())
