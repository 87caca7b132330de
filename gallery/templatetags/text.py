"""Moments in time, and words from outside, as every page writes them."""

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gallery import formats

register = template.Library()

#: Names for the forms of a moment, as templates ask for them. A list has dozens: Django's own patterns, which are read
#: anew each time, take twenty times as long.
FORMS = {
    "day": "{0.day} {0:%b %Y}",
    "minute": "{0.day} {0:%b %Y %H:%M}",
    "second": "{0.day} {0:%b %Y %H:%M:%S}",
    "clock": "{0:%H:%M:%S}",
    "since": "since {0:%H:%M:%S}",
}
# Those whose words live.js writes anew each second.
_COUNTED = ("since", "until")


@register.simple_tag
def moment(at: datetime, form: str = "minute") -> SafeString:
    """`at` in the reader's zone, as a `<time>`: its `day`, to the `minute` or `second`, or the `clock` alone.

    `near` is the day as people say it: today, yesterday, or its date. `since` is a clock until seconds are counted
    from then on, `until` how long it is until then.

    Pointing at it tells the second and the zone.
    """
    local = timezone.localtime(at)
    whole = f"{FORMS['second'].format(local)} {local.tzname()}"
    counts = format_html(' data-{}="{}"', form, local.isoformat()) if form in _COUNTED else ""
    words = _WORDS[form](local) if form in _WORDS else FORMS[form].format(local)
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', local.isoformat(), whole, counts, words)


@register.filter
def local_day(at: datetime) -> date:
    """The day in the reader's zone: to be compared with another, not to be shown."""
    return timezone.localtime(at).date()


def _near(local: datetime) -> str:
    days = (timezone.localdate() - local.date()).days
    return {0: "today", 1: "yesterday"}.get(days) or FORMS["day"].format(local)


def _until(local: datetime) -> str:
    return formats.about(max(local - timezone.now(), timedelta(0)))


_WORDS = {"near": _near, "until": _until}


@register.simple_tag
def quote(words: object) -> SafeString:
    """Words of people or of Venice: set apart from the direction of what surrounds them, and inert to htmx."""
    return format_html('<bdi dir="auto" hx-disable>{}</bdi>', words)
