"""`{% composer %}` and `{% dock %}`: the create form in one line, on the gallery's page and on every other."""

from typing import cast

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString

from gallery.forms import Catalog
from gallery.forms.composer import of_draft
from gallery.http import site_status
from gallery.models import Draft, User

register = template.Library()


@register.simple_tag(takes_context=True)
def composer(context: template.Context) -> SafeString:
    """Prompt, model, price and Generate, with all that its member's draft holds; *Options* opens the whole form."""
    return _drawn(context, "#active", is_docked=False)


@register.simple_tag(takes_context=True)
def dock(context: template.Context, target: str = "#active") -> SafeString:
    """The same at the lower edge of the window.

    What is made appears in `target`, a selector; empty where the page shows it by itself.
    """
    return _drawn(context, target, is_docked=True)


def _drawn(context: template.Context, target: str, *, is_docked: bool) -> SafeString:
    request = context["request"]
    user = cast(User | None, context.get("user"))
    draft = Draft.objects.current_of(user) if user else None
    values = {
        "composer": of_draft(Catalog.load(site_status(request)), draft.values if draft else {}, user),
        "csrf_token": context.get("csrf_token"),
        "user": user,
        "request": request,
        "target": target,
        "is_docked": is_docked,
    }
    return SafeString(get_template("create/_composer.jinja", using="jinja2").render(values))
