"""The shapes that a form offers, each with what draws it; and its tiers, with what they cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from gallery import formats
from gallery.forms.model_change import nearest_pixels, proportion
from venice import Model
from venice.operations import PARAMETER, TIERS
from venice.pricing import generate_price

#: What a model that takes pixels is offered, from upright to wide.
RATIOS = ("9:16", "2:3", "3:4", "4:5", "1:1", "5:4", "4:3", "3:2", "16:9")
# The side of the square that each is drawn in, and the longest side of what is drawn.
BOX, LONGEST = 24, 20


@dataclass(frozen=True, slots=True)
class Shape:
    """A ratio as it is drawn: a rectangle within a square of 24. `width` and `height` are pixels, where it has some."""

    ratio: str
    is_chosen: bool = False
    width: int = 0
    height: int = 0

    @property
    def value(self) -> str:
        """`1152x864`, as a form sends it."""
        return formats.sides(self.width, self.height, "x")

    @property
    def is_drawn(self) -> bool:
        """Whether it is a shape: `auto` is none."""
        return proportion(self.ratio) is not None

    @property
    def across(self) -> float:
        """How wide it is drawn, in units of the square; its longer side is LONGEST."""
        shape = proportion(self.ratio) or 1
        return round(LONGEST * min(1, shape), 1)

    @property
    def down(self) -> float:
        shape = proportion(self.ratio) or 1
        return round(LONGEST * min(1, 1 / shape), 1)

    @property
    def left(self) -> float:
        """Its margin on either side, so that it is in the middle of the square."""
        return (BOX - self.across) / 2

    @property
    def top(self) -> float:
        return (BOX - self.down) / 2


@dataclass(frozen=True, slots=True)
class Tier:
    """A resolution or a quality; `price` is of one picture in USD, None where it depends on more than this."""

    name: str
    is_chosen: bool
    price: Decimal | None = None


def in_pixels(model: Model, width: object, height: object) -> list[Shape]:
    """The shapes of a model that takes pixels, each with the nearest that it makes; chosen is that of these sides."""
    shapes = []
    for ratio in RATIOS:
        if sides := nearest_pixels(ratio, model.divisor):
            is_chosen = (str(sides[0]), str(sides[1])) == (str(width).strip(), str(height).strip())
            shapes.append(Shape(ratio, is_chosen, *sides))
    return shapes


def of_ratios(ratios: Iterable[str], chosen: object) -> list[Shape]:
    """Those of a model that takes ratios, from upright to wide; what is no shape comes first."""
    ordered = sorted(ratios, key=lambda ratio: proportion(ratio) or 0)
    return [Shape(ratio, ratio == chosen) for ratio in ordered]


def tiers(model: Model, name: str, chosen: object) -> list[Tier]:
    """Resolutions or qualities of a model. Where both are paid for, no single one has a price."""
    prices = {each: generate_price(model, **{name: each}) for each in PARAMETER[name].offered_by(model)}
    has_price = not all(parameter.offered_by(model) for parameter in TIERS)
    return [Tier(each, each == chosen, price if has_price else None) for each, price in prices.items()]
