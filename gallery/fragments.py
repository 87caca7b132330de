"""The language of fragments that are hot: Jinja2, as Django's own backend gives it to `templates/**/*.jinja`."""

from functools import cache
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment

from gallery import formats


@cache
def _url(name: str) -> str:
    """The address of that name; it has no arguments, so that it is the same each time."""
    return reverse(name)


def environment(**options: Any) -> Environment:
    """What Django's backend asks for; a line that holds only a tag leaves nothing behind."""
    found = Environment(trim_blocks=True, lstrip_blocks=True, **options)  # noqa: S701 (the backend escapes)
    found.globals.update(static=static, url=_url)
    found.filters.update(usd=formats.usd, amount=formats.amount)
    return found
