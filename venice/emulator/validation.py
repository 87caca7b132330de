"""What Venice refuses in the body of /image/generate, with the words of its schema checker.

First what holds for every model (`schema_issues`), then what the chosen model takes (`model_issues`).
"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from venice.catalog import Model
from venice.emulator.replies import Issue

Check = Callable[[str, Any], list[Issue]]

#: Ratio models ignore a size in pixels, but these three refuse it.
REFUSE_PIXELS = frozenset({"qwen-image", "qwen-image-3", "qwen-image-3-pro"})
MAX_REFERENCE_CHARS = 8 * 1024 * 1024 * 4 // 3 + 100


def schema_issues(payload: Mapping[str, Any]) -> list[Issue]:
    """Everything that is wrong with the body whatever the model, in the order of the schema."""
    issues = [Issue("prompt", "Required", "invalid_type", {"expected": "string", "received": "undefined"})]
    issues = [] if "prompt" in payload else issues
    for name, check in FIELDS.items():
        if name in payload:
            issues += check(name, payload[name])
    unknown = [key for key in payload if key not in FIELDS]
    if unknown:
        quoted = ", ".join(f"'{key}'" for key in unknown)
        issues.append(
            Issue("", f"Unrecognized key(s) in object: {quoted}", "unrecognized_keys", {"keys": unknown})
        )
    if not issues and payload.get("return_binary") and "variants" in payload:
        issues.append(Issue("variants", "variants is only supported when return_binary is false"))
    return issues


def model_issues(payload: Mapping[str, Any], model: Model, styles: list[str]) -> list[Issue]:
    """What this model does not take. A ratio that is not in its list is no issue: Venice falls back."""
    issues = []
    for name in ("prompt", "negative_prompt"):
        if len(payload.get(name, "")) > model.prompt_limit:
            issues.append(_too_long(name, model.prompt_limit))
    if model.uses_steps and payload.get("steps", 0) > model.steps_max:
        issues.append(_above("steps", model.steps_max))
    if "style_preset" in payload and payload["style_preset"] not in styles:
        issues.append(Issue("style_preset", "Invalid style preset. See /image/styles for the valid names"))
    for name, choices in (("resolution", model.resolutions), ("quality", model.qualities)):
        if name in payload and choices and payload[name] not in choices:
            issues.append(_not_in(name, choices, payload[name]))
    if model.id in REFUSE_PIXELS:
        names = (name for name in ("width", "height") if name in payload)
        issues += [Issue(name, f"{name} is not supported by {model.id}; use aspect_ratio") for name in names]
    return issues + _reference_issues(payload.get("style_references", []), model)


def _reference_issues(references: list[Any], model: Model) -> list[Issue]:
    if references and not model.supports_style_references:
        return [Issue("style_references", f"style_references is not supported by {model.id}")]
    limit = model.raw.get("model_spec", {}).get("constraints", {}).get("maxStyleReferences", 3)
    if len(references) > limit:
        return [Issue("style_references", f"Array must contain at most {limit} element(s)", "too_big")]
    return []


def _text(name: str, value: Any, *, least: int = 0, most: int | None = None) -> list[Issue]:
    if not isinstance(value, str):
        return [_mistyped(name, "string", value)]
    if len(value.strip() if least else value) < least:
        more = {"minimum": least, "type": "string", "inclusive": True, "exact": False}
        return [Issue(name, f"String must contain at least {least} character(s)", "too_small", more)]
    return [_too_long(name, most)] if most is not None and len(value) > most else []


def _flag(name: str, value: Any) -> list[Issue]:
    return [] if isinstance(value, bool) else [_mistyped(name, "boolean", value)]


def _choice(name: str, value: Any, *, choices: tuple[str, ...]) -> list[Issue]:
    if not isinstance(value, str):
        return [_mistyped(name, " | ".join(f"'{choice}'" for choice in choices), value)]
    return [] if value in choices else [_not_in(name, choices, value)]


def _number(
    name: str,
    value: Any,
    *,
    whole: bool = True,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
) -> list[Issue]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [_mistyped(name, "number", value)]
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
    return [_above(name, most)] if most is not None and value > most else []


def _references(name: str, value: Any) -> list[Issue]:
    if not isinstance(value, list):
        return [_mistyped(name, "array", value)]
    for item in value:
        if not isinstance(item, dict):
            return [_mistyped(name, "object", item)]
        unknown = [key for key in item if key not in ("image", "strength")]
        if unknown:
            return [Issue(name, f"Unrecognized key(s) in object: '{unknown[0]}'", "unrecognized_keys")]
        issues = _text(name, item.get("image"), least=1, most=MAX_REFERENCE_CHARS)
        if "strength" in item:
            issues += _number(name, item["strength"], whole=False, least=0.1, most=1)
        if issues:
            return issues
    return []


def _disabled(name: str, value: Any) -> list[Issue]:
    return [] if value is None else [Issue(name, f"{name} is no longer supported")]


def _mistyped(name: str, expected: str, value: Any) -> Issue:
    received = _javascript_type(value)
    more = {"expected": expected, "received": received}
    return Issue(name, f"Expected {expected}, received {received}", "invalid_type", more)


def _too_long(name: str, most: int) -> Issue:
    more = {"maximum": most, "type": "string", "inclusive": True, "exact": False}
    return Issue(name, f"String must contain at most {most} character(s)", "too_big", more)


def _above(name: str, most: float) -> Issue:
    more = {"maximum": most, "type": "number", "inclusive": True, "exact": False}
    return Issue(name, f"Number must be less than or equal to {_plain(most)}", "too_big", more)


def _not_in(name: str, choices: tuple[str, ...], value: str) -> Issue:
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


FIELDS: dict[str, Check] = {
    "model": partial(_text, least=1),
    "prompt": partial(_text, least=1),
    "negative_prompt": _text,
    "width": partial(_number, above=0, most=1280),
    "height": partial(_number, above=0, most=1280),
    "aspect_ratio": _text,
    "resolution": _text,
    "quality": partial(_choice, choices=("low", "medium", "high")),
    "steps": partial(_number, above=0),
    "cfg_scale": partial(_number, whole=False, above=0, most=20),
    "seed": partial(_number, least=-999_999_999, most=999_999_999),
    "style_preset": _text,
    "variants": partial(_number, least=1, most=4),
    "format": partial(_choice, choices=("jpeg", "png", "webp")),
    "safe_mode": _flag,
    "hide_watermark": _flag,
    "embed_exif_metadata": _flag,
    "enhance_prompt": _flag,
    "enable_web_search": _flag,
    "disable_prompt_optimization_thinking": _flag,
    "lora_strength": partial(_number, least=0, most=100),
    "return_binary": _flag,
    "style_references": _references,
    "inpaint": _disabled,
    "anon_user_id": partial(_text, least=1, most=128),
}
