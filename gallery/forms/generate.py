"""The create form, drawn from what the chosen model takes, and read into one `Generate`."""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, Self

from django import forms

from gallery.formats import read_submission
from gallery.forms.catalog import Catalog
from gallery.forms.fields import INVALID_TEXT, OFF, ON, Switch
from gallery.forms.model_fields import NO_MODELS, TIED_TO_MODEL, fields_of, model_field, usual_sides
from gallery.forms.price import PRICE, objection
from gallery.models import Image
from gallery.models.generation import draw_seed
from venice import Generate, InvalidRequest, Model
from venice.operations import PARAMETER, PARAMETERS
from venice.pricing import generate_price

DRAWN_FOR = "drawn-for"
ADVANCED = frozenset(parameter.name for parameter in PARAMETERS if parameter.advanced)
_ORDER = {parameter.name: position for position, parameter in enumerate(PARAMETERS)}
STALE = "This form was altered on its way. Nothing was sent; press Generate again."


class GenerateForm(forms.Form):
    """Fields named as Venice's parameters; only those that the chosen model takes exist.

    A valid form has its `operation`, with a seed. Messages of the client end at the field they are about.
    """

    operation: Generate
    #: The picture that is there already, when the form was asked whether it is to be made once more.
    repeat: Image | None = None

    def __init__(
        self,
        catalog: Catalog,
        data: Mapping[str, Any] | None = None,
        *,
        initial: Mapping[str, Any] | None = None,
        unreadable: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(data)
        self.use_required_attribute = False
        self.catalog, self.unreadable = catalog, unreadable
        given = (data if data is not None else initial) or {}
        self.spec = catalog.find(given.get("model")) or catalog.default
        self.fields = {"model": model_field(catalog, self.spec), **fields_of(self.spec, catalog.styles)}
        self.initial = {name: value for name, value in (initial or {}).items() if self._can_show(name, value)}
        self.new_submission = uuid.uuid4()

    @classmethod
    def redrawn(cls, catalog: Catalog, sent: Mapping[str, Any]) -> Self:
        """An unsent form that keeps what was `sent` as far as the model takes it.

        What were the defaults of the model that it was drawn for become those of the new one.
        """
        form = cls(catalog, initial={"model": sent.get("model")})
        kept = {name: field.widget.value_from_datadict(sent, {}, name) for name, field in form.fields.items()}
        before = catalog.find(sent.get(DRAWN_FOR))
        for name, field in fields_of(before, ()).items() if before else ():
            if name in kept and name in TIED_TO_MODEL and kept[name] == str(field.initial):
                kept[name] = None
        return cls(catalog, initial={name: value for name, value in kept.items() if value is not None})

    def not_taken(self, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Of `values`, label and text of each that says something and that this form has no place for."""
        return [
            (PARAMETER[name].label, str(value))
            for name, value in sorted(values.items(), key=lambda item: _ORDER.get(item[0], 0))
            if name in PARAMETER and not isinstance(value, bool) and value not in (None, "")
            if str(self.initial.get(name, "")) != str(value)
        ]

    @property
    def boxes(self) -> str:
        """The names of the checkboxes shown, so that an absent one is known to be unticked."""
        return " ".join(name for name, field in self.fields.items() if isinstance(field, Switch))

    @property
    def sides(self) -> list[int]:
        """Widths and heights to offer."""
        return usual_sides(self.spec) if self.spec else []

    @property
    def advanced_is_used(self) -> bool:
        """Whether something in the folded part is wrong or other than by default, so that it is shown."""
        return any(
            name in self.errors or self._good_value(name) != (self.fields[name].clean(None) or None)
            for name in ADVANCED & self.fields.keys()
        )

    @property
    def submission(self) -> uuid.UUID | None:
        """What makes a repeated post the same post; None when none was sent or it is malformed."""
        return read_submission(str(self.data.get("submission", "")).strip())

    @property
    def is_drawn_for_another(self) -> bool:
        """Whether it was sent before its fields had become those of the model that it names."""
        before = self.data.get(DRAWN_FOR)
        return bool(before and self.spec and before != self.spec.id)

    @property
    def stays_folded(self) -> bool:
        """Whether no field is wrong, so that a narrow screen need not lay them all open."""
        return not self.errors.keys() - {PRICE}

    @cached_property
    def quote(self) -> Decimal | None:
        """What Generate would cost as the form stands, by the catalogue; wrong values count as defaults."""
        if self.spec is None:
            return None
        return generate_price(
            self.spec,
            images=self._good_value("variants") or 1,
            resolution=self._good_value("resolution"),
            quality=self._good_value("quality"),
            enhance_prompt=bool(self._good_value("enhance_prompt")),
        )

    def clean(self) -> None:
        """Check the request as a whole against its model, and make it."""
        if self.spec is None:
            self.add_error(None, NO_MODELS)
            return
        for name in self.unreadable & self.fields.keys():
            self.errors.pop(name, None)
            self.add_error(name, INVALID_TEXT)
        if self.data.get("submission") and self.submission is None:
            self.add_error(None, STALE)
        # The rest is checked even where one field is wrong, so that all messages come at once.
        problems: Mapping[str, str]
        try:
            self.operation = Generate(**self._drafted(self.spec)).for_model(self.spec)
            problems = self.operation.problems(self.spec)
        except InvalidRequest as error:
            problems = error.field_errors
        for name, message in problems.items():
            self.add_error(name if name in self.fields else None, message)
        if message := objection(self.data, self.quote):
            self.refuse_price(message, self.quote)

    def refuse_price(self, words: str, price: Decimal | None) -> None:
        """Not what the form showed: `price` (USD) goes onto its button, and `words` beside it."""
        self.errors[PRICE] = self.error_class([words])
        self.quote = price

    def _drafted(self, spec: Model) -> dict[str, Any]:
        """The values of the right fields; the seed is drawn here when nobody chose one."""
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        # What is off is off by being left out, but for the safe mode, which is on by being left out.
        said = {name: value for name, value in given.items() if value is not False or name == "safe_mode"}
        return {"prompt": "-", "seed": draw_seed(), **said, "model": spec.id}

    def _can_show(self, name: str, value: Any) -> bool:
        field = self.fields.get(name)
        if isinstance(field, forms.ChoiceField):
            return field.valid_value(value)
        if isinstance(field, Switch):
            return str(value).lower() in ON | OFF
        return field is not None

    def _good_value(self, name: str) -> Any:
        if name not in self.fields:
            return None
        try:
            return self.fields[name].clean(self[name].value()) or None
        except forms.ValidationError:
            return self.fields[name].clean(None) or None
