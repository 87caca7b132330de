"""POST /images/generations: the same pictures, asked for as OpenAI's clients do."""

import base64
import time
from functools import partial
from typing import Any

from venice.catalog import Model
from venice.emulator.calls import Call, Job, PaidRoute
from venice.emulator.checks import Check, attribution, body_issues, choice, nullable, number, text
from venice.emulator.generate import filled, generate_usd, model_asked
from venice.emulator.pictures import make_pictures
from venice.emulator.replies import Reply, refuse_parameters

DEFAULT_MODEL = "z-image-turbo"
DEFAULT_SIZE = "1024x1024"
MAX_PROMPT = 1500
SIZES = ("auto", "256x256", "512x512", DEFAULT_SIZE, "1536x1024", "1024x1536", "1792x1024", "1024x1792")


def _one_of(*choices: str) -> Check:
    return nullable(partial(choice, choices=choices))


FIELDS: dict[str, Check] = {
    "model": partial(text, least=1),
    "prompt": partial(text, least=1, most=MAX_PROMPT),
    "n": nullable(partial(number, least=1, most=1)),
    "size": _one_of(*SIZES),
    "response_format": _one_of("b64_json", "url"),
    "output_format": partial(choice, choices=("jpeg", "png", "webp")),
    "moderation": _one_of("low", "auto"),
    "quality": _one_of("auto", "high", "medium", "low", "hd", "standard"),
    "style": _one_of("vivid", "natural"),
    "background": _one_of("transparent", "opaque", "auto"),
    "output_compression": nullable(partial(number, least=0, most=100)),
    "user": text,
    "anon_user_id": attribution,
}


def _prepare(call: Call, payload: dict[str, Any]) -> Job:
    asked = model_asked(payload)
    issues = body_issues(payload, FIELDS, "prompt")
    if issues:
        raise refuse_parameters(issues)
    model = call.state.models.get(call.state.traits().get(asked, asked))
    if model is None or not model.takes_generate:
        # What this route does not know it makes with Venice's own model, as for `dall-e-3`.
        model = call.state.models[DEFAULT_MODEL]
    call.set_model(model)
    return Job(
        model=model,
        usd=generate_usd(model, {}),
        make=partial(_make, call, payload, model),
        prompt=payload["prompt"],
        moderation="black",
    )


def _make(call: Call, payload: dict[str, Any], model: Model, faults: frozenset[str]) -> Reply:
    data = filled(_native(payload, model), model)
    call.entry.seed = data["seed"]
    pictures = make_pictures(call.state, model, data, faults, call.request.received)
    call.entry.images = pictures.described
    images: list[dict[str, str]] = []
    for file in [] if "empty" in faults else pictures.files:
        encoded = base64.b64encode(file).decode()
        if payload.get("response_format") == "url":
            images.append({"url": f"data:image/{pictures.format};base64,{encoded}"})
        else:
            images.append({"b64_json": encoded})
    return Reply.json({"created": int(time.time()), "data": images})


def _native(payload: dict[str, Any], model: Model) -> dict[str, Any]:
    """The request in the words of /image/generate. A size acts on models that count in pixels only."""
    native: dict[str, Any] = {
        "model": model.id,
        "prompt": payload["prompt"],
        "format": payload.get("output_format", "png"),
        "safe_mode": payload.get("moderation") != "low",
        "hide_watermark": True,
    }
    size = payload.get("size") or "auto"
    if model.sizing == "pixels":
        width, height = (DEFAULT_SIZE if size == "auto" else size).split("x")
        native |= {"width": int(width), "height": int(height)}
    return native


generations = PaidRoute(
    path="/images/generations", prepare=_prepare, model_of=lambda payload: payload.get("model")
)
