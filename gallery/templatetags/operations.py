"""What can be done with a picture, as links; and the pictures whose style the create form follows."""

from dataclasses import dataclass
from typing import Any, cast

from django import template
from django.http import QueryDict
from django.template import Context
from django.urls import reverse

from gallery.forms import style_references
from gallery.forms.catalog import Catalog
from gallery.forms.operations import Offered, offered
from gallery.forms.sources import name_of
from gallery.http import site_status
from gallery.models import Image, Kind
from gallery.models.stored import StoredPicture

register = template.Library()

# So much may the shapes of before and after differ to lie on each other: sides are whole pixels.
_ALIKE = 0.02
_CHANGING = (Kind.UPSCALE, Kind.EDIT, Kind.REMOVE_BACKGROUND)


@register.simple_tag
def operations_on(picture: StoredPicture) -> list[Offered]:
    """The operations, in their order, with the address of each one's form for this picture."""
    return offered(picture)


@dataclass(frozen=True, slots=True)
class Before:
    """What a picture was before something was done to it, and both, in this order."""

    image: Image | None
    pair: tuple[StoredPicture, StoredPicture]


@register.simple_tag
def before_of(image: Image) -> Before | None:
    """For a picture that was made from one other, and shows the same; None for every other picture."""
    if image.generation.kind not in _CHANGING:
        return None
    source = image.generation.inputs.select_related("image").first()
    if source is None or abs(
        source.width * image.height - image.width * source.height
    ) > _ALIKE * image.width * (source.height):
        return None
    return Before(source.image, (source, image))


@register.simple_tag(takes_context=True)
def style_reference_address(context: Context, picture: StoredPicture) -> str:
    """Where the create form follows its style, with a model that can; empty when there is none."""
    models = Catalog.load(site_status(context["request"])).models
    # Which one is said by the form: the chosen one, when it can.
    is_possible = any(model.supports_style_references and not model.offline for model in models)
    return reverse("create", query={style_references.FIELD: name_of(picture)}) if is_possible else ""


@register.inclusion_tag("create/_style_references.html", takes_context=True)
def followed_styles(context: Context, form: Any) -> dict[str, Any]:
    """The pictures that the form on the page names, by what its request has sent."""
    request = context["request"]
    # A page that fills the form by itself says with what.
    posted = request.POST if request.method == "POST" else request.GET
    sent = cast(QueryDict, context.get("followed") or context.get("sent") or posted)
    references = style_references.read(sent, request.user)
    problem = references.problem or style_references.too_many(form.spec, len(references.entries))
    return {
        "form": form,
        "references": references.entries,
        "problems": form.errors.get(style_references.FIELD) or ([problem] if problem else []),
        "note": style_references.note(form.spec, len(references.entries)),
        "in_matrix": "asked" in context,
        "takes": form.spec and form.spec.supports_style_references,
        "takes_strength": form.spec and form.spec.supports_style_strength,
    }
