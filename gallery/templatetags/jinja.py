"""`{% jinja "…" %}`: a fragment in Jinja2 within a page in Django's language."""

from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import get_template
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def jinja(context: template.Context, name: str, **values: Any) -> SafeString:
    """The fragment of that name, with all that the page knows, and `values`; it escapes for itself."""
    page_values: dict[str, Any] = context.flatten()  # type: ignore[assignment]
    return _drawn(name, {**page_values, **values})


@register.simple_tag
def jinja_once(name: str) -> SafeString:
    """A fragment that is the same on every page for everybody, and knows nothing of either: drawn once in a process."""
    return _drawn(name, {}) if settings.DEBUG else _kept(name)


@lru_cache(maxsize=100)
def _kept(name: str) -> SafeString:
    return _drawn(name, {})


def _drawn(name: str, values: dict[str, Any]) -> SafeString:
    return SafeString(get_template(name, using="jinja2").render(values))
