"""A request in one form, so that two that ask for the same are equal however they were written."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from venice import Model
from venice.operations import FORMATS, Generate
from venice.operations.edit import DEFAULT_EDIT_MODEL
from venice.operations.finishing import DEFAULT_SCALE
from venice.operations.ratio import DEFAULT_SIDE
from venice.operations.style import DEFAULT_STRENGTH

# What Venice takes for a field that is left out, whatever the model.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "generate": {
        "negative_prompt": "",
        "style_preset": "",
        "variants": 1,
        "format": FORMATS[0],
        "safe_mode": True,
        "hide_watermark": False,
        "embed_exif_metadata": False,
        "enhance_prompt": False,
        "enable_web_search": False,
        "disable_prompt_optimization_thinking": False,
    },
    "edit": {"model": DEFAULT_EDIT_MODEL, "safe_mode": True, "enhance_prompt": False},
    "multi-edit": {"model": DEFAULT_EDIT_MODEL, "safe_mode": True, "enhance_prompt": False},
    "upscale": {"scale": float(DEFAULT_SCALE), "creativity": 0.0},
}
# How an answer comes and in whose name it is asked for: neither is seen in the picture.
_NOT_SEEN = frozenset({"return_binary", "anon_user_id"})

# Made once: it writes hundreds for one page.
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


#: The text of a frozen request with the digests of its inputs.
Form = Callable[[Mapping[str, Any], Iterable[str]], str]


def canonical(
    kind: str, request: Mapping[str, Any], *, inputs: Iterable[str] = (), model: Model | None = None
) -> str:
    """The frozen `request` of this kind with every default that is known, sorted; equal texts ask for the same.

    `inputs` are the digests of its pictures, in order, which are not in the request. With its `model`, the defaults of
    that, and without what it does not take: what has no influence on the picture makes no difference.
    """
    return form_of(kind, model)(request, inputs)


def form_of(kind: str, model: Model | None = None) -> Form:
    """The same for many requests of one model: what is the same for all of them is looked up once."""
    taken, refused = _offered(model) if kind == Generate.kind and model is not None else ({}, frozenset())
    left_out = refused | _NOT_SEEN
    defaults = taken | {
        name: value for name, value in _DEFAULTS.get(kind, {}).items() if name not in left_out
    }
    defaults = {name: _plain(value) for name, value in defaults.items()}

    def form(request: Mapping[str, Any], inputs: Iterable[str]) -> str:
        values = defaults.copy()
        for name, value in request.items():
            if value is not None and name not in left_out:
                values[name] = _plain(value)
        values["style_references"] = _references(values.get("style_references"))
        return _ENCODER.encode([kind, values, list(inputs)])

    return form


def _offered(model: Model) -> tuple[dict[str, Any], frozenset[str]]:
    """What only some models take: the defaults of what this one does, and the names of the rest."""
    offered: dict[str, tuple[object, object]] = {
        "width": (model.sizing == "pixels", DEFAULT_SIDE),
        "height": (model.sizing == "pixels", DEFAULT_SIDE),
        "aspect_ratio": (model.aspect_ratios and model.sizing == "ratio", model.default_aspect_ratio),
        "resolution": (model.resolutions and model.sizing == "ratio", model.default_resolution),
        "quality": (model.qualities and model.sizing == "ratio", model.default_quality),
        "steps": (model.uses_steps, model.steps_default),
        "negative_prompt": (model.uses_negative_prompt, ""),
        "enable_web_search": (model.supports_web_search, False),
        "disable_prompt_optimization_thinking": (model.supports_prompt_thinking, False),
        "style_references": (model.supports_style_references, None),
    }
    taken = {name: default for name, (takes, default) in offered.items() if takes}
    return taken, frozenset(offered.keys() - taken.keys())


def _references(references: Any) -> list[dict[str, Any]]:
    """How strong each is; which pictures they are, their digests tell."""
    entries = references if isinstance(references, list) else []
    return [
        {"strength": DEFAULT_STRENGTH} | {name: _plain(value) for name, value in entry.items()}
        for entry in entries
        if isinstance(entry, Mapping)
    ]


def _plain(value: Any) -> Any:
    """A number in one type: 7 and 7.0 are one scale."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
