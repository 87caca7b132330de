"""What a call costs, in US dollars, by the prices of the catalogue."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from venice.catalog import Model
from venice.operations import Edit, Generate, MultiEdit, Operation, Upscale

#: Added once for a request whose prompt Venice rewrites.
ENHANCE_PROMPT_USD = Decimal("0.04")
_MICRO = Decimal("0.000001")
_MAX_USD = 10_000


def price(operation: Operation, model: Model) -> Decimal | None:
    """The most that the call costs, six places; None when the catalogue has none. Web search is free.

    What has `extra` fields has no price: nobody tells what they cost.

    `model` is the entry of `operation.model`; for an operation whose model is fixed, that of the upscaler or
    of the background remover.
    """
    if operation.extra:
        return None
    if isinstance(operation, Generate):
        return generate_price(
            model,
            images=operation.image_count,
            resolution=operation.resolution,
            quality=operation.quality,
            enhance_prompt=bool(operation.enhance_prompt),
        )
    if isinstance(operation, Edit | MultiEdit):
        return edit_price(
            model,
            input_images=len(operation.images) if isinstance(operation, MultiEdit) else 1,
            resolution=operation.resolution,
            # Editing one image has no choice of quality: the model's own is what is billed.
            quality=operation.quality if isinstance(operation, MultiEdit) else None,
            enhance_prompt=bool(operation.enhance_prompt),
        )
    if isinstance(operation, Upscale):
        return _of_call(upscale_price(model, operation.effective_scale), 1, False)
    return generate_price(model, images=operation.image_count)


def generate_price(
    model: Model,
    *,
    images: int = 1,
    resolution: str | None = None,
    quality: str | None = None,
    enhance_prompt: bool = False,
) -> Decimal | None:
    """What pictures from text cost, which does not depend on the text; what is left out is the model's own."""
    return _of_call(_image_price(model, "generation", resolution, quality), images, enhance_prompt)


def _of_call(one: Decimal | None, images: int, enhance_prompt: bool) -> Decimal | None:
    if one is None:
        return None
    return (one * images + (ENHANCE_PROMPT_USD if enhance_prompt else 0)).quantize(_MICRO)


def total(prices: Iterable[Decimal | None]) -> Decimal | None:
    """What all of them cost together; None when one price is not known."""
    amounts = list(prices)
    return sum(filter(None, amounts), Decimal(0)) if None not in amounts else None


def edit_price(
    model: Model,
    *,
    input_images: int,
    resolution: str | None = None,
    quality: str | None = None,
    enhance_prompt: bool = False,
) -> Decimal | None:
    """The price of the tier plus that of the images above those included, which may be none.

    It does not depend on the text; what is left out is the model's own.
    """
    one = _image_price(model, "inpaint", resolution, quality)
    extra = model.pricing.get("inputImages")
    if one is not None and isinstance(extra, dict):
        included = extra.get("included")
        above = max(0, input_images - max(0, included if isinstance(included, int) else 0))
        one += above * (_usd(extra.get("additional")) or Decimal(0))
    return _of_call(one, 1, enhance_prompt)


def upscale_price(model: Model, scale: float) -> Decimal | None:
    """Up to twice the sides is one price, above that another (USD, None: unknown); `scale` is the one that is done."""
    return _usd(_lookup(model.pricing.get("upscale"), "2x" if scale <= 2 else "4x"))


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
