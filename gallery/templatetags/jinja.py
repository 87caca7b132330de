"""`{% jinja "…" %}`: a fragment in Jinja2 within a page in Django's language."""

from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def jinja(context: template.Context, name: str, **values: Any) -> SafeString:
    """The fragment of that name, with all that the page knows, and `values`; it escapes for itself."""
    page_values: dict[str, Any] = context.flatten()  # type: ignore[assignment]
    return SafeString(get_template(name, using="jinja2").render({**page_values, **values}))
