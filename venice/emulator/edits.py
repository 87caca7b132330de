"""POST /image/edit and /image/multi-edit: one picture of one or several."""

from functools import partial
from typing import Any

from PIL import Image

from venice.catalog import Model
from venice.emulator.calls import Call, Job, PaidRoute
from venice.emulator.checks import (
    Check,
    attribution,
    body_issues,
    choice,
    flag,
    mistyped,
    not_in,
    text,
    too_long,
)
from venice.emulator.faults import without_markers
from venice.emulator.generate import enhanced
from venice.emulator.inputs import MIN_PIXELS, MIN_SIDE, open_picture, read_input
from venice.emulator.painter import blur
from venice.emulator.pictures import OTHER_FORMAT, developed
from venice.emulator.replies import Issue, Reply, refuse, refuse_parameters
from venice.emulator.retouch import edited, reduced
from venice.emulator.sizes import edited_size
from venice.emulator.tariff import edit_usd

DEFAULT_MODEL = "firered-image-edit"
#: Ids that went on to name another model.
RENAMED = {"qwen-edit": "qwen-edit-uncensored"}
RATIOS = ("auto", "1:1", "3:2", "16:9", "21:9", "9:16", "2:3", "3:4", "4:3", "4:5")
MAX_PROMPT = 32_768
MAX_IMAGES = 3


def _source(name: str, value: Any) -> list[Issue]:
    if isinstance(value, bytes):
        return []
    return text(name, value, least=1)


def _sources(name: str, value: Any) -> list[Issue]:
    if not isinstance(value, list):
        return [mistyped(name, "array", value)]
    if not value:
        return [Issue(name, "Array must contain at least 1 element(s)", "too_small")]
    return next((issues for item in value if (issues := _source(name, item))), [])


_COMMON: dict[str, Check] = {
    "prompt": partial(text, least=1, most=MAX_PROMPT),
    "modelId": partial(text, least=1),
    "aspect_ratio": partial(choice, choices=RATIOS),
    "resolution": partial(text, least=1, most=10),
    "output_format": partial(choice, choices=("jpeg", "jpg", "png", "webp")),
    "enhance_prompt": flag,
    "disable_prompt_optimization_thinking": flag,
    "safe_mode": flag,
    "anon_user_id": attribution,
}
EDIT: dict[str, Check] = {"image": _source, "model": partial(text, least=1), **_COMMON}
MULTI_EDIT: dict[str, Check] = {
    "images": _sources,
    **_COMMON,
    "quality": partial(choice, choices=("low", "medium", "high")),
}


def _prepare_edit(call: Call, payload: dict[str, Any]) -> Job:
    issues = body_issues(payload, EDIT, "image", "prompt")
    if issues:
        raise refuse_parameters(issues)
    model = _model(call, _edit_model(payload))
    if "resolution" in payload and not model.resolutions:
        raise refuse_parameters([Issue("resolution", f"resolution is not supported by {model.id}")])
    return _job(call, payload, model, [payload["image"]])


def _prepare_multi_edit(call: Call, payload: dict[str, Any]) -> Job:
    issues = body_issues(payload, MULTI_EDIT, "images", "prompt")
    if issues:
        raise refuse_parameters(issues)
    model = _model(call, _multi_edit_model(payload))
    if not model.resolutions:
        payload.pop("resolution", None)
    limit = max_images(model)
    if len(payload["images"]) > limit:
        issue = Issue("images", f"Array must contain at most {limit} element(s)", "too_big")
        raise refuse_parameters([issue])
    return _job(call, payload, model, payload["images"])


def max_images(model: Model) -> int:
    """How many pictures the model joins: what it says, three when it says nothing, one when it joins none."""
    constraints = model.raw.get("model_spec", {}).get("constraints") or {}
    if constraints.get("combineImages") is False:
        return 1
    limit = constraints.get("maxInputImages")
    return limit if isinstance(limit, int) and limit > 0 else MAX_IMAGES


def _edit_model(payload: dict[str, Any]) -> Any:
    return payload.get("model", payload.get("modelId", DEFAULT_MODEL))


def _multi_edit_model(payload: dict[str, Any]) -> Any:
    return payload.get("modelId", DEFAULT_MODEL)


def _model(call: Call, asked: str) -> Model:
    model = call.state.models.get(RENAMED.get(asked, asked))
    if model is None or model.type != "inpaint":
        raise refuse(400, "Invalid model id")
    call.set_model(model)
    return model


def _job(call: Call, payload: dict[str, Any], model: Model, images: list[Any]) -> Job:
    issues = _model_issues(payload, model)
    if issues:
        raise refuse_parameters(issues)
    sources = [read_input(image) for image in images]
    with call.state.easels:
        pictures = [
            reduced(open_picture(source, least_side=MIN_SIDE, least_pixels=MIN_PIXELS)) for source in sources
        ]
    usd = edit_usd(
        model,
        len(images),
        resolution=payload.get("resolution"),
        quality=payload.get("quality"),
        enhanced=payload.get("enhance_prompt", False),
    )
    make = partial(_make, call, payload, model, pictures)
    return Job(model=model, usd=usd, make=make, prompt=payload["prompt"], moderation="refuse")


def _model_issues(payload: dict[str, Any], model: Model) -> list[Issue]:
    issues = []
    if len(payload["prompt"]) > model.prompt_limit:
        issues.append(too_long("prompt", model.prompt_limit))
    limits = {
        "aspect_ratio": model.aspect_ratios,
        "resolution": model.resolutions,
        "quality": model.qualities,
    }
    for name, choices in limits.items():
        if name in payload and choices and payload[name] not in choices:
            issues.append(not_in(name, choices, payload[name]))
    return issues


def _make(
    call: Call, payload: dict[str, Any], model: Model, pictures: list[Image.Image], faults: frozenset[str]
) -> Reply:
    prompt = payload["prompt"]
    if payload.get("enhance_prompt"):
        enhanced(call, prompt, model)
    tier = payload.get("resolution") or model.default_resolution
    kind = payload.get("output_format") or ("jpeg" if tier in ("2K", "4K") else "png")
    kind = "jpeg" if kind == "jpg" else kind
    size = edited_size(payload.get("aspect_ratio"), tier, pictures[0].size)

    def work() -> Image.Image:
        picture = edited(pictures, without_markers(prompt), model.id, size)
        return blur(picture) if "blurred" in faults else picture

    return developed(call, work, OTHER_FORMAT[kind] if "wrong-format" in faults else kind, faults)


edit = PaidRoute(path="/image/edit", prepare=_prepare_edit, model_of=_edit_model, forms=True)
multi_edit = PaidRoute(
    path="/image/multi-edit",
    prepare=_prepare_multi_edit,
    model_of=_multi_edit_model,
    forms=True,
    empty_is_415=True,
)
