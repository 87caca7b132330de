"""Moments in time, and words from outside, as every page writes them."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

#: Names for the forms of a moment, as templates ask for them. A list has dozens: Django's own patterns, which are read
#: anew each time, take twenty times as long.
FORMS = {
    "day": "{0.day} {0:%b %Y}",
    "minute": "{0.day} {0:%b %Y %H:%M}",
    "second": "{0.day} {0:%b %Y %H:%M:%S}",
    "clock": "{0:%H:%M:%S}",
}


@register.simple_tag
def moment(at: datetime, form: str = "minute") -> SafeString:
    """`at` in the reader's zone, as a `<time>`: its `day`, to the `minute` or `second`, or the `clock` alone.

    `near` is the day as people say it: today, yesterday, or its date.

    Pointing at it tells the second and the zone.
    """
    local = timezone.localtime(at)
    whole = f"{FORMS['second'].format(local)} {local.tzname()}"
    words = _near(local) if form == "near" else FORMS[form].format(local)
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), whole, words)


def _near(local: datetime) -> str:
    days = (timezone.localdate() - local.date()).days
    return {0: "today", 1: "yesterday"}.get(days) or FORMS["day"].format(local)


@register.simple_tag
def quote(words: object) -> SafeString:
    """Words of people or of Venice: set apart from the direction of what surrounds them, and inert to htmx."""
    return format_html('<bdi dir="auto" hx-disable>{}</bdi>', words)
