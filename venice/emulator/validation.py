"""What Venice refuses in the body of /image/generate, with the words of its schema checker.

First what holds for every model (`schema_issues`), then what the chosen model takes (`model_issues`).
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from venice.catalog import Model
from venice.emulator.checks import (
    Check,
    attribution,
    body_issues,
    choice,
    flag,
    mistyped,
    not_in,
    number,
    over,
    text,
    too_long,
)
from venice.emulator.replies import Issue

#: Ratio models ignore a size in pixels, but these three refuse it.
REFUSE_PIXELS = frozenset({"qwen-image", "qwen-image-3", "qwen-image-3-pro"})
MAX_REFERENCE_CHARS = 8 * 1024 * 1024 * 4 // 3 + 100


def schema_issues(payload: Mapping[str, Any]) -> list[Issue]:
    """Everything that is wrong with the body whatever the model, in the order of the schema."""
    issues = body_issues(payload, FIELDS, "prompt")
    if not issues and payload.get("return_binary") and "variants" in payload:
        issues.append(Issue("variants", "variants is only supported when return_binary is false"))
    return issues


def model_issues(payload: Mapping[str, Any], model: Model, styles: list[str]) -> list[Issue]:
    """What this model does not take. A ratio that is not in its list is no issue: Venice falls back."""
    issues = []
    for name in ("prompt", "negative_prompt"):
        if len(payload.get(name, "")) > model.prompt_limit:
            issues.append(too_long(name, model.prompt_limit))
    if model.uses_steps and payload.get("steps", 0) > model.steps_max:
        issues.append(over("steps", model.steps_max))
    if "style_preset" in payload and payload["style_preset"] not in styles:
        issues.append(Issue("style_preset", "Invalid style preset. See /image/styles for the valid names"))
    for name, choices in (("resolution", model.resolutions), ("quality", model.qualities)):
        if name in payload and choices and payload[name] not in choices:
            issues.append(not_in(name, choices, payload[name]))
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


def _references(name: str, value: Any) -> list[Issue]:
    if not isinstance(value, list):
        return [mistyped(name, "array", value)]
    for item in value:
        if not isinstance(item, dict):
            return [mistyped(name, "object", item)]
        unknown = [key for key in item if key not in ("image", "strength")]
        if unknown:
            return [Issue(name, f"Unrecognized key(s) in object: '{unknown[0]}'", "unrecognized_keys")]
        issues = text(name, item.get("image"), least=1, most=MAX_REFERENCE_CHARS)
        if "strength" in item:
            issues += number(name, item["strength"], whole=False, least=0.1, most=1)
        if issues:
            return issues
    return []


def _disabled(name: str, value: Any) -> list[Issue]:
    return [] if value is None else [Issue(name, f"{name} is no longer supported")]


FIELDS: dict[str, Check] = {
    "model": partial(text, least=1),
    "prompt": partial(text, least=1),
    "negative_prompt": text,
    "width": partial(number, above=0, most=1280),
    "height": partial(number, above=0, most=1280),
    "aspect_ratio": text,
    "resolution": text,
    "quality": partial(choice, choices=("low", "medium", "high")),
    "steps": partial(number, above=0),
    "cfg_scale": partial(number, whole=False, above=0, most=20),
    "seed": partial(number, least=-999_999_999, most=999_999_999),
    "style_preset": text,
    "variants": partial(number, least=1, most=4),
    "format": partial(choice, choices=("jpeg", "png", "webp")),
    "safe_mode": flag,
    "hide_watermark": flag,
    "embed_exif_metadata": flag,
    "enhance_prompt": flag,
    "enable_web_search": flag,
    "disable_prompt_optimization_thinking": flag,
    "lora_strength": partial(number, least=0, most=100),
    "return_binary": flag,
    "style_references": _references,
    "inpaint": _disabled,
    "anon_user_id": attribution,
}
