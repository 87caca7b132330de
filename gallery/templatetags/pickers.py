"""What the create form's size is drawn from."""

from django import template
from django.forms import BoundField

from gallery.forms import GenerateForm
from gallery.forms.shapes import Shape, Tier, in_pixels, of_ratios, tiers

register = template.Library()

# How many pictures people mostly want of one request.
USUAL_COUNTS = ("1", "2", "3", "4", "8")


@register.simple_tag
def shapes(form: GenerateForm) -> list[Shape]:
    """The shapes that the form's model takes, in pixels or as ratios."""
    if form.spec is None:
        return []
    if "width" in form.fields:
        return in_pixels(form.spec, form["width"].value(), form["height"].value())
    if "aspect_ratio" in form.fields:
        return of_ratios(form.spec.aspect_ratios, form["aspect_ratio"].value())
    return []


@register.simple_tag
def tiers_of(form: GenerateForm, name: str) -> list[Tier]:
    """The resolutions or qualities that the form offers, by the field's `name`; none where it has no such field."""
    return tiers(form.spec, name, form[name].value()) if form.spec and name in form.fields else []


@register.simple_tag
def is_exact(form: GenerateForm, offered: list[Shape]) -> bool:
    """Whether its pixels are to be seen: they are wrong, or those of no shape that is offered."""
    return bool({"width", "height"} & form.errors.keys()) or not any(shape.is_chosen for shape in offered)


@register.simple_tag
def usual_counts(field: BoundField) -> list[tuple[str, bool]]:
    """Numbers of pictures that are at hand, and which of them it is."""
    return [(number, number == str(field.value())) for number in USUAL_COUNTS]
