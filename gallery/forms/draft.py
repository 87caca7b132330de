"""Between a draft and the form: which of its values a model's form shows, and what a sent form says of all of them.

A page carries the whole draft: its fields, and in hidden ones (`kept-…`) what its model does not take, or takes in
another shape. So that a form that was sent tells everything, whatever has been saved since it was drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from gallery.formats import sides
from gallery.forms import style_references
from gallery.forms.catalog import Catalog
from gallery.forms.fields import INVALID_TEXT
from gallery.forms.form_values import models_named
from gallery.forms.generate import DRAWN_FOR, GenerateForm
from gallery.forms.model_change import nearest_pixels, nearest_ratio
from gallery.models.draft import Values
from gallery.text import is_encodable
from gallery.variations import words
from venice import Model
from venice.operations import MAX_PROMPT, PARAMETER, PIXELS, TEXTS

#: Before the name of a value that the form has no field for.
KEPT = "kept-"
#: The seed that came along when the form was filled: while it is the draft's, nobody has chosen it.
CAME_ALONG = "seed-came-along"
#: Not fields of a model's form: what the draft was filled from, and the pictures whose style it follows.
_BESIDE = frozenset({"image", CAME_ALONG, style_references.FIELD})
_MOST_REFERENCES = 20
#: What a draft can hold of a form.
NAMES = frozenset(PARAMETER) | {"count", "alternatives"}
#: Bytes of all values but the prompts.
MOST = 20_000
TOO_LONG = f"That is more than is kept here: at most {MAX_PROMPT:,} characters in a prompt."


class NotKept(Exception):
    """It is no draft; its words are for people."""


@dataclass(frozen=True, slots=True)
class Greyed:
    """A value that stays in the draft though this model takes none, or takes another in its place."""

    name: str
    value: str
    reason: str

    @property
    def label(self) -> str:
        """What the field is called where it is one."""
        if self.name in PIXELS:
            return "Size"
        return PARAMETER[self.name].label if self.name in PARAMETER else self.name


def drawn(catalog: Catalog, values: Mapping[str, Any]) -> GenerateForm:
    """The unsent form with all of `values` that its model takes: the one that they name, else the default one."""
    spec = catalog.find(first_model(values)) or catalog.default
    return GenerateForm.redrawn(catalog, fitted(values, spec) if spec else values)


def first_model(values: Mapping[str, Any]) -> str | None:
    """The id of the model that the form is drawn for, the first of several; None when none is named."""
    return next(iter(models_named(values)), None)


def fitted(values: Mapping[str, Any], model: Model) -> Values:
    """`values` in the shape that `model` takes: 16:9 and the nearest pixels stand for one another."""
    shown = dict(values)
    ratio, sides = shown.get("aspect_ratio"), _sides(shown)
    if model.sizing == "pixels":
        near = nearest_pixels(str(ratio), model.divisor) if ratio and not sides else None
        if near:
            shown |= dict(zip(PIXELS, map(str, near), strict=True))
    elif model.aspect_ratios and ratio not in model.aspect_ratios:
        shape = sides or (nearest_pixels(str(ratio)) if ratio else None)
        if shape and (near_ratio := nearest_ratio(*shape, model.aspect_ratios)):
            shown["aspect_ratio"] = near_ratio
    steps = _whole(shown.get("steps"))
    if model.uses_steps and steps and steps > model.steps_max:
        shown["steps"] = str(model.steps_max)
    return shown


def _sides(values: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = (_whole(values.get(name)) for name in PIXELS)
    return (width, height) if width and height else None


def _whole(value: Any) -> int:
    text = str(value or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def kept_beside(form: GenerateForm, values: Mapping[str, Any]) -> dict[str, str]:
    """Of `values` those that the fields of `form` do not show as they are."""
    return {
        name: str(value)
        for name, value in values.items()
        if name != "model"
        and not _is_beside(name)
        and value not in (None, "")
        and not _shows(form, name, value)
    }


def gone(form: GenerateForm, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and text of what `values` name and nothing offers any more: models, a style.

    With the model that the form was to be drawn for, all that only that one took.
    """
    left_out = form.not_taken(fitted(values, form.spec) if form.spec else values)
    first = first_model(values)
    if first and form.catalog.find(first) is None:
        return left_out
    labels = {PARAMETER["model"].label, PARAMETER["style_preset"].label}
    return [(label, value) for label, value in left_out if label in labels]


def _shows(form: GenerateForm, name: str, value: Any) -> bool:
    # Of a form that was sent, what was sent.
    return name in form.fields and _plain(form[name].value()) == _plain(value)


def greyed(form: GenerateForm, values: Mapping[str, Any]) -> list[Greyed]:
    """What `kept_beside` keeps, for people: each with the reason why it is not sent, two sides as one shape."""
    name = form.spec.name if form.spec else "This form"
    kept = kept_beside(form, values)
    if kept.keys() >= set(PIXELS):
        # Two sides are one shape.
        width, height = (kept.pop(side) for side in PIXELS)
        kept = {"width": sides(width, height)} | kept
    return [Greyed(field, value, _reason(form, field, name)) for field, value in kept.items()]


def _reason(form: GenerateForm, field: str, model: str) -> str:
    size = {*PIXELS, "aspect_ratio"}
    if field in size and (taken := [form[each].value() for each in _size_fields(form)]):
        return f"{model} takes {' × '.join(map(str, taken))} in its place."
    if field in form.fields:
        return f"{model} takes {form[field].value() or 'its own'} in its place."
    return f"{model} does not take it: it is kept, and not sent."


def _size_fields(form: GenerateForm) -> list[str]:
    return [name for name in (*PIXELS, "aspect_ratio") if name in form.fields]


def sent_values(sent: QueryDict, catalog: Catalog) -> Values:
    """All values that a sent form tells: what was changed in its fields, else what they were drawn from.

    NotKept, in words, for what no database takes and for more than a draft holds.
    """
    values = _as_sent(sent, catalog)
    check(values)
    return values


def _as_sent(sent: QueryDict, catalog: Catalog) -> Values:
    """All values of a sent form, whether they can be kept or not."""
    kept = {
        name.removeprefix(KEPT): str(value)
        for name, value in sent.items()
        if name.startswith(KEPT) and name.removeprefix(KEPT) in NAMES and value
    }
    before = catalog.find(sent.get(DRAWN_FOR)) or catalog.find(first_model(sent)) or catalog.default
    form = drawn(catalog, kept | ({"model": before.id} if before else {}))
    values: Values = dict(kept)
    changed = {}
    for name, field in form.fields.items():
        value = _posted(field, sent, name)
        if name != "model" and value is not None and value != _plain(form[name].value()):
            changed[name] = value
    _change(values, changed, sent)
    if models := [each for each in models_named(sent) if catalog.find(each)]:
        values["model"] = models if len(models) > 1 else models[0]
    if image := sent.get("image", ""):
        values["image"] = image[:20]
    if sent.get(CAME_ALONG) and sent.get(CAME_ALONG) == values.get("seed"):
        values[CAME_ALONG] = values["seed"]
    return values | referenced(sent)


def referenced(sent: QueryDict) -> Values:
    """The pictures whose style is followed, and how strongly, as a form or an address names them."""
    named = [each[:400] for each in sent.getlist(style_references.FIELD) if each][:_MOST_REFERENCES]
    strengths = {
        field: sent.get(field, "")[:9]
        for each in named
        if (field := f"{style_references.STRENGTH}{each}") in sent
    }
    return ({style_references.FIELD: named} if named else {}) | {k: v for k, v in strengths.items() if v}


def following(values: Mapping[str, Any]) -> QueryDict:
    """What `referenced` has read, as a form sends it."""
    sent = QueryDict(mutable=True)
    sent.setlist(style_references.FIELD, values.get(style_references.FIELD) or [])
    for name, value in values.items():
        if name.startswith(style_references.STRENGTH):
            sent[name] = value
    return sent


def _is_beside(name: str) -> bool:
    return name in _BESIDE or name.startswith(style_references.STRENGTH)


def _posted(field: forms.Field, sent: QueryDict, name: str) -> str | None:
    value = field.widget.value_from_datadict(sent, {}, name)
    return None if value is None else _plain(value)


def _plain(value: Any) -> str:
    """As a browser would send it, with plain line ends."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None else str(value).replace("\r\n", "\n")


def _change(values: Values, changed: Mapping[str, str], sent: QueryDict) -> None:
    for name, value in changed.items():
        values[name] = value
    # A shape of one kind takes the place of the other, both sides of it.
    if changed.keys() & set(PIXELS):
        values.pop("aspect_ratio", None)
        values.update({name: sent.get(name, "") for name in PIXELS})
    elif "aspect_ratio" in changed:
        for name in PIXELS:
            values.pop(name, None)
    for name in [name for name, value in values.items() if value == ""]:
        del values[name]


def check(values: Values) -> None:
    """NotKept, in words, for what no database takes and for more than a draft holds."""
    others = 0
    for name, value in values.items():
        text = " ".join(value) if isinstance(value, list) else str(value)
        if "\0" in text or not is_encodable(text):
            raise NotKept(INVALID_TEXT)
        if name in TEXTS and len(text) > MAX_PROMPT:
            raise NotKept(TOO_LONG)
        others += 0 if name in TEXTS else len(text.encode())
    if others > MOST:
        raise NotKept("That is more than is kept here: make its fields shorter.")


def merged(
    values: Mapping[str, Any], fill: Mapping[str, Any], *, replaces: frozenset[str] = frozenset()
) -> Values:
    """The draft with what it is filled from; `replaces` names what goes though nothing comes in its place.

    With the words or the model that a seed came along with it goes, too; and with the words the picture that they were
    filled from. Words that were no choice where they come from are none here.
    """
    given = {
        name: value if isinstance(value, list) else _plain(value)
        for name, value in fill.items()
        if name in NAMES or _is_beside(name)
    }
    others = {name for name in ("prompt", "model") if name in given and given[name] != values.get(name)}
    gone = set(replaces)
    if "seed" in given:
        gone.add(CAME_ALONG)
    elif CAME_ALONG in replaces or others:
        gone |= {CAME_ALONG, "seed"} if _seed_came_along(values) else {CAME_ALONG}
    if "prompt" in others:
        gone.add("image")
    if not words.is_plain(str(given.get("prompt", ""))):
        gone.add("alternatives")
    result: Values = {name: value for name, value in values.items() if name not in gone}
    if given.keys() & set(PIXELS):
        result.pop("aspect_ratio", None)
    elif "aspect_ratio" in given:
        for name in PIXELS:
            result.pop(name, None)
    return {name: value for name, value in (result | given).items() if value != ""}


def _seed_came_along(values: Mapping[str, Any]) -> bool:
    """Whether the draft's seed is one that nobody has chosen."""
    return bool(values.get("seed")) and values["seed"] == values.get(CAME_ALONG)


def with_seed_along(fill: Mapping[str, Any]) -> Values:
    """What a form is filled with, where a seed comes along with the words: marked as such."""
    along = {CAME_ALONG: str(fill["seed"])} if fill.get("seed") is not None and "prompt" in fill else {}
    return {**fill, **along}


def without_seed_along(values: Mapping[str, Any]) -> tuple[Values, str]:
    """What is kept under a name: without a seed that came along, which is the second value; empty for none."""
    left_out = str(values["seed"]) if _seed_came_along(values) else ""
    gone = {CAME_ALONG, "seed"} if left_out else {CAME_ALONG}
    return {name: value for name, value in values.items() if name not in gone}, left_out


def whole(sent: QueryDict, catalog: Catalog) -> QueryDict:
    """What the form in one line sent, with all values of its draft as the fields of the model that it names."""
    # What is no draft is judged by the form, as if it were sent from its own page.
    form = drawn(catalog, _as_sent(sent, catalog))
    data = sent.copy()
    for name in form.fields.keys() - {"model", "prompt"}:
        if name in form.initial and name not in data:
            data[name] = _plain(form.initial[name])
    return data
