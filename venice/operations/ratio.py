"""One size in the terms of the other: a ratio in pixels, and pixels as the nearest ratio that a model offers."""

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from venice.operations.parameters import DEFAULT_SIDE, MAX_SIDE

_RATIO = re.compile(r"\s*([0-9]{1,6})\s*[:x/]\s*([0-9]{1,6})\s*", re.ASCII)
#: Narrower pictures would have a side of less than 256 pixels.
_NARROWEST = MAX_SIDE / 256
#: What differs by more is another shape: 3:2 is an eighth away from 4:3.
_NEAR = 1.06


class Size(NamedTuple):
    """In pixels."""

    width: int
    height: int


def read_ratio(text: str) -> tuple[int, int] | None:
    """Both numbers of `16:9`; None for what is no shape, as `auto`."""
    match = _RATIO.fullmatch(text)
    across, down = (int(match[1]), int(match[2])) if match else (0, 0)
    return (across, down) if across and down else None


def pixels_of(ratio: str, divisor: int) -> Size | None:
    """The sides nearest to this ratio, both multiples of `divisor`; None for what is no ratio or too narrow."""
    width, height = read_ratio(ratio) or (0, 1)
    if not 1 / _NARROWEST <= width / height <= _NARROWEST:
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
    shapes = {ratio: read[0] / read[1] for ratio in offered if (read := read_ratio(ratio))}
    away = {ratio: abs(math.log(width / height / shape)) for ratio, shape in shapes.items()}
    best = min(away, key=lambda ratio: away[ratio], default=None)
    return best if best is not None and away[best] <= math.log(near) else None
