"""The form of an edit: a prompt, a model that edits, and what that model takes beside it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from gallery.formats import megapixels, whole_size
from gallery.formats import price as in_words
from gallery.forms.catalog import ModelChoice, grouped
from gallery.forms.fields import OneOf, PlainText
from gallery.forms.model_fields import PRICED, switch, words
from gallery.forms.operation_form import NONE_YET, OperationForm
from gallery.models import CatalogModel
from venice import Model
from venice.operations import DEFAULT_EDIT_MODEL, MAX_PROMPT, Edit, Operation, Parameter, parameters_of
from venice.pricing import edit_price
from venice.sources import MAX_FILE, MAX_PIXELS, MIN_PIXELS, MIN_SIDE

_OWN = "Venice’s own"


class EditForm(OperationForm):
    """One picture changed as the prompt says, by a model that edits."""

    kind = "edit"
    verb = "Edit"
    other_names: ClassVar = {**OperationForm.other_names, "modelId": ("model", "say “model”")}

    @staticmethod
    def takes(model: Model) -> bool:
        return model.takes_edit

    def drawn(self, spec: Model | None) -> dict[str, forms.Field]:
        fields: dict[str, forms.Field] = {"prompt": _prompt(spec), "model": self._model_field(spec)}
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
        field.error_messages |= {"invalid_choice": NONE_YET}
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


class Offer(OneOf):
    """One of `values`, exactly as spelled; nothing chosen is left to the model, in the words `otherwise`.

    `same` says that, too: it is taken where it is one of them, and is no second entry of the list.
    """

    def __init__(
        self, values: Iterable[str], *, otherwise: str, same: str = "", priced: bool = False, **kwargs: Any
    ) -> None:
        values = tuple(values)
        self.unlisted = same if same in values else ""
        attrs = {"autocomplete": "off", **(PRICED if priced else {})}
        choices = [("", otherwise), *((value, value) for value in values if value != same)]
        super().__init__(choices=choices, required=False, widget=forms.Select(attrs=attrs), **kwargs)
        self.error_messages["invalid_choice"] = f"Must be one of {', '.join(values)}."

    def valid_value(self, value: Any) -> bool:
        return super().valid_value(value) or value == self.unlisted


def _prompt(model: Model | None) -> PlainText:
    """What an edit is to change, within the model's own limit of characters, or Venice's where there is no model."""
    attrs: dict[str, Any] = {"rows": 3, "cols": 40, "autocomplete": "off", "dir": "auto"}
    attrs["placeholder"] = "What is to be different?"
    limit = model.prompt_limit if model else MAX_PROMPT
    if model:
        attrs["data-limit"] = limit
    field = PlainText(limit, widget=forms.Textarea(attrs=attrs), **words("prompt", help_text=""))
    field.error_messages["required"] = "A prompt is required: say what to change."
    return field


def _offer(parameter: Parameter, offered: Iterable[str], spec: Model | None) -> Offer:
    """The choices of a parameter, and in which words it is left out."""
    usual = parameter.default_of(spec) if spec else None
    if parameter.name == "aspect_ratio":
        otherwise, same = "As the model chooses", "auto"
    else:
        otherwise, same = f"{usual}, the model’s own" if parameter.own_default else _OWN, ""
    return Offer(offered, otherwise=otherwise, same=same, priced=parameter.is_priced, **words(parameter.name))
