"""Fields that read what people type strictly: plain numbers, clean text, boxes that may be left out."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from gallery.text import clean_text, is_encodable

INVALID_TEXT = "This is invalid text: some of its characters cannot be read."
ON = frozenset({"on", "true", "1", "yes"})
OFF = frozenset({"off", "false", "0", "no", ""})
#: The hidden field that names the boxes a form showed: one of them that is absent was unticked, while a
#: script that names none gets the defaults.
BOXES = "boxes"

# ASCII on purpose: int() and float() also read 1_000 and other alphabets' digits. Bounded, so that thousands
# of digits are refused before they are converted.
WHOLE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
DECIMAL = re.compile(r"[+-]?[0-9]{1,6}(\.[0-9]{1,9})?", re.ASCII)


def said(value: Any) -> Any:
    """`value`, or None of a field that says nothing: no text, no choice, a switch that is off. A nought is a value."""
    return None if value in (None, "", [], ()) or value is False else value


class PlainText(forms.Field):
    """Text as `clean_text` leaves it. The `limit` is the model's own, and checked with the whole request."""

    def __init__(self, limit: int, **kwargs: Any) -> None:
        self.limit = limit
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        return clean_text(str(value), self.limit) if value else ""

    def validate(self, value: str) -> None:
        if not is_encodable(value):
            raise ValidationError(INVALID_TEXT, code="invalid")
        super().validate(value)


class WholeNumber(forms.Field):
    """A whole number in ASCII digits, with or without a sign; nothing typed is `default`."""

    def __init__(
        self, low: int, high: int, *, default: int | None = None, step: int = 1, **kwargs: Any
    ) -> None:
        self.low, self.high, self.step, self.default = low, high, step, default
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> int | None:
        text = str(value or "").strip()
        if not text:
            return self.default
        if not WHOLE.fullmatch(text) or not self.low <= int(text) <= self.high or int(text) % self.step:
            raise ValidationError(self.message, code="invalid")
        return int(text)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial if data is None else data

    @property
    def message(self) -> str:
        """What it takes, in words."""
        kind = f"multiple of {self.step}" if self.step > 1 else "whole number"
        return f"Must be a {kind} from {self.low} to {self.high}."


class DecimalNumber(forms.Field):
    """A number above 0 and at most `high`, with a point and without an exponent; nothing typed is None."""

    def __init__(self, high: int, **kwargs: Any) -> None:
        self.high = high
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> float | None:
        text = str(value or "").strip()
        if not text:
            return None
        if not DECIMAL.fullmatch(text) or not 0 < float(text) <= self.high:
            raise ValidationError(f"Must be a number above 0 and at most {self.high}.", code="invalid")
        return float(text)


class OneOf(forms.ChoiceField):
    """A list of which browsers always show one entry: the initial one, where what was sent is none of it."""

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data if self.valid_value(data) else initial


class Choice(OneOf):
    """One of a model's own values, exactly as spelled; nothing chosen is `default`."""

    def __init__(self, values: tuple[str, ...], *, default: str | None, **kwargs: Any) -> None:
        self.default = default
        choices = [(value, value) for value in values]
        super().__init__(choices=choices, required=False, initial=default, **kwargs)
        self.error_messages["invalid_choice"] = f"Must be one of {', '.join(values)}."

    def clean(self, value: Any) -> str | None:
        return super().clean(value) or self.default


class Box(forms.CheckboxInput):
    """A checkbox whose absence means unticked only where the sent form says that it was shown."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, check_test=lambda value: str(value).lower() not in OFF | {"none"})

    def format_value(self, value: Any) -> str:
        """What is sent when it is ticked, whatever it was filled with."""
        return "on"

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        if name in data:
            return data[name]
        return "off" if name in str(data.get(BOXES, "")).split() else None


class Switch(forms.Field):
    """Yes or no; left out altogether it is its initial value."""

    def __init__(self, *, initial: bool, widget_attrs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(required=False, initial=initial, widget=Box(widget_attrs), **kwargs)

    def to_python(self, value: Any) -> bool:
        if value is None:
            return bool(self.initial)
        text = str(value).lower()
        if text not in ON | OFF:
            raise ValidationError("Must be on or off.", code="invalid")
        return text in ON

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial if data is None else data
