"""From what Venice says to what a column holds: what does not fit must not keep a picture from being stored."""

from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import Model

from gallery.text import storable


def fitted(model: type[Model], /, **values: Any) -> dict[str, Any]:
    """`values` as the columns of `model` with those names hold it, whichever the database; expressions pass."""
    return {name: fit(model._meta.get_field(name), value) for name, value in values.items()}


def fit(field: Any, value: Any) -> Any:
    """`value` as `field` can hold it on every database.

    Texts are cleaned and cut, numbers rounded. What no rounding makes fit is unknown: NULL, or else the default.
    """
    if hasattr(value, "resolve_expression"):
        return value
    kind, fitted = field.get_internal_type(), None
    if value is None:
        pass
    elif kind in BaseDatabaseOperations.integer_field_ranges:
        fitted = _whole(field, value)
    elif kind in _FITS:
        fitted = _FITS[kind](field, value)
    else:
        return value
    return fitted if fitted is not None or field.null else field.get_default()


def _text(field: Any, value: Any) -> str | None:
    text, limit = storable(value), field.max_length
    if not isinstance(text, str):
        return None
    return text if limit is None or len(text) <= limit else f"{text[: limit - 1]}…"


def _whole(field: Any, value: Any) -> int | None:
    # The narrower of the databases decides: SQLite alone would take 64 bits everywhere.
    low, high = BaseDatabaseOperations.integer_field_ranges[field.get_internal_type()]
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and low <= value <= high else None


def _decimal(field: Any, value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float):
        return None
    try:
        amount = Decimal(value if isinstance(value, int) else str(value))
        # As SQLite's reader does it, which raises for a number that has too many places.
        amount = amount.quantize(
            Decimal(1).scaleb(-field.decimal_places), context=Context(prec=field.max_digits)
        )
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _float(field: Any, value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) <= 1e300 else None


def _flag(field: Any, value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


_FITS: dict[str, Callable[[Any, Any], Any]] = {
    "CharField": _text,
    "TextField": _text,
    "DecimalField": _decimal,
    "FloatField": _float,
    "BooleanField": _flag,
    "JSONField": lambda field, value: storable(value),
}
