"""Fields of operations on pictures: how many times larger, how much is invented, what a model offers."""

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from gallery.formats import price as in_words
from gallery.formats import sides
from gallery.forms.fields import OneOf, PlainText
from gallery.forms.model_fields import PRICED, words
from gallery.models.stored import StoredPicture
from venice import Model
from venice.operations import MAX_CREATIVITY, MAX_PROMPT, MAX_SCALE, MIN_SCALE
from venice.operations.upscale import MAX_UPSCALED
from venice.pricing import upscale_price

_NUMBER = re.compile(r"[0-9](\.[0-9]{1,6})?", re.ASCII)
_OFFERED = (2, 3, 4)


def largest_scale(picture: StoredPicture) -> float:
    """How many times its sides may at most become, in hundredths; Venice lowers what is more."""
    return min(float(MAX_SCALE), math.floor(100 * math.sqrt(MAX_UPSCALED / _pixels(picture))) / 100)


def _number(value: Any) -> float:
    text = str(value or "").strip()
    return float(text) if _NUMBER.fullmatch(text) else 0.0


class Scale(OneOf):
    """How many times the sides: those that are offered, and any number between; more than fits is refused in words.

    One between that is `filled` in stands in the list as well: another one would be shown, and paid, in its place.
    """

    def __init__(self, picture: StoredPicture, model: Model | None, filled: Any = None) -> None:
        self.picture, self.most = picture, largest_scale(picture)
        offered = [scale for scale in _OFFERED if scale <= self.most] or [MIN_SCALE]
        scales: list[float] = [*offered]
        if MIN_SCALE < self.most < MAX_SCALE:
            scales.append(self.most)
        named = _number(filled)
        if MIN_SCALE <= named <= self.most:
            scales.append(named)
        choices = [(_written(scale), self._label(scale, model)) for scale in sorted({*scales})]
        super().__init__(
            choices=choices,
            required=False,
            initial=_written(offered[0]),
            widget=forms.Select(attrs={"autocomplete": "off", **PRICED}),
            **words("scale", help_text=self._help),
        )

    def clean(self, value: Any) -> int | float:
        text = str(value or "").strip() or str(self.initial)
        scale = _number(text)
        if not MIN_SCALE <= scale <= MAX_SCALE:
            raise ValidationError(f"Must be a number from {MIN_SCALE} to {MAX_SCALE}.", code="invalid")
        if scale > max(self.most, MIN_SCALE):
            raise ValidationError(f"{self._too_large(scale)} Choose one of the list.", code="invalid")
        return int(scale) if scale == int(scale) else scale

    def _label(self, scale: float, model: Model | None) -> str:
        done = min(scale, self.most)
        size = sides(round(self.picture.width * done), round(self.picture.height * done))
        cost = in_words(upscale_price(model, done) if model else None)
        lowered = f", which Venice lowers to ×{done:g}" if done < scale else ""
        return f"×{scale:g}{lowered} · {size} · {cost}"

    @property
    def _help(self) -> str:
        return "" if self.most >= MAX_SCALE else self._too_large(MAX_SCALE)

    def _too_large(self, scale: float) -> str:
        width, height = (round(side * scale) for side in (self.picture.width, self.picture.height))
        return (
            f"×{scale:g} would be {sides(width, height)}, more than the {megapixels(MAX_UPSCALED)}"
            f" that come out at most: ×{self.most:g} is the most for this picture."
        )


class Creativity(forms.Field):
    """How much an upscale invents, 0 to MAX_CREATIVITY; nothing typed is None, which is Venice's own."""

    def __init__(self) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off", "placeholder": "Venice’s own: 0.01"}
        super().__init__(required=False, widget=forms.TextInput(attrs=attrs), **words("creativity"))

    def to_python(self, value: Any) -> float | None:
        text = str(value or "").strip()
        if not text:
            return None
        if not _NUMBER.fullmatch(text) or Decimal(text) > Decimal(str(MAX_CREATIVITY)):
            raise ValidationError(f"Must be a number from 0 to {MAX_CREATIVITY}.", code="invalid")
        return float(text)


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


def prompt_field(model: Model | None) -> PlainText:
    """What an edit is to change, within the model's own limit of characters, or Venice's where there is no model."""
    attrs: dict[str, Any] = {"rows": 3, "cols": 40, "autocomplete": "off", "dir": "auto"}
    attrs["placeholder"] = "What is to be different?"
    limit = model.prompt_limit if model else MAX_PROMPT
    if model:
        attrs["data-limit"] = limit
    field = PlainText(limit, widget=forms.Textarea(attrs=attrs), **words("prompt", help_text=""))
    field.error_messages["required"] = "A prompt is required: say what to change."
    return field


def megapixels(pixels: int) -> str:
    """`16.8 megapixels`."""
    return f"{pixels / 1_000_000:.1f}".removesuffix(".0") + " megapixels"


def _pixels(picture: StoredPicture) -> int:
    return max(1, picture.width * picture.height)


def _written(scale: float) -> str:
    return f"{scale:g}"
