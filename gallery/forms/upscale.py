"""The form of an upscale: how many times larger, and how much is invented."""

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from gallery.formats import megapixels, sides, whole_size
from gallery.formats import price as in_words
from gallery.forms.fields import OneOf
from gallery.forms.model_fields import PRICED, words
from gallery.forms.operation_form import OperationForm
from gallery.models.stored import StoredPicture
from venice import Model
from venice.operations import MAX_CREATIVITY, MAX_SCALE, MIN_SCALE, Operation, Upscale
from venice.operations.upscale import MAX_UPSCALED
from venice.pricing import upscale_price
from venice.sources import MAX_FILE, MIN_PIXELS

_NUMBER = re.compile(r"[0-9](\.[0-9]{1,6})?", re.ASCII)
_OFFERED = (2, 3, 4)


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


class Scale(OneOf):
    """How many times the sides: those that are offered, and any number between; more than fits is refused in words.

    One between that is `filled` in stands in the list as well: another one would be shown, and paid, in its place.
    """

    def __init__(self, picture: StoredPicture, model: Model | None, filled: Any = None) -> None:
        self.picture, self.most = picture, _largest_scale(picture)
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


def _largest_scale(picture: StoredPicture) -> float:
    """How many times its sides may at most become, in hundredths; Venice lowers what is more."""
    pixels = max(1, picture.width * picture.height)
    return min(float(MAX_SCALE), math.floor(100 * math.sqrt(MAX_UPSCALED / pixels)) / 100)


def _number(value: Any) -> float:
    text = str(value or "").strip()
    return float(text) if _NUMBER.fullmatch(text) else 0.0


def _written(scale: float) -> str:
    return f"{scale:g}"
