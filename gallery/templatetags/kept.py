"""What was typed into a form before one signed in, back in its fields."""

from typing import Any

from django import template
from django.http import HttpRequest

from gallery.forms import kept

register = template.Library()


def words_of(request: HttpRequest, address: str, name: str, otherwise: object = "") -> object:
    """What was typed into the field `name` of the form that is sent to `address`; `otherwise` where nothing was."""
    words = kept.brought(request)
    if words is None or words.form != address or name not in words.fields:
        return otherwise
    return next(iter(words.fields[name]), "")


@register.simple_tag(takes_context=True)
def typed(context: template.Context, address: str, name: str, otherwise: object = "") -> Any:
    """As `words_of`, in a template."""
    return words_of(context["request"], address, name, otherwise)


@register.inclusion_tag("_kept.html", takes_context=True)
def kept_words(context: template.Context) -> dict[str, Any]:
    """What is said of it: what it was, and what must be chosen again."""
    request = context["request"]
    return {
        "is_asked": kept.is_asked(request),
        "typed": kept.brought(request),
        "restored": context.get("restored"),
    }
