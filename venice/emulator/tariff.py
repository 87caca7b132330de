"""What edits, upscales and cut-outs cost in US dollars, by the entries of the catalogue."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from venice import pricing
from venice.catalog import Model


def edit_usd(
    model: Model, images: int, *, resolution: str | None, quality: str | None, enhanced: bool
) -> Decimal:
    """An edit of one or several images; 0 for a model that has no price."""
    usd = pricing.edit_price(model, input_images=images, resolution=resolution, quality=quality)
    return (usd or Decimal(0)) + (pricing.ENHANCE_PROMPT_USD if enhanced else 0)


def upscale_usd(model: Model, scale: float) -> Decimal:
    """By the scale that is done, not the one that was asked for: up to 2 is a 2x, all above a 4x."""
    return _usd(model.pricing.get("upscale"), "2x" if scale <= 2 else "4x")


def cut_out_usd(model: Model) -> Decimal:
    return _usd(model.pricing, "generation")


def _usd(table: Any, key: str) -> Decimal:
    entry = table.get(key) if isinstance(table, Mapping) else None
    amount = entry.get("usd") if isinstance(entry, Mapping) else None
    return Decimal(str(amount)) if isinstance(amount, int | float) else Decimal(0)
