"""`{% composer %}`: the create form in one line, for the gallery's page."""

import uuid
from typing import Any

from django import template

from gallery.forms import Catalog
from venice.pricing import generate_price

register = template.Library()


@register.inclusion_tag("create/_composer.html", takes_context=True)
def composer(context: dict[str, Any]) -> dict[str, Any]:
    """Prompt, model, price and Generate; its other button opens the whole form with what was typed.

    Drawn without a form object: the gallery's page is the one that must be fast.
    """
    catalog = Catalog.load()
    spec = catalog.default
    return {
        "groups": catalog.choices,
        "spec": spec,
        "quote": generate_price(spec) if spec else None,
        "submission": uuid.uuid4(),
        "csrf_token": context.get("csrf_token"),
        "user": context.get("user"),
        "request": context.get("request"),
    }
