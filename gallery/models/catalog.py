"""What Venice offers, as of the last sync; the raw JSON is kept."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Self

from django.db import models

from gallery.models import columns
from venice import Model as VeniceModel
from venice import price
from venice.operations import Operation


class CatalogModelQuerySet(models.QuerySet["CatalogModel"]):
    def listed(self) -> Self:
        """Models of the last sync, in Venice's order."""
        return self.filter(listed=True).order_by("position")

    def for_images(self) -> Self:
        """Listed models that make pictures from a prompt."""
        return self.listed().filter(makes_images=True)

    def withdrawn(self) -> dict[str, str]:
        """The names of those that Venice lists no more, by their ids."""
        return dict(self.filter(listed=False).values_list("model_id", "name"))

    def note_rate_limit(self, model: str, limit: int | None) -> None:
        """Write down the images a minute that an answer names, when they are news."""
        values = columns.fitted(self.model, rate_limit=limit)
        if values["rate_limit"]:
            self.filter(model_id=model).exclude(**values).update(**values)

    def price(self, operation: Operation) -> Decimal | None:
        """What `operation` costs by the catalogue, in USD; None when it tells nothing."""
        return self.prices({0: operation})[0]

    def prices(self, operations: Mapping[int, Operation]) -> dict[int, Decimal | None]:
        """The price of each by its key (USD, None: unknown); one query, or none where there are none."""
        wanted = {operation.model for operation in operations.values()}
        specs = {entry.model_id: entry.spec for entry in self.filter(model_id__in=wanted)}
        return {
            key: price(operation, specs[operation.model]) if operation.model in specs else None
            for key, operation in operations.items()
        }


class CatalogModel(models.Model):
    """One entry of `GET /models`. It stays when Venice lists it no more: what it made is called by its name."""

    model_id = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=40, db_index=True)
    privacy = models.CharField(max_length=40, blank=True)
    makes_images = models.BooleanField(default=False, help_text="Takes /image/generate.")
    offline = models.BooleanField(default=False)
    listed = models.BooleanField(default=True, help_text="Was in the last list that Venice sent.")
    position = models.PositiveIntegerField(default=0)
    raw = models.JSONField()
    rate_limit = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Images a minute, as Venice's answers tell; counts when it is lower than ours.",
    )
    synced_at = models.DateTimeField()

    objects = CatalogModelQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        verbose_name = "model"

    def __str__(self) -> str:
        return self.name

    @property
    def spec(self) -> VeniceModel:
        """The entry as the client reads it: constraints, traits, pricing."""
        return VeniceModel.from_entry(self.raw)


class CatalogStyle(models.Model):
    """One name of `GET /image/styles`; case matters to Venice."""

    name = models.CharField(max_length=100, unique=True)
    position = models.PositiveIntegerField(default=0)
    listed = models.BooleanField(default=True)
    synced_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]
        verbose_name = "style"

    def __str__(self) -> str:
        return self.name
