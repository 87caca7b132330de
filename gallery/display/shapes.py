"""Shapes of pictures and of the cards that they lie in, in hundredths, as the classes of ratios.css know them."""

from collections.abc import Sequence
from typing import Any

from gallery import formats
from gallery.models import Generation
from venice.operations.ratio import read_ratio


def shape(generation: Generation) -> int:
    """The shape that a generation's pictures will have, for the classes of ratios.css."""
    if generation.width and generation.height:
        return formats.shape(generation.width, generation.height)
    return formats.shape(*(read_ratio(generation.aspect_ratio) or (1, 1)))


def shape_of(image: Any) -> int:
    """As `shape`, of a stored picture."""
    return formats.shape(image.width, image.height)


def shape_of_all(images: Sequence[Any]) -> int:
    """The shape of a card in which these pictures lie as `layout` says, each in its own."""
    shapes = [shape_of(image) for image in images]
    match layout(images):
        case "stack":
            together = round(1 / sum(1 / shape for shape in shapes))
        case "beside":
            together = round(1.5 * shapes[0])
        case "square":
            together = shapes[0]
        case _:
            together = sum(shapes)
    return min(max(together, formats.NARROWEST), formats.WIDEST)


def layout(images: Sequence[Any]) -> str:
    """How pictures share a card: in a row, in a stack, two beside a large one, or as a square of four."""
    shapes = [shape_of(image) for image in images]
    if len(set(shapes)) == 1:
        if len(shapes) == 4:
            return "square"
        if len(shapes) == 3 and 1.5 * shapes[0] <= formats.WIDEST:
            return "beside"
    return "row" if sum(shapes) <= formats.WIDEST else "stack"
