"""What a call costs, in US dollars, by the prices of the catalogue."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from venice.catalog import Model
from venice.operations import Generate

#: Added once for a request whose prompt Venice rewrites.
ENHANCE_PROMPT_USD = Decimal("0.04")
_MICRO = Decimal("0.000001")
_MAX_USD = 10_000


def price(operation: Generate, model: Model) -> Decimal | None:
    """The most that the call costs, six places; None when the catalogue tells none. Web search is free."""
    one = _image_price(model, "generation", operation.resolution, operation.quality)
    if one is None:
        return None
    total = one * operation.image_count
    if operation.enhance_prompt:
        total += ENHANCE_PROMPT_USD
    return total.quantize(_MICRO)


def edit_price(
    model: Model, *, input_images: int = 1, resolution: str | None = None, quality: str | None = None
) -> Decimal | None:
    """The price of one edit with a model of type inpaint: its tier plus the images above those included."""
    one = _image_price(model, "inpaint", resolution, quality)
    if one is None:
        return None
    extra = model.pricing.get("inputImages")
    if isinstance(extra, dict):
        included = extra.get("included")
        above = max(0, input_images - (included if isinstance(included, int) else 0))
        one += above * (_usd(extra.get("additional")) or Decimal(0))
    return one.quantize(_MICRO)


def _image_price(model: Model, flat: str, resolution: str | None, quality: str | None) -> Decimal | None:
    prices = model.pricing
    tier = resolution if resolution and model.resolutions else model.default_resolution
    # Where there are qualities they are what is billed; `resolutions` stays in the list for older clients.
    by_quality = _lookup(prices.get("quality"), tier)
    if by_quality is not None:
        return _usd(_lookup(by_quality, quality or model.default_quality))
    if isinstance(prices.get("resolutions"), dict):
        return _usd(_lookup(prices["resolutions"], tier))
    return _usd(prices.get(flat))


def _lookup(table: Any, key: str | None) -> Any:
    """The entry of that name; tiers have been listed as "1k" and as "1K"."""
    if not isinstance(table, Mapping) or key is None:
        return None
    if key in table:
        return table[key]
    return next((value for name, value in table.items() if str(name).lower() == key.lower()), None)


def _usd(entry: Any) -> Decimal | None:
    amount = entry.get("usd") if isinstance(entry, Mapping) else None
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        return None
    # NaN fails the comparison, infinity the bound.
    return Decimal(str(amount)) if 0 <= amount <= _MAX_USD else None
