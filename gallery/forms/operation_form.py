"""What the forms of operations on pictures have in common: their pictures, their model, one request made of both."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from gallery.forms.fields import ON, Switch
from gallery.forms.paid_form import SpendingForm
from gallery.models import Kind
from gallery.models.stored import StoredPicture
from gallery.text import clean_label
from venice import InvalidRequest, Model, price
from venice.operations import DEFAULT_EDIT_MODEL, PARAMETER, Operation
from venice.operations.edit import too_many_images

NONE_YET = "There are no models for this yet: they are fetched when a worker starts, or by sync_catalog."
_LONGEST_NAME = 100


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
        """Its fields, by the names of the parameters, in their order."""
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
            return NONE_YET
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
