"""How numbers, money and shapes are written."""

import json as json_module
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import template

from gallery import formats
from gallery.models import Generation
from venice.operations.ratio import read_ratio

register = template.Library()


register.filter(formats.usd)
register.filter(formats.size)
register.filter(formats.amount)
register.filter(formats.about)
register.filter(formats.ordinal)


@register.filter
def duration(value: int | timedelta | None) -> str:
    """Milliseconds, or a length of time, in words; empty when unknown."""
    if value is None:
        return ""
    return formats.duration(value if isinstance(value, timedelta) else timedelta(milliseconds=value))


@register.filter
def milliseconds(value: timedelta | None) -> int:
    """Whole milliseconds, for the clock of an SVG animation."""
    return round(value.total_seconds() * 1000) if value is not None else 0


@register.filter
def shape(generation: Generation) -> int:
    """The shape that a generation's pictures will have, for the classes of ratios.css."""
    if generation.width and generation.height:
        return formats.shape(generation.width, generation.height)
    return formats.shape(*(read_ratio(generation.aspect_ratio) or (1, 1)))


@register.filter
def sides(picture: Any, sign: str = " × ") -> str:
    """How many pixels it has across and down."""
    return formats.sides(picture.width, picture.height, sign)


@register.filter
def others(generation: Generation) -> range:
    """One for each picture that it asks for, but for the first."""
    return range(generation.variants - 1)


@register.filter
def shape_of(image: Any) -> int:
    """As `shape`, of a stored picture."""
    return formats.shape(image.width, image.height)


@register.filter
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


@register.filter
def layout(images: Sequence[Any]) -> str:
    """How pictures share a card: in a row, in a stack, two beside a large one, or as a square of four."""
    shapes = [shape_of(image) for image in images]
    if len(set(shapes)) == 1:
        if len(shapes) == 4:
            return "square"
        if len(shapes) == 3 and 1.5 * shapes[0] <= formats.WIDEST:
            return "beside"
    return "row" if sum(shapes) <= formats.WIDEST else "stack"


@register.filter
def json(value: Any) -> str:
    """JSON for an attribute; escaping is the template's."""
    return json_module.dumps(value)


@register.simple_tag
def new_submission() -> str:
    """What makes a form that spends count once, however often it is sent."""
    return str(uuid.uuid4())
