"""How numbers, money and shapes are written."""

import json as json_module
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone

from gallery.display import timeline
from gallery.listing import tiles
from gallery.models import Generation
from venice.pricing import dollars

register = template.Library()


@register.filter
def usd(amount: Decimal | None) -> str:
    """Dollars with at least two decimals and no more than are needed; empty when unknown."""
    return "" if amount is None else dollars(amount)


@register.filter
def size(count: int) -> str:
    """Bytes as `412 KB`, `1.3 MB`."""
    return timeline.size(count)


@register.filter
def amount(price: Decimal | None) -> str:
    """The same as a number, for a form's field."""
    return usd(price).removeprefix("$")


@register.filter
def duration(value: int | timedelta | None) -> str:
    """Milliseconds, or seconds from one second on; empty when unknown."""
    if value is None:
        return ""
    milliseconds = value.total_seconds() * 1000 if isinstance(value, timedelta) else value
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


@register.filter
def until(moment: datetime) -> timedelta:
    """How long it is until then; nothing when it is past."""
    return max(moment - timezone.now(), timedelta(0))


@register.filter
def about(length: timedelta) -> str:
    """A length of time in round numbers: `a moment`, `12 s`, `40 s`, `5 min`; live.js writes the same."""
    seconds = length.total_seconds()
    if seconds < 3:
        return "a moment"
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds < 20 else f"{5 * round(seconds / 5)} s"
    return f"{seconds / 60:.0f} min"


@register.filter
def milliseconds(value: timedelta | None) -> int:
    """Whole milliseconds, for the clock of an SVG animation."""
    return round(value.total_seconds() * 1000) if value is not None else 0


@register.filter
def shape(generation: Generation) -> int:
    """The shape that a generation's pictures will have, for the classes of ratios.css."""
    if generation.width and generation.height:
        return tiles.shape(generation.width, generation.height)
    across, _, down = generation.aspect_ratio.partition(":")
    if across.isdecimal() and down.isdecimal() and int(across[:4]) and int(down[:4]):
        return tiles.shape(int(across[:4]), int(down[:4]))
    return 100


@register.filter
def shape_of(image: Any) -> int:
    """The shape of a stored picture."""
    return tiles.shape(image.width, image.height)


@register.filter
def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th …"""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


@register.filter
def json(value: Any) -> str:
    """JSON for an attribute; escaping is the template's."""
    return json_module.dumps(value)


@register.simple_tag
def new_submission() -> str:
    """What makes a form that spends count once, however often it is sent."""
    return str(uuid.uuid4())
