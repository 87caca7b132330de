"""`{% composer %}`: the create form in one line, for the gallery's page."""

import uuid

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString

from gallery.forms import Catalog
from gallery.http import glance
from venice import Model
from venice.pricing import generate_price

register = template.Library()


_drawn: tuple[Catalog, Model | None, SafeString] | None = None


def _drawn_of(catalog: Catalog) -> tuple[Model | None, SafeString]:
    """The model chosen at first, and the list to choose from: the same for all, kept while Venice's list stays."""
    global _drawn
    if _drawn is None or _drawn[0] is not catalog:
        values = {"groups": catalog.choices, "spec": catalog.default}
        options = get_template("create/_composer_models.jinja", using="jinja2").render(values)
        _drawn = (catalog, catalog.default, SafeString(options))
    return _drawn[1], _drawn[2]


@register.simple_tag(takes_context=True)
def composer(context: template.Context) -> SafeString:
    """Prompt, model, price and Generate; its other button opens the whole form with what was typed.

    Drawn without a form object: the gallery's page is the one that must be fast.
    """
    catalog = Catalog.load(glance(context["request"]))
    spec, options = _drawn_of(catalog)
    values = {
        "options": options,
        "spec": spec,
        "price": generate_price(spec) if spec else None,
        "submission": uuid.uuid4(),
        "csrf_token": context.get("csrf_token"),
        "user": context.get("user"),
        "request": context.get("request"),
    }
    return SafeString(get_template("create/_composer.jinja", using="jinja2").render(values))
