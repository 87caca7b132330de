"""How numbers, money and shapes are written."""

import uuid
from datetime import timedelta
from typing import Any

from django import template

from gallery import formats
from gallery.display import shapes

register = template.Library()


register.filter(formats.usd)
register.filter(formats.amount)
register.filter(formats.about)
register.filter(formats.ordinal)
register.filter(formats.size)
register.filter(shapes.shape_of)


@register.filter
def duration(value: int | timedelta | None) -> str:
    """Milliseconds, or a length of time, in words; empty when unknown."""
    if value is None:
        return ""
    return formats.duration(value if isinstance(value, timedelta) else timedelta(milliseconds=value))


@register.filter
def sides(picture: Any, sign: str = " × ") -> str:
    """How many pixels it has across and down."""
    return formats.sides(picture.width, picture.height, sign)


@register.simple_tag
def new_submission() -> str:
    """What makes a form that spends count once, however often it is sent."""
    return str(uuid.uuid4())
