"""The forms of operations on pictures: drawn from the picture and what the model takes, read into one request."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.urls import reverse

from gallery.formats import price as in_words
from gallery.formats import whole_size
from gallery.forms.catalog import ModelChoice, grouped
from gallery.forms.fields import ON, Switch
from gallery.forms.model_fields import PRICED, switch, words
from gallery.forms.operation_fields import Creativity, Offer, Scale, megapixels, prompt_field
from gallery.forms.paid_form import SpendingForm
from gallery.forms.sources import name_of, page_of
from gallery.models import CatalogModel, Kind, Upload
from gallery.models.stored import StoredPicture
from gallery.text import clean_label
from venice import InvalidRequest, Model, price
from venice.operations import (
    DEFAULT_EDIT_MODEL,
    PARAMETER,
    Edit,
    MultiEdit,
    Operation,
    Parameter,
    RemoveBackground,
    Upscale,
    parameters_of,
)
from venice.operations.edit import too_many_images
from venice.operations.upscale import MAX_UPSCALED
from venice.pricing import edit_price
from venice.sources import MAX_FILE, MAX_PIXELS, MIN_PIXELS, MIN_SIDE

_NONE_YET = "There are no models for this yet: they are fetched when a worker starts, or by sync_catalog."
_OWN = "Venice’s own"
_LONGEST_NAME = 100


class Listed(NamedTuple):
    """A picture of several: what names it in the form, and the address of its page."""

    picture: StoredPicture
    name: str
    address: str


class OperationForm(SpendingForm):
    """Fields named as Venice's parameters, for the pictures of `sources`, of which `own` is the page's.

    A valid form has its `operation`. What is wrong with a picture ends at `image`, or `input` where there are several;
    the `problem` of what was named ends at `problem_at`, the field that named it.
    """

    kind: ClassVar[str]
    verb: ClassVar[str]
    picture_field: str = "image"
    other_names: ClassVar = {
        **dict.fromkeys(("image_url", "images"), ("image", "the picture is that of the address")),
        "modelId": (NON_FIELD_ERRORS, "there is no model to choose"),
    }

    operation: Operation

    def __init__(
        self,
        own: StoredPicture,
        sources: Sequence[StoredPicture],
        models: Sequence[Model],
        data: Mapping[str, Any] | None = None,
        *,
        initial: Mapping[str, Any] | None = None,
        unreadable: frozenset[str] = frozenset(),
        problem: str = "",
        problem_at: str = "",
    ) -> None:
        super().__init__(data, unreadable=unreadable, auto_id=f"{self.kind}-%s")
        self.own, self.sources, self.problem = own, tuple(sources), problem
        self.picture_field = problem_at or self.picture_field
        self.models = [model for model in models if self.takes(model)]
        self.given = (data if data is not None else initial) or {}
        self.spec = self.model_named(self.given.get("model"))
        named = clean_label(str((initial or {}).get("model") or ""))[:_LONGEST_NAME]
        self.gone_model = "" if named in {model.id for model in self.models} else named
        self.fields = self.drawn(self.spec)
        self.initial = {name: value for name, value in (initial or {}).items() if self.can_show(name, value)}

    @staticmethod
    def takes(model: Model) -> bool:
        """Whether the model does this."""
        raise NotImplementedError

    def drawn(self, spec: Model | None) -> dict[str, forms.Field]:
        raise NotImplementedError

    def asked(self, values: Mapping[str, Any]) -> Operation:
        """The request with these values. InvalidRequest for what Venice refuses whatever the model."""
        raise NotImplementedError

    def cost(self, values: Mapping[str, Any], spec: Model) -> Decimal | None:
        """What the request with these values costs, which does not depend on its words."""
        return price(self.asked(values), spec)

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """Label and text of what it was filled with and has no place for; a model is told at its own field."""
        return [
            (PARAMETER[name].label, str(value))
            for name, value in self.given.items()
            if name in PARAMETER and name != "model" and not isinstance(value, bool | list)
            # What was sent and is wrong is told at its field.
            if not self.is_bound or name not in self.fields
            if value not in (None, "", "off") and str(self.initial.get(name, "")) != str(value)
        ]

    @property
    def limits(self) -> str:
        """What pictures it takes, in one line."""
        raise NotImplementedError

    def model_named(self, name: object) -> Model | None:
        """The model of that id, or the usual one."""
        by_id = {model.id: model for model in self.models}
        usual = by_id.get(DEFAULT_EDIT_MODEL) or next(iter(self.models), None)
        return by_id.get(str(name)) or usual

    @property
    def sent(self) -> Sequence[StoredPicture]:
        """The pictures that the request carries."""
        return (self.own,)

    @property
    def label(self) -> str:
        """What is done, in a word or two."""
        return str(Kind(self.kind).label)

    @property
    def takes_words(self) -> bool:
        """Whether it has a field for what is to be changed."""
        return "prompt" in self.fields

    @property
    def advanced(self) -> list[forms.BoundField]:
        """The fields that are folded in."""
        return [self[name] for name in self.fields if PARAMETER[name].advanced]

    @property
    def first_fields(self) -> list[forms.BoundField]:
        """The others, in their order."""
        return [self[name] for name in self.fields if not PARAMETER[name].advanced]

    @property
    def advanced_is_used(self) -> bool:
        """Whether something that is folded in is wrong or was said, so that it is shown."""
        return any(field.errors or self._is_said(field) for field in self.advanced)

    @staticmethod
    def _is_said(field: forms.BoundField) -> bool:
        value = field.value()
        if isinstance(field.field, Switch):
            # As a browser sends it, which draws the form anew.
            return (value is True or str(value).lower() in ON) != bool(field.field.initial)
        return value not in (None, "", field.field.initial)

    @property
    def is_usable(self) -> bool:
        """Whether there is anything to press the button for."""
        return not self.picture_problem

    @cached_property
    def picture_problem(self) -> str:
        """Why these pictures cannot be sent, in words that say what to do; empty when they can."""
        if not self.models:
            return _NONE_YET
        wrong = self._refused(self._usual)
        if "images" in wrong:
            return f"These pictures cannot be used: {wrong['images']}"
        if "image" in wrong:
            return f"This picture cannot be used: it {wrong['image']}"
        return too_many_images(len(self.sent), self.spec) if self.spec else ""

    @cached_property
    def quote(self) -> Decimal | None:
        """What the button would spend as the form stands, in USD; wrong values count as the usual ones."""
        values = {name: self._good_value(name) for name in self.fields}
        return self.cost(values, self.spec) if self.spec and not self._refused(values) else None

    @property
    def _usual(self) -> dict[str, Any]:
        return {name: field.initial for name, field in self.fields.items() if name != "prompt"}

    def make(self) -> None:
        if self.problem:
            self._refuse_pictures(self.problem)
        # The rest is checked even where one field is wrong, so that all messages come at once.
        elif self.picture_problem:
            self._refuse_pictures(self.picture_problem)
        else:
            self._read_request()

    def _refused(self, values: Mapping[str, Any]) -> Mapping[str, str]:
        """What Venice would refuse of these values, whatever the model; a prompt may still be missing."""
        try:
            self.asked(values)
        except InvalidRequest as error:
            return {name: words for name, words in error.field_errors.items() if name != "prompt"}
        return {}

    def _read_request(self) -> None:
        if "prompt" in self.errors:
            # Its field has said why there is none.
            problems = self._refused(self.cleaned_data)
        else:
            try:
                self.operation = self.asked(self.cleaned_data)
                problems = self.operation.problems(self.spec) if self.spec else {}
            except InvalidRequest as error:
                problems = error.field_errors
        for name, message in problems.items():
            if name in self.fields:
                self.add_error(name, message)
            else:
                self._refuse_pictures(message)

    def _refuse_pictures(self, words: str) -> None:
        self.errors[self.picture_field] = self.error_class([words])

    @property
    def picture_errors(self) -> list[str]:
        """What is wrong with the pictures, as far as it was posted."""
        return [str(words) for words in self.errors.get(self.picture_field) or ()]

    def _good_value(self, name: str) -> Any:
        field = self.fields[name]
        try:
            return field.clean(self[name].value())
        except forms.ValidationError:
            return field.initial


class UpscaleForm(OperationForm):
    """Factor and creativity; each factor says what comes out and what it costs."""

    kind = "upscale"
    verb = "Upscale"

    @staticmethod
    def takes(model: Model) -> bool:
        return model.takes_upscale

    def drawn(self, spec: Model | None) -> dict[str, forms.Field]:
        return {"scale": Scale(self.own, spec, self.given.get("scale")), "creativity": Creativity()}

    def asked(self, values: Mapping[str, Any]) -> Operation:
        scale = values.get("scale")
        number = float(scale) if isinstance(scale, str) else scale
        return Upscale(
            image=self.own.reference,
            scale=int(number) if isinstance(number, float) and number.is_integer() else number,
            creativity=values.get("creativity"),
        )

    @property
    def limits(self) -> str:
        return (
            f"Takes pictures of {MIN_PIXELS:,} pixels or more, up to {megapixels(MAX_UPSCALED)} and"
            f" {whole_size(MAX_FILE)}; at most {megapixels(MAX_UPSCALED)} come out."
        )


class RemoveBackgroundForm(OperationForm):
    """Nothing to choose."""

    kind = "remove-background"
    verb = "Remove background"

    @staticmethod
    def takes(model: Model) -> bool:
        return model.takes_background_removal

    def drawn(self, spec: Model | None) -> dict[str, forms.Field]:
        return {}

    def asked(self, values: Mapping[str, Any]) -> Operation:
        return RemoveBackground(image=self.own.reference)

    @property
    def limits(self) -> str:
        return f"Takes pictures up to {whole_size(MAX_FILE)}. A PNG with a transparent background comes out."


class EditForm(OperationForm):
    """One picture changed as the prompt says, by a model that edits."""

    kind = "edit"
    verb = "Edit"
    other_names: ClassVar = {**OperationForm.other_names, "modelId": ("model", "say “model”")}

    @staticmethod
    def takes(model: Model) -> bool:
        return model.takes_edit

    def drawn(self, spec: Model | None) -> dict[str, forms.Field]:
        fields: dict[str, forms.Field] = {"prompt": prompt_field(spec), "model": self._model_field(spec)}
        for parameter in parameters_of(self.kind):
            offered: Any = parameter.choices or (parameter.offered_by(spec) if spec else not parameter.offer)
            if offered and parameter.kind == "choice":
                fields[parameter.name] = _offer(parameter, offered, spec)
            elif offered and parameter.kind == "flag":
                fields[parameter.name] = switch(parameter)
        return fields

    def _model_field(self, spec: Model | None) -> forms.Field:
        field = ModelChoice(
            CatalogModel.objects.withdrawn,
            choices=grouped(self.models, self._facts),
            label="Model",
            help_text=f"{self.gone_model} is not offered any more." if self.gone_model else "",
            initial=spec.id if spec else None,
            widget=forms.Select(attrs={"autocomplete": "off", **PRICED}),
            required=False,
        )
        field.error_messages |= {"invalid_choice": _NONE_YET}
        return field

    def _facts(self, model: Model) -> tuple[str, str]:
        cost = edit_price(model, input_images=1)
        return in_words(cost), self.facts_of(model)

    def facts_of(self, model: Model) -> str:
        """What else of a model matters for the choice."""
        return ""

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What was said, as the operation takes it; the flags that are off are left out, but for the safe mode."""
        said = {name: value for name, value in values.items() if value not in (None, "")}
        said = {name: value for name, value in said.items() if value is not False or name == "safe_mode"}
        return {"prompt": "", **said, "model": self.spec.id if self.spec else DEFAULT_EDIT_MODEL}

    def cost(self, values: Mapping[str, Any], spec: Model) -> Decimal | None:
        return edit_price(
            spec,
            input_images=len(self.sent),
            resolution=values.get("resolution"),
            quality=values.get("quality"),
            enhance_prompt=bool(values.get("enhance_prompt")),
        )

    def asked(self, values: Mapping[str, Any]) -> Operation:
        return Edit(image=self.own.reference, **self.values(values))

    @property
    def limits(self) -> str:
        return (
            f"Takes pictures of at least {MIN_SIDE} pixels a side and {MIN_PIXELS:,} in all, up to"
            f" {megapixels(MAX_PIXELS)} and {whole_size(MAX_FILE)}."
        )


class MultiEditForm(EditForm):
    """Several pictures made into one: the first is changed, the others are laid over it."""

    kind = "multi-edit"
    verb = "Edit together"
    picture_field = "input"
    other_names: ClassVar = {
        **dict.fromkeys(("image", "image_url", "images"), ("input", "say “input”, once for each picture")),
        "modelId": ("model", "say “model”"),
    }

    def facts_of(self, model: Model) -> str:
        return "1 picture" if model.max_input_images == 1 else f"{model.max_input_images} pictures"

    @property
    def sent(self) -> Sequence[StoredPicture]:
        return self.sources

    def asked(self, values: Mapping[str, Any]) -> Operation:
        images = [picture.reference for picture in self.sent]
        return MultiEdit(images=images, **self.values(values))

    @property
    def listed(self) -> list[Listed]:
        """The pictures in their order."""
        return [Listed(picture, name_of(picture), page_of(picture)) for picture in self.sources]

    @property
    def own_name(self) -> str:
        """What names the page's own picture in a form."""
        return name_of(self.own)

    @property
    def most(self) -> int:
        """How many pictures the chosen model takes."""
        return self.spec.max_input_images if self.spec else 1

    @property
    def limits(self) -> str:
        name = self.spec.name if self.spec else "The model"
        return f"{name} takes up to {self.most} at a time. {super().limits} Together at most 26 MB."


def _offer(parameter: Parameter, offered: Iterable[str], spec: Model | None) -> Offer:
    """The choices of a parameter, and in which words it is left out."""
    usual = parameter.default_of(spec) if spec else None
    if parameter.name == "aspect_ratio":
        otherwise, same = "As the model chooses", "auto"
    else:
        otherwise, same = f"{usual}, the model’s own" if parameter.own_default else _OWN, ""
    return Offer(offered, otherwise=otherwise, same=same, priced=parameter.is_priced, **words(parameter.name))


FORMS: dict[str, type[OperationForm]] = {
    form.kind: form for form in (EditForm, MultiEditForm, UpscaleForm, RemoveBackgroundForm)
}


class Offered(NamedTuple):
    """An operation on one picture: its name, its label, where its form is, and whether that takes words and a model."""

    kind: str
    label: str
    address: str
    takes_words: bool


def offered(picture: StoredPicture) -> list[Offered]:
    """All that can be done with a picture."""
    return [
        Offered(kind, str(Kind(kind).label), address_of(picture, kind), issubclass(form, EditForm))
        for kind, form in FORMS.items()
    ]


def address_of(picture: StoredPicture, kind: str) -> str:
    """Where the form of that operation on this picture is."""
    name = "upload-operation" if isinstance(picture, Upload) else "operation"
    return reverse(name, args=[picture.pk, kind])


def models() -> list[Model]:
    """The listed models that start from a picture, in Venice's order."""
    rows = CatalogModel.objects.listed().filter(makes_images=False)
    return [row.spec for row in rows]
