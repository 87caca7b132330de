"""`{% composer %}`: the create form in one line, for the gallery's page."""

from typing import cast

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString

from gallery.forms import Catalog
from gallery.forms.composer import line
from gallery.http import glance
from gallery.models import Draft, User

register = template.Library()


@register.simple_tag(takes_context=True)
def composer(context: template.Context) -> SafeString:
    """Prompt, model, price and Generate, with all that its member's draft holds; *Options* opens the whole form."""
    request = context["request"]
    user = cast(User | None, context.get("user"))
    draft = Draft.objects.current_of(user) if user else None
    values = {
        "line": line(Catalog.load(glance(request)), draft.values if draft else {}),
        "csrf_token": context.get("csrf_token"),
        "user": user,
        "request": request,
    }
    return SafeString(get_template("create/_composer.jinja", using="jinja2").render(values))
