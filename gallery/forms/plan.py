"""What one click makes, before it costs: so many words on so many models with so many seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gallery.formats import counted
from gallery.models import Batch
from venice import Model
from venice.pricing import generate_price, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One model of the click: the values as it takes them, and what of them is not as it was asked."""

    model: Model
    values: Mapping[str, Any]
    notes: Sequence[str] = ()

    @property
    def price(self) -> Decimal | None:
        """What one request costs by the catalogue (USD); None when it tells nothing."""
        return generate_price(
            self.model,
            images=self.values.get("variants") or 1,
            resolution=self.values.get("resolution"),
            quality=self.values.get("quality"),
            enhance_prompt=bool(self.values.get("enhance_prompt")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All requests of the click: each of `words` texts, on each model, with `seeds` seeds."""

    legs: Sequence[Leg] = field(default_factory=tuple)
    words: int = 1
    seeds: int = 1

    @property
    def requests(self) -> int:
        return self.words * len(self.legs) * self.seeds

    @property
    def variants(self) -> int:
        """How many pictures each request asks for, as its first model has it; 1 without a model."""
        return next((leg.values.get("variants") or 1 for leg in self.legs), 1)

    @property
    def pictures(self) -> int:
        return self.requests * self.variants

    @property
    def price(self) -> Decimal | None:
        """What all of it costs (USD); None when one price is not known."""
        once = total(leg.price for leg in self.legs)
        return once * self.words * self.seeds if once is not None else None

    @property
    def text(self) -> str:
        """`3 words × 2 models × 4 seeds`; empty for a single request."""
        axes = ((self.words, "word"), (len(self.legs), "model"), (self.seeds, "seed"))
        parts = [counted(number, noun) for number, noun in axes if number > 1]
        if parts and self.variants > 1:
            parts.append(f"{self.variants} in one call")
        return " × ".join(parts)

    @property
    def kind(self) -> str:
        """The `Batch.Kind`: what made several requests of it, the rarest first."""
        if self.words > 1:
            return Batch.Kind.WORDS
        if len(self.legs) > 1:
            return Batch.Kind.MODELS
        return Batch.Kind.COUNT if self.seeds > 1 else Batch.Kind.ONE

    @property
    def notes(self) -> list[tuple[str, str]]:
        """Name of each model that does not take all of it as it was asked, and what becomes of it."""
        return [(leg.model.name, "; ".join(leg.notes)) for leg in self.legs if leg.notes]
