"""`{% composer %}`: the create form in one line, for the gallery's page."""

from typing import Any

from django import template

from gallery.forms import Catalog, GenerateForm
from gallery.forms.drawing import PRICED

register = template.Library()


@register.inclusion_tag("create/_composer.html", takes_context=True)
def composer(context: dict[str, Any]) -> dict[str, Any]:
    """Prompt, model, price and Generate; its other button opens the whole form with what was typed."""
    form = GenerateForm(Catalog.load())
    form.fields["model"].widget.attrs = {**PRICED, "autocomplete": "off"}
    return {"form": form, "csrf_token": context.get("csrf_token")}
