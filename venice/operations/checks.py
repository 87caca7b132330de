"""The checks that the operations share: types always, ranges and choices when they are strict."""

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from venice.errors import InvalidRequest
from venice.operations.payloads import OWN_FIELDS, Extra
from venice.sources import (
    MAX_FILE,
    MAX_PIXELS,
    MIN_PIXELS,
    MIN_SIDE,
    InputImage,
    UnusableImage,
    check_pixels,
    read_image,
)

if TYPE_CHECKING:
    from venice.catalog import Model

#: The longest prompt of any model.
MAX_PROMPT = 32_768
MAX_RESOLUTION = 10
MAX_ANON_USER_ID = 128
#: Where nothing else bounds a number: what fits every reader of JSON.
_ANY_INTEGER = 2**53
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class Checks:
    """Collects field -> what is wrong with it, the last word counting; `raise_problems` refuses the operation."""

    def __init__(self, operation: Any) -> None:
        self._operation = operation
        self.strict = operation.strict
        self.wrong: dict[str, str] = {}
        if not isinstance(self.strict, bool):
            self.wrong["strict"] = "must be yes or no."

    def raise_problems(self) -> None:
        if self.wrong:
            text = "; ".join(f"{field}: {message}" for field, message in self.wrong.items())
            raise InvalidRequest(text, field_errors=self.wrong)

    def required(self, *fields: str) -> None:
        for field in fields:
            value = self._value(field)
            if not isinstance(value, str) or (self.strict and not value.strip()):
                self.wrong[field] = "is required."
            elif not _is_unicode(value):
                self.wrong[field] = "holds characters that are not valid text."

    def texts(self, *fields: str) -> None:
        for field in fields:
            value = self._value(field)
            if not isinstance(value, str | None):
                self.wrong[field] = "must be text."
            elif value is not None and not _is_unicode(value):
                self.wrong[field] = "holds characters that are not valid text."

    def flags(self, *fields: str) -> None:
        for field in fields:
            if not isinstance(self._value(field), bool | None):
                self.wrong[field] = "must be yes or no."

    def integers(self, ranges: Mapping[str, tuple[int, int]]) -> None:
        for field, (low, high) in ranges.items():
            value = self._value(field)
            least, most = (low, high) if self.strict else (-_ANY_INTEGER, _ANY_INTEGER)
            if value is None or (_is_whole(value) and least <= value <= most):
                continue
            self.wrong[field] = f"must be a whole number from {low} to {high}."

    def number(self, field: str, low: float, high: float, *, above: bool = False) -> None:
        """A finite number; a Decimal becomes a float. `above` leaves the lower bound out."""
        value = self._value(field)
        if value is None:
            return
        if isinstance(value, Decimal) and value.is_finite():
            value = float(value)
            self.replace(field, value)
        bounds = f"above {low:g} and at most {high:g}" if above else f"from {low:g} to {high:g}"
        if not _is_number(value) or (
            self.strict and not (low < value <= high or (value == low and not above))
        ):
            self.wrong[field] = f"must be a number {bounds}."

    def choices(self, offered: Mapping[str, Sequence[str]]) -> None:
        self.texts(*offered)
        for field, names in offered.items():
            value = self._value(field)
            if self.strict and value is not None and field not in self.wrong and value not in names:
                self.wrong[field] = f"must be one of {', '.join(names)}."

    def lengths(self, limits: Mapping[str, int]) -> None:
        """Code points, as Venice counts; what is empty is refused too."""
        for field, limit in limits.items():
            value = self._value(field)
            if self.strict and isinstance(value, str) and not 1 <= len(value) <= limit:
                self.wrong.setdefault(field, f"takes 1 to {limit} characters; this has {len(value)}.")

    def anonymous_user(self) -> None:
        field = "anon_user_id"
        self.texts(field)
        value = self._value(field)
        if not self.strict or value is None or field in self.wrong:
            return
        if not (value.isascii() and value.isprintable() and 1 <= len(value) <= MAX_ANON_USER_ID):
            self.wrong[field] = f"takes 1 to {MAX_ANON_USER_ID} printable ASCII characters."
        elif "||" in value:
            self.wrong[field] = "must not hold ||."

    def extra_fields(self, *sent: str) -> None:
        """Fields that are newer than we are: names of none of ours, nor of those `sent` under another name."""
        value = self._value("extra")
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            self.wrong["extra"] = "must be names with values."
            return
        own_names = {entry.name for entry in dataclasses.fields(self._operation)} | {
            *sent,
            *OWN_FIELDS,
            "model",
        }
        for name in value:
            if name in own_names:
                self.wrong["extra"] = f"must not hold {name}, which is a field of its own."
            elif not _FIELD_NAME.fullmatch(name):
                self.wrong["extra"] = "must have names of letters, digits and underscores."
        try:
            self.replace("extra", Extra(value))
        except (ValueError, TypeError, RecursionError):
            self.wrong["extra"] = "must be values that JSON can hold."

    def image(self, field: str, value: object, *, max_bytes: int = MAX_FILE, **pixels: int) -> InputImage:
        """The image behind a field; an empty one when it cannot be used. `pixels` as in `check_pixels`."""
        try:
            image = read_image(value, max_bytes=max_bytes, strict=self.strict)
            if self.strict:
                check_pixels(image, **pixels)
        except UnusableImage as error:
            self.wrong[field] = str(error)
            return InputImage()
        return image

    def replace(self, field: str, value: object) -> None:
        """Set a field of the frozen operation while it is being made."""
        object.__setattr__(self._operation, field, value)

    def _value(self, field: str) -> Any:
        return getattr(self._operation, field)


#: The bounds of a picture that is edited.
EDIT_PIXELS = {"least": MIN_PIXELS, "side": MIN_SIDE, "most": MAX_PIXELS}


def too_long(operation: Any, fields: Iterable[str], model: "Model") -> dict[str, str]:
    """The fields with more text than the model takes, in code points."""
    lengths = {field: len(getattr(operation, field) or "") for field in fields}
    return {
        field: f"{model.name} takes at most {model.prompt_limit} characters; this has {length}."
        for field, length in lengths.items()
        if length > model.prompt_limit
    }


def not_offered(operation: Any, choices: Mapping[str, tuple[str, ...]], model: "Model") -> dict[str, str]:
    """The fields whose value is not among the model's own; a model that names none takes any."""
    return {
        field: f"{model.name} offers {', '.join(names)}."
        for field, names in choices.items()
        if getattr(operation, field) is not None and names and getattr(operation, field) not in names
    }


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return _is_whole(value) and isinstance(value, int) and -_ANY_INTEGER <= value <= _ANY_INTEGER


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
