"""Pictures whose style a request follows: as fields of the create form, and as part of what it asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.text import capfirst

from gallery.formats import counted
from gallery.forms.catalog import Catalog
from gallery.forms.generate import GenerateForm
from gallery.forms.prefill import picture_named
from gallery.forms.sources import name_of, named, of_inputs
from gallery.models import Input, User
from gallery.models.stored import StoredPicture
from venice import Generate, InvalidRequest, Model
from venice.operations import StyleReference

#: A picture's number, or `upload:3`; repeated.
FIELD = "style_reference"
#: Followed by what names the picture.
STRENGTH = "style_strength-"
LOW, HIGH, USUAL = 0.1, 1.0, 0.5


@dataclass(frozen=True, slots=True)
class Reference:
    """One picture with what was typed as its strength."""

    picture: StoredPicture
    strength: str = ""

    @property
    def name(self) -> str:
        """What names it in the form: `12`, or `upload:3`."""
        return name_of(self.picture)

    @property
    def strength_field(self) -> str:
        """The name of the field of its strength."""
        return f"{STRENGTH}{self.name}"

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Names and values as a form sends them; no strength where none was typed."""
        strength = [(self.strength_field, self.strength)] if self.strength else []
        return [(FIELD, self.name), *strength]

    def asked(self) -> StyleReference:
        """As the request has it. InvalidRequest, with words for people."""
        text, strength = self.strength.strip(), None
        if text:
            try:
                strength = float(text) if len(text) < 9 and text.isascii() else -1
            except ValueError:
                strength = -1
            if not LOW <= strength <= HIGH:
                words = f"The strength of {self.picture.called} must be a number from {LOW} to {HIGH:g}."
                raise InvalidRequest(words, field_errors={FIELD: words})
        return StyleReference(image=self.picture.reference, strength=strength)


@dataclass(frozen=True, slots=True)
class References:
    """Those that were named, in their order; what is wrong with what was named, in words."""

    entries: Sequence[Reference] = ()
    problem: str = ""


def read(sent: QueryDict, user: User) -> References:
    """What a form or an address names; an address that fills in all of a picture brings that one's references."""
    result = named(sent, user, FIELD)
    pictures = list(result.pictures)
    if not pictures and sent.get("use", "all").split(",")[0] in ("all", "remix") and "image" in sent:
        pictures = _of_picture(sent, user)
    entries = [Reference(picture, sent.get(f"{STRENGTH}{name_of(picture)}", "")) for picture in pictures]
    return References(entries, result.problem)


def _of_picture(sent: QueryDict, user: User) -> list[StoredPicture]:
    image = picture_named(sent)
    if image is None or "style_references" not in image.generation.request:
        return []
    rows = image.generation.inputs.select_related("image").filter(role=Input.Role.STYLE_REFERENCE)
    return [picture for picture in of_inputs(rows, user) if picture is not None]


def with_references(form: GenerateForm, sent: QueryDict, user: User) -> bool:
    """Whether the form is valid, with the pictures that were `sent`: then what it asks for follows their style.

    For a model that takes none they are left out, as any other field.
    """
    is_valid = form.is_valid()
    if form.spec is None or not any(model.supports_style_references for model in (form.spec, *form.others)):
        return is_valid
    references = read(sent, user)
    try:
        asked = tuple(entry.asked() for entry in references.entries)
        if is_valid and asked and not references.problem:
            form.operations = [_styled(each, asked, form.catalog) for each in form.operations]
            form.operation = form.operations[0]
    except InvalidRequest as error:
        return refuse(form, _words(error))
    return refuse(form, references.problem) if references.problem else is_valid


def _styled(operation: Generate, asked: Sequence[StyleReference], catalog: Catalog) -> Generate:
    """InvalidRequest for what its model refuses."""
    model = catalog.find(operation.model)
    if model is None or not model.supports_style_references:
        return operation
    styled = replace(operation, style_references=asked).for_model(model)
    if words := styled.problems(model).get("style_references"):
        raise InvalidRequest(words, field_errors={FIELD: words})
    return styled


def refuse(form: GenerateForm, words: str) -> bool:
    """Say at their place what is wrong with them; False, as the form is not valid any more."""
    form.errors[FIELD] = form.error_class([words])
    return False


def _words(error: InvalidRequest) -> str:
    wrong: Mapping[str, Any] = error.field_errors
    words = str(next(iter(wrong.values()), error))
    return words if FIELD in wrong else f"A style reference {words}"


def too_many(spec: Model | None, count: int) -> str:
    """That more are chosen than the model takes, and what to do; empty when they are not."""
    if spec is None or not spec.supports_style_references or count <= spec.max_style_references:
        return ""
    over = count - spec.max_style_references
    taken = counted(spec.max_style_references, "style reference")
    return f"{capfirst(spec.name)} takes up to {taken}, and these are {count}: untick {over} of them."


def note(spec: Model | None, count: int) -> str:
    """What the chosen model takes of them, in words; empty when there is nothing to say."""
    if spec is None:
        return ""
    if not spec.supports_style_references:
        return f"{spec.name} takes no style references: these are left out." if count else ""
    return f"{capfirst(spec.name)} takes up to {counted(spec.max_style_references, 'style reference')}."
