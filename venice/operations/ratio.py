"""One size in the terms of the other: a ratio in pixels, and pixels as the nearest ratio that a model offers."""

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from venice.operations.parameters import DEFAULT_SIDE, MAX_SIDE

_RATIO = re.compile(r"\s*(\d{1,4})\s*[:x/]\s*(\d{1,4})\s*")
#: Narrower pictures would have a side of less than 256 pixels.
_NARROWEST = MAX_SIDE / 256
#: What differs by more is another shape: 3:2 is an eighth away from 4:3.
_NEAR = 1.06


class Size(NamedTuple):
    """In pixels."""

    width: int
    height: int


def pixels_of(ratio: str, divisor: int) -> Size | None:
    """The sides nearest to this ratio, both multiples of `divisor`; None for what is no ratio or too narrow."""
    match = _RATIO.fullmatch(ratio)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if not width or not height or not 1 / _NARROWEST <= width / height <= _NARROWEST:
        return None
    return sides_of(width / height, divisor)


def sides_of(shape: float, divisor: int) -> Size:
    """The sides whose width by height is nearest to `shape`, both multiples of `divisor`, within what Venice takes."""
    step = min(max(divisor, 1), MAX_SIDE)
    most = MAX_SIDE - MAX_SIDE % step
    longer = max(shape, 1 / shape)
    long = max(step, round(min(DEFAULT_SIDE * math.sqrt(longer), most) / step) * step)
    short = min(max(step, round(long / longer / step) * step), most)
    return Size(long, short) if shape >= 1 else Size(short, long)


def nearest_ratio(width: int, height: int, offered: Iterable[str], *, near: float = _NEAR) -> str | None:
    """The one of `offered` that these sides come near, at most `near` times off; None when all are of another shape."""
    if width < 1 or height < 1:
        return None
    matches = {ratio: match for ratio in offered if (match := _RATIO.fullmatch(ratio))}
    shapes = {ratio: int(match[1]) / int(match[2]) for ratio, match in matches.items() if int(match[2])}
    away = {ratio: abs(math.log(width / height / shape)) for ratio, shape in shapes.items() if shape}
    best = min(away, key=lambda ratio: away[ratio], default=None)
    return best if best is not None and away[best] <= math.log(near) else None
