"""POST /image/generate: its checks, its defaults and its reply."""

import secrets
import time
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import quote

from venice import pricing
from venice.catalog import Model
from venice.emulator.calls import Call, Job, PaidRoute
from venice.emulator.faults import GENERATE
from venice.emulator.inputs import read_input
from venice.emulator.pictures import make_pictures
from venice.emulator.replies import Reply, refuse, refuse_parameters
from venice.emulator.sizes import chosen_ratio
from venice.emulator.validation import model_issues, schema_issues

#: Characters of a rewritten prompt that a header tells: at up to 12 bytes each no client takes many more.
MAX_HEADER_PROMPT = 2000
DEFAULT_CFG_SCALE = 7.5
ENHANCEMENT = ", soft volumetric light, layered depth, considered composition, fine detail"


def _prepare(call: Call, payload: dict[str, Any]) -> Job:
    asked = model_asked(payload)
    issues = schema_issues(payload)
    if issues:
        raise refuse_parameters(issues)
    model = call.state.models.get(call.state.traits().get(asked, asked))
    if model is None or model.type != "image":
        raise refuse(404, f"Specified model not found: {asked}")
    if not model.takes_generate:
        raise refuse(400, "Invalid model specified")
    call.set_model(model)
    issues = model_issues(payload, model, call.state.styles)
    if issues:
        raise refuse_parameters(issues)
    for reference in payload.get("style_references", []):
        read_input(reference["image"])
    return Job(
        model=model,
        usd=generate_usd(model, payload),
        make=partial(_make, call, payload, model),
        prompt=payload["prompt"],
        images=int(payload.get("variants", 1)),
        moderation="black",
    )


def model_asked(payload: dict[str, Any]) -> str:
    """The `model` of the body, which Venice wants before it looks at the rest."""
    asked = payload.get("model")
    if asked is None or asked == "":
        raise refuse(400, "model is required")
    if not isinstance(asked, str):
        raise refuse(400, "model must be a string")
    return asked


def enhanced(call: Call, prompt: str, model: Model) -> str:
    """The prompt as Venice rewrites it, which a header tells."""
    prompt = (prompt + ENHANCEMENT)[: model.prompt_limit]
    quoted = quote(prompt[:MAX_HEADER_PROMPT], safe="", errors="replace")
    call.headers["x-venice-enhanced-prompt"] = quoted
    return prompt


def _make(call: Call, payload: dict[str, Any], model: Model, faults: frozenset[str]) -> Reply:
    data = filled(payload, model)
    call.entry.seed = data["seed"]
    if payload.get("enhance_prompt") and "violation" not in faults:
        data["prompt"] = enhanced(call, payload["prompt"], model)
    pictures = make_pictures(call.state, model, data, faults, call.request.received)
    call.entry.images = pictures.described
    if payload.get("return_binary"):
        body = b"" if "empty" in faults else pictures.files[0]
        return Reply(body=body, content_type=f"image/{pictures.format}")
    echo = {name: value for name, value in data.items() if name != "style_references"}
    return Reply.json(
        {
            "id": call.entry.id,
            "images": [] if "empty" in faults else pictures.encoded,
            "request": {"success": True, "data": echo},
            "timing": pictures.timing(time.monotonic()),
        }
    )


def filled(payload: dict[str, Any], model: Model) -> dict[str, Any]:
    """The request as it is understood: with the defaults of the schema and the model, and a seed."""
    data: dict[str, Any] = {
        "variants": 1,
        "format": "webp",
        "safe_mode": True,
        "hide_watermark": False,
        "embed_exif_metadata": False,
        "return_binary": False,
        "enhance_prompt": False,
        "cfg_scale": DEFAULT_CFG_SCALE,
        "steps": min(model.steps_max, 20),
        "seed": secrets.randbelow(999_999_999) + 1,
    }
    if model.sizing == "pixels":
        data |= {"width": 1024, "height": 1024}
    data |= payload
    if model.sizing == "ratio":
        data["aspect_ratio"] = chosen_ratio(payload, model)
    if model.resolutions:
        data.setdefault("resolution", model.default_resolution)
    if model.qualities:
        data.setdefault("quality", model.default_quality)
    for name in ("seed", "width", "height", "steps", "variants"):
        if name in data:
            data[name] = int(data[name])
    return data


def generate_usd(model: Model, payload: dict[str, Any]) -> Decimal:
    """In US dollars; 0 for a model that has no price. What the model drops does not count."""
    usd = pricing.generate_price(
        model,
        images=int(payload.get("variants", 1)),
        resolution=payload.get("resolution") if model.resolutions else None,
        quality=payload.get("quality") if model.qualities else None,
        enhance_prompt=payload.get("enhance_prompt", False),
    )
    return usd or Decimal(0)


generate = PaidRoute(path=GENERATE, prepare=_prepare, model_of=lambda payload: payload.get("model"))
