"""Colours as tuples, and mixing that keeps in-between tones clean."""

import colorsys
from collections.abc import Sequence
from functools import lru_cache

Colour = tuple[int, int, int]


def rgb(text: str) -> Colour:
    """`#1b2a3c` or `1b2a3c`."""
    digits = text.removeprefix("#")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour at `share` (0 to 1) of the way, taken through Oklab so that it does not turn grey."""
    a, b = _lab(first), _lab(second)
    light, green, blue = (x + (y - x) * share for x, y in zip(a, b, strict=True))
    return _from_lab(light, green, blue)


def ramp(stops: Sequence[Colour], count: int) -> list[Colour]:
    """`count` colours evenly along the stops."""
    last = len(stops) - 1
    colours = []
    for step in range(count):
        position = step / max(1, count - 1) * last
        left = min(int(position), last - 1) if last else 0
        colours.append(mix(stops[left], stops[min(left + 1, last)], position - left))
    return colours


def shade(colour: Colour, amount: float) -> Colour:
    """Darker for a negative amount, lighter for a positive one, up to -1 and 1."""
    return mix(colour, (255, 255, 255) if amount > 0 else (4, 4, 12), abs(amount))


def turn(colour: Colour, degrees: float, saturation: float = 1, value: float = 1) -> Colour:
    """Rotate the hue; scale saturation and value."""
    hue, sat, val = colorsys.rgb_to_hsv(*(channel / 255 for channel in colour))
    channels = colorsys.hsv_to_rgb((hue + degrees / 360) % 1, min(1, sat * saturation), min(1, val * value))
    return _clamped(*(channel * 255 for channel in channels))


def _clamped(red: float, green: float, blue: float) -> Colour:
    return (
        max(0, min(255, round(red))),
        max(0, min(255, round(green))),
        max(0, min(255, round(blue))),
    )


@lru_cache(maxsize=4096)
def _lab(colour: Colour) -> tuple[float, float, float]:
    red, green, blue = (((channel / 255) ** 2.2) for channel in colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _from_lab(light: float, green: float, blue: float) -> Colour:
    long = (light + 0.3963377774 * green + 0.2158037573 * blue) ** 3
    middle = (light - 0.1055613458 * green - 0.0638541728 * blue) ** 3
    short = (light - 0.0894841775 * green - 1.2914855480 * blue) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    red, gre, blu = (255 * max(0.0, channel) ** (1 / 2.2) for channel in linear)
    return _clamped(red, gre, blu)
