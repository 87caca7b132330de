"""How large a picture is, from the model's sizing idiom."""

import math
from collections.abc import Mapping
from typing import Any

from venice.catalog import Model

DEFAULT_SIDE = 1024
STEP = 16


def pixel_size(payload: Mapping[str, Any], model: Model) -> tuple[int, int]:
    """Width and height in pixels.

    Pixel models take them as asked, 1024 by default. For ratio models Venice publishes no table, so the
    emulator defines one: a tier of n K has the area of (1024 n)² pixels (1K 1024², 2K 2048², 4K 4096²; a
    model without tiers has 1K), divided by the ratio, each side rounded to a multiple of 16. `auto` is 1:1,
    and a ratio that is not in the model's list is its default, as Venice falls back.
    """
    if model.sizing == "pixels":
        return int(payload.get("width", DEFAULT_SIDE)), int(payload.get("height", DEFAULT_SIDE))
    ratio = chosen_ratio(payload, model)
    tier = payload.get("resolution", model.default_resolution) if model.resolutions else None
    area = (_tier_factor(tier) * DEFAULT_SIDE) ** 2
    across, down = _parts(ratio)
    width = math.sqrt(area * across / down)
    return _rounded(width), _rounded(width * down / across)


def edited_size(ratio: str | None, tier: str | None, source: tuple[int, int]) -> tuple[int, int]:
    """The size of an edit: its tier's area in the ratio asked for, or in the first input's (4:1 at most)."""
    across, down = source if ratio in (None, "auto") else _parts(str(ratio))
    shape = min(4.0, max(0.25, across / down))
    width = math.sqrt((_tier_factor(tier) * DEFAULT_SIDE) ** 2 * shape)
    return _rounded(width), _rounded(width / shape)


def chosen_ratio(payload: Mapping[str, Any], model: Model) -> str:
    """The ratio asked for when the model has it, else its default."""
    asked = payload.get("aspect_ratio")
    if isinstance(asked, str) and asked in model.aspect_ratios:
        return asked
    return model.default_aspect_ratio or "1:1"


def _parts(ratio: str) -> tuple[int, int]:
    across, _, down = ratio.partition(":")
    if across.isdecimal() and down.isdecimal() and int(across) and int(down):
        return int(across), int(down)
    return 1, 1


def _tier_factor(tier: Any) -> int:
    text = str(tier or "1K").upper().removesuffix("K")
    return int(text) if text in ("1", "2", "4") else 1


def _rounded(side: float) -> int:
    return max(STEP, round(side / STEP) * STEP)
