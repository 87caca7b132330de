"""What edits, upscales and cut-outs cost in US dollars, by the entries of the catalogue."""

from decimal import Decimal

from venice import pricing
from venice.catalog import Model


def edit_usd(
    model: Model, images: int, *, resolution: str | None, quality: str | None, enhanced: bool
) -> Decimal:
    """An edit of one or several images; 0 for a model that has no price."""
    usd = pricing.edit_price(
        model, input_images=images, resolution=resolution, quality=quality, enhance_prompt=enhanced
    )
    return usd or Decimal(0)


def upscale_usd(model: Model, scale: float) -> Decimal:
    """By the scale that is done, not the one that was asked for: up to 2 is a 2x, all above a 4x."""
    return pricing.upscale_price(model, scale) or Decimal(0)


def cut_out_usd(model: Model) -> Decimal:
    return pricing.generate_price(model) or Decimal(0)
