"""What a field of a request body may be, and the words of Venice's schema checker when it is not that."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from venice.emulator.replies import Issue

Check = Callable[[str, Any], list[Issue]]


def body_issues(payload: Mapping[str, Any], fields: Mapping[str, Check], *required: str) -> list[Issue]:
    """What is wrong with a body that may hold these fields and no others, in the order of the schema."""
    issues = [_missing(name) for name in required if name not in payload]
    for name, check in fields.items():
        if name in payload:
            issues += check(name, payload[name])
    unknown = [key for key in payload if key not in fields]
    if unknown:
        quoted = ", ".join(f"'{key}'" for key in unknown)
        issues.append(
            Issue("", f"Unrecognized key(s) in object: {quoted}", "unrecognized_keys", {"keys": unknown})
        )
    return issues


def nullable(check: Check) -> Check:
    """The same check for a field that may be null."""
    return partial(_unless_null, check)


def _unless_null(check: Check, name: str, value: Any) -> list[Issue]:
    return [] if value is None else check(name, value)


def _missing(name: str) -> Issue:
    return Issue(name, "Required", "invalid_type", {"expected": "string", "received": "undefined"})


def text(name: str, value: Any, *, least: int = 0, most: int | None = None) -> list[Issue]:
    if not isinstance(value, str):
        return [mistyped(name, "string", value)]
    if len(value.strip() if least else value) < least:
        more = {"minimum": least, "type": "string", "inclusive": True, "exact": False}
        return [Issue(name, f"String must contain at least {least} character(s)", "too_small", more)]
    return [too_long(name, most)] if most is not None and len(value) > most else []


def flag(name: str, value: Any) -> list[Issue]:
    return [] if isinstance(value, bool) else [mistyped(name, "boolean", value)]


def choice(name: str, value: Any, *, choices: tuple[str, ...]) -> list[Issue]:
    if not isinstance(value, str):
        return [mistyped(name, " | ".join(f"'{choice}'" for choice in choices), value)]
    return [] if value in choices else [not_in(name, choices, value)]


def number(
    name: str,
    value: Any,
    *,
    whole: bool = True,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
) -> list[Issue]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [mistyped(name, "number", value)]
    more: dict[str, Any]
    if whole and isinstance(value, float) and not value.is_integer():
        more = {"expected": "integer", "received": "float"}
        return [Issue(name, "Expected integer, received float", "invalid_type", more)]
    if above is not None and not value > above:
        more = {"minimum": above, "type": "number", "inclusive": False, "exact": False}
        return [Issue(name, f"Number must be greater than {above:g}", "too_small", more)]
    if least is not None and value < least:
        more = {"minimum": least, "type": "number", "inclusive": True, "exact": False}
        return [Issue(name, f"Number must be greater than or equal to {_plain(least)}", "too_small", more)]
    return [over(name, most)] if most is not None and value > most else []


def mistyped(name: str, expected: str, value: Any) -> Issue:
    received = _javascript_type(value)
    more = {"expected": expected, "received": received}
    return Issue(name, f"Expected {expected}, received {received}", "invalid_type", more)


def too_long(name: str, most: int) -> Issue:
    more = {"maximum": most, "type": "string", "inclusive": True, "exact": False}
    return Issue(name, f"String must contain at most {most} character(s)", "too_big", more)


def over(name: str, most: float) -> Issue:
    more = {"maximum": most, "type": "number", "inclusive": True, "exact": False}
    return Issue(name, f"Number must be less than or equal to {_plain(most)}", "too_big", more)


def not_in(name: str, choices: tuple[str, ...], value: str) -> Issue:
    listed = " | ".join(f"'{choice}'" for choice in choices)
    more = {"received": value, "options": list(choices)}
    return Issue(
        name, f"Invalid enum value. Expected {listed}, received '{value}'", "invalid_enum_value", more
    )


def _plain(number: float) -> str:
    return str(int(number)) if math.isfinite(number) and float(number).is_integer() else str(number)


def _javascript_type(value: Any) -> str:
    if value is None:
        return "null"
    names: dict[type, str] = {bool: "boolean", int: "number", float: "number", str: "string", list: "array"}
    return names.get(type(value), "object")


def attribution(name: str, value: Any) -> list[Issue]:
    """`anon_user_id`: 1 to 128 printable ASCII characters without `||`."""
    issues = text(name, value, least=1, most=128)
    if not issues and (not value.isascii() or not value.isprintable() or "||" in value):
        issues.append(Issue(name, "Must be printable ASCII without '||'"))
    return issues
