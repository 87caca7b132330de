"""Which fields a model's form has, with the choices, bounds and defaults that its constraints give."""

import difflib
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from gallery.forms.catalog import NOT_OFFERED, Catalog, ModelChoice
from gallery.forms.fields import Choice, DecimalNumber, PlainText, Switch, WholeNumber
from gallery.forms.form_values import models_named
from venice import Model
from venice.operations import (
    FORMATS,
    MAX_CFG_SCALE,
    MAX_PROMPT,
    MAX_SEED,
    MAX_SIDE,
    MAX_VARIANTS,
    PARAMETER,
    PARAMETERS,
    PIXELS,
    Generate,
    Parameter,
    parameters_of,
)
from venice.operations.parameters import DEFAULT_SIDE

#: The most requests that one click makes of one text on one model.
MAX_COUNT = 20
_USUAL_SIDES = (512, 640, 768, 832, 896, 1024, 1152, 1216, 1280)
NO_MODELS = "There are no models yet: they are fetched when a worker starts, or by the command sync_catalog."
#: Their defaults are the model's own and change with it.
TIED_TO_MODEL = frozenset(each.name for each in PARAMETERS if each.sizing or each.own_default)

# Yes or no, of every model.
_FLAGS = tuple(
    each for each in parameters_of(Generate.kind) if each.kind == "flag" and each.is_seen and not each.offer
)

#: Marks what the price depends on: the button listens to it.
PRICED = {"data-priced": True}
_NUMERIC = {"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}


def model_field(catalog: Catalog, spec: Model | None) -> forms.Field:
    """The model picker. Another model's id is refused in words that say what to do."""
    field = ModelChoice(
        lambda: catalog.withdrawn,
        choices=catalog.choices,
        label=PARAMETER["model"].label,
        initial=spec.id if spec else None,
        widget=FirstOfModels(attrs={"autocomplete": "off"}),
    )
    message = NOT_OFFERED if catalog.models else NO_MODELS
    field.error_messages |= {"required": message, "invalid_choice": message}
    return field


def fields_of(model: Model | None, styles: tuple[str, ...]) -> dict[str, forms.Field]:
    """The fields beside the model itself; without a model those that every model takes."""
    fields: dict[str, forms.Field] = {"prompt": _prompt("prompt", model, rows=5, help_text="")}
    fields["prompt"].error_messages["required"] = "A prompt is required: say what to make."
    fields["alternatives"] = Switch(
        initial=False,
        widget_attrs=PRICED,
        label="Words in braces are alternatives",
        help_text=r"{dawn|noon|dusk} makes one of each; \{ is a brace.",
    )
    if model is not None:
        fields |= _size_fields(model)
        fields |= _extra_fields(model)
    if styles:
        fields["style_preset"] = StyleName(styles)
    return fields | _common_fields(model)


def words(name: str, **other: Any) -> dict[str, Any]:
    """Label and help of a parameter, and `other` keywords of its field, which win."""
    parameter = PARAMETER[name]
    return {"label": parameter.label, "help_text": parameter.help, **other}


def _prompt(name: str, model: Model | None, *, rows: int, **kwargs: Any) -> PlainText:
    limit = {"data-limit": model.prompt_limit} if model else {}
    # autocomplete off: after a reload the server's words count, not the browser's memory of an older form.
    widget = forms.Textarea(attrs={"rows": rows, "cols": 40, "autocomplete": "off", "dir": "auto", **limit})
    most = model.prompt_limit if model else MAX_PROMPT
    return PlainText(most, widget=widget, **words(name, **kwargs))


def _size_fields(model: Model) -> dict[str, forms.Field]:
    taken = [each for each in PARAMETERS if each.sizing and each.taken_by(model)]
    return {
        each.name: _side(each.name, model) if each.name in PIXELS else _offer(each, model) for each in taken
    }


def _offer(parameter: Parameter, model: Model) -> Choice:
    return Choice(
        parameter.offered_by(model),
        default=parameter.default_of(model),
        widget=_select(parameter.is_priced),
        **words(parameter.name),
    )


def usual_sides(model: Model) -> list[int]:
    """Sides worth offering: those that the model can make."""
    return [side for side in _USUAL_SIDES if side % model.divisor == 0]


def _side(name: str, model: Model) -> WholeNumber:
    # The default is a multiple too, and the bounds are the smallest and the largest multiple.
    divisor = min(model.divisor, MAX_SIDE)
    default = max(divisor, DEFAULT_SIDE - DEFAULT_SIDE % divisor)
    return WholeNumber(
        divisor,
        MAX_SIDE - MAX_SIDE % divisor,
        step=divisor,
        default=default,
        initial=default,
        # What it says stands once below both sides.
        **words(name, help_text=""),
        widget=forms.TextInput(attrs={**_NUMERIC, "list": "create-sides", "data-step": divisor}),
    )


def _extra_fields(model: Model) -> dict[str, forms.Field]:
    # By name, though the table tells what takes them: each is drawn in a way of its own, and the one that the table
    # has beside them, `disable_prompt_optimization_thinking`, has no place in the page.
    fields: dict[str, forms.Field] = {}
    if model.uses_negative_prompt:
        fields["negative_prompt"] = _prompt("negative_prompt", model, rows=2, required=False)
    if model.uses_steps:
        fields["steps"] = WholeNumber(
            1,
            model.steps_max,
            default=model.steps_default,
            initial=model.steps_default,
            **words("steps", help_text=f"1 to {model.steps_max}. {PARAMETER['steps'].help}"),
            widget=forms.TextInput(attrs=_NUMERIC),
        )
    if model.supports_web_search:
        fields["enable_web_search"] = switch(PARAMETER["enable_web_search"])
    return fields


def _common_fields(model: Model | None) -> dict[str, forms.Field]:
    follows_seed = model is None or model.uses_seed
    # Each of these is typed and told in a way of its own; the flags are alike.
    return {
        "seed": WholeNumber(
            -MAX_SEED,
            MAX_SEED,
            **words("seed", help_text="" if follows_seed else "This model is known to ignore seeds."),
            # What stands beside the price says it.
            widget=forms.TextInput(
                attrs={**_NUMERIC, "inputmode": "text", "placeholder": "Random", **PRICED}
            ),
        ),
        "count": Count(MAX_COUNT, label="Pictures", help_text="Each with a seed of its own."),
        "variants": Count(
            MAX_VARIANTS,
            **words(
                "variants",
                label="In one call",
                help_text="Venice makes them at once. Each is paid for; only the first can be made again.",
            ),
        ),
        "cfg_scale": DecimalNumber(
            MAX_CFG_SCALE,
            **words("cfg_scale"),
            widget=forms.TextInput(
                attrs={**_NUMERIC, "inputmode": "decimal", "placeholder": "The model's own"}
            ),
        ),
        "format": Choice(FORMATS, default=FORMATS[0], widget=_select(False), **words("format")),
        **{each.name: switch(each) for each in _FLAGS},
    }


def switch(parameter: Parameter) -> Switch:
    attrs = PRICED if parameter.is_priced else None
    return Switch(initial=bool(parameter.default), widget_attrs=attrs, **words(parameter.name))


def _select(is_priced: bool) -> forms.Select:
    return forms.Select(attrs={"autocomplete": "off", **(PRICED if is_priced else {})})


class FirstOfModels(forms.Select):
    """Of several models, the one that the form is drawn for."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        return next(iter(models_named(data)), None)


class Count(Choice):
    """How many pictures, 1 to `high`."""

    def __init__(self, high: int, **kwargs: Any) -> None:
        values = tuple(str(number) for number in range(1, high + 1))
        super().__init__(values, default="1", widget=_select(True), **kwargs)

    def clean(self, value: Any) -> int:  # type: ignore[override]
        return int(super().clean(value) or 1)


class StyleName(Choice):
    """A style by its exact name, typed or picked from the list that the page carries."""

    def __init__(self, styles: tuple[str, ...]) -> None:
        attrs: Mapping[str, Any] = {
            "list": "create-styles",
            "autocomplete": "off",
            "spellcheck": "false",
            "placeholder": f"None · search {len(styles)} styles",
        }
        super().__init__(
            styles, default=None, widget=forms.TextInput(attrs=dict(attrs)), **words("style_preset")
        )
        self.styles = styles

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data

    def clean(self, value: Any) -> str | None:
        name = str(value or "").strip()
        if not name:
            return None
        styles = {style.casefold(): style for style in self.styles}
        if same := styles.get(name.casefold()):
            # Venice minds the case; people need not.
            return same
        near = difflib.get_close_matches(name[:100].casefold(), styles, n=1)
        hint = f" Did you mean {styles[near[0]]}?" if near else " Choose one from the list."
        raise ValidationError(f"There is no such style.{hint}", code="invalid_choice")
