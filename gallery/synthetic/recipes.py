"""What people ask for: some models far more often than others, in a few shapes, mostly without a style."""

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any

from gallery.synthetic.pictures import Shape
from venice import Generate, Model, bundled_models, bundled_styles, price
from venice.emulator.sizes import pixel_size

_RATIOS = ("1:1", "3:2", "2:3", "16:9", "9:16", "3:4", "4:5")
# A model of the pixel kind takes at most 1280 a side, and multiples of its divisor; 16 is every model's.
_SIZES = ((1024, 1024), (1248, 832), (832, 1248), (880, 1184), (912, 1152))
# What pretend requests have in common; their prompt, seed and style are drawn for each, and none is ever sent.
_BASE = Generate(model="-", prompt="-", seed=1, format="webp", safe_mode=True, hide_watermark=False)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A model in one shape: the body of the request but for prompt, seed, style and variants."""

    model: Model
    request: dict[str, Any]
    shape: Shape
    price: Decimal | None


@cache
def menu() -> tuple[list[list[Recipe]], list[float]]:
    """For each model its recipes, and how often the models are chosen: the n-th 1/n as often as the first."""
    recipes = [_of(model) for model in bundled_models() if model.takes_generate]
    return recipes, [1 / rank for rank in range(1, len(recipes) + 1)]


@cache
def styles() -> list[str]:
    """The names that may be asked for."""
    return bundled_styles()


def shapes() -> list[Shape]:
    """Every shape that a recipe has, in a fixed order."""
    return sorted({recipe.shape for recipes in menu()[0] for recipe in recipes})


def _of(model: Model) -> list[Recipe]:
    if model.sizing == "pixels":
        asked = [replace(_BASE, width=width, height=height) for width, height in _SIZES]
    else:
        ratios: list[str | None] = [ratio for ratio in _RATIOS if ratio in model.aspect_ratios]
        tier = "1K" if "1K" in model.resolutions else None
        quality = model.default_quality
        asked = [
            replace(_BASE, aspect_ratio=ratio, resolution=tier, quality=quality) for ratio in ratios or [None]
        ]
    recipes = []
    for request in asked:
        operation = request.for_model(model)
        if not operation.problems(model):
            shape = pixel_size(operation.payload(), model)
            recipes.append(Recipe(model, operation.payload(), shape, price(operation, model)))
    return recipes
