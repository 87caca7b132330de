"""`{% composer %}`: the create form in one line, for the gallery's page."""

import uuid

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString

from gallery.forms import Catalog
from gallery.forms.model_fields import MAX_COUNT
from gallery.http import glance
from venice.pricing import generate_price

register = template.Library()


@register.simple_tag(takes_context=True)
def composer(context: template.Context) -> SafeString:
    """Prompt, model, price and Generate; its other button opens the whole form with what was typed.

    Drawn without a form object: the gallery's page is the one that must be fast.
    """
    catalog = Catalog.load(glance(context["request"]))
    spec = catalog.default
    values = {
        "groups": catalog.choices,
        "spec": spec,
        "most_at_once": MAX_COUNT,
        "price": generate_price(spec) if spec else None,
        "submission": uuid.uuid4(),
        "csrf_token": context.get("csrf_token"),
        "user": context.get("user"),
        "request": context.get("request"),
    }
    return SafeString(get_template("create/_composer.jinja", using="jinja2").render(values))
