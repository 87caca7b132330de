"""What a picture or a prompt of the gallery fills the create form with."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import Http404, QueryDict

from gallery import access
from gallery.formats import read_id
from gallery.forms.catalog import Catalog
from gallery.forms.form_values import models_named
from gallery.forms.form_values import values as form_values
from gallery.forms.model_change import proportion
from gallery.models import Image, Prompt
from venice import Generate
from venice.operations import PARAMETER, SHAPE, TEXTS, parameters_of

# What of it the form of a model has no field for is left out by the form.
EVERYTHING = frozenset(each.name for each in parameters_of(Generate.kind))
USES = {
    "prompt": TEXTS,
    "seed": frozenset({"seed"}),
    "size": SHAPE,
    "all": EVERYTHING,
    "remix": EVERYTHING - {"seed"},
}


def picture_named(query: QueryDict) -> Image | None:
    """The picture that `?image=` or the hidden field names; None when it names none that is there."""
    number = read_id(query.get("image") or "")
    try:
        return access.image_to_see(number) if number is not None else None
    except Http404:
        return None


def values_of(image: Image, uses: Iterable[str]) -> dict[str, Any]:
    """The parameters of `image` that `uses` ask for. The seed is its own: a variant has none."""
    wanted = frozenset[str]().union(*(USES.get(use.strip(), frozenset()) for use in uses))
    asked = {**image.generation.request, "seed": image.seed}
    return {name: asked[name] for name in wanted if asked.get(name) is not None}


def values_of_file(
    parameters: Mapping[str, Any], catalog: Catalog, chosen: Mapping[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """What a file says of its picture, as the form takes it, and what names nothing that Venice has.

    A model that is none of Venice's leaves what is `chosen`, or the default. Where the first model takes shapes in
    place of pixels, they become the nearest shape, if it is near.
    """
    values = dict(parameters)
    unknown = []
    if "model" in values and catalog.find(values["model"]) is None:
        unknown.append((PARAMETER["model"].label, str(values.pop("model"))))
    values = {**chosen, **values}
    spec = catalog.find(next(iter(models_named(values)), None)) or catalog.default
    is_shaped = spec is not None and spec.sizing == "ratio" and {"width", "height"} <= values.keys()
    if spec and is_shaped and (ratio := _near(values["width"] / values["height"], spec.aspect_ratios)):
        values |= {"aspect_ratio": ratio}
        del values["width"], values["height"]
    return values, unknown


def _near(shape: float, ratios: Iterable[str]) -> str | None:
    """The ratio that is this shape, but for a twentieth: sides are rounded to whole blocks."""
    off = {ratio: abs(exact / shape - 1) for ratio in ratios if (exact := proportion(ratio))}
    nearest = min(off, key=off.__getitem__, default=None)
    return nearest if nearest and off[nearest] < 0.05 else None


def values_asked(query: QueryDict, image: Image | None) -> dict[str, Any]:
    """What the address of the create page fills in: by reference first, then field by field."""
    values: dict[str, Any] = {}
    if image is not None:
        values |= values_of(image, (query.get("use") or "all").split(","))
    number = read_id(query.get("use_prompt") or "")
    if number is not None and (prompt := Prompt.objects.filter(pk=number).first()):
        values |= {"prompt": prompt.text}
    return values | form_values(query)
