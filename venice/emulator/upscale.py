"""POST /image/upscale: a picture made two to four times as large."""

import math
from functools import partial
from typing import Any

from PIL import Image

from venice.emulator.calls import Call, Job, PaidRoute
from venice.emulator.checks import Check, body_issues, nullable, number, text
from venice.emulator.inputs import CORRUPTED, MIN_PIXELS, digest_of, open_picture, read_input
from venice.emulator.pictures import OTHER_FORMAT, developed
from venice.emulator.replies import Issue, Reply, refuse, refuse_parameters
from venice.emulator.retouch import enlarged
from venice.emulator.tariff import upscale_usd

MODEL = "upscaler"
DEFAULT_SCALE = 2.0
MAX_PIXELS = 16_777_216
DEFAULT_CREATIVITY = 0.01
MAX_CREATIVITY = 0.02


def _file(name: str, value: Any) -> list[Issue]:
    return [] if isinstance(value, bytes) else text(name, value, least=1)


FIELDS: dict[str, Check] = {
    "image": _file,
    "scale": partial(number, whole=False, least=2, most=4),
    "creativity": nullable(partial(number, whole=False)),
}


def _prepare(call: Call, payload: dict[str, Any]) -> Job:
    # Unknown keys, those of older versions among them, are not looked at.
    fields = {name: value for name, value in payload.items() if name in FIELDS}
    issues = body_issues(fields, FIELDS, "image")
    if issues:
        raise refuse_parameters(issues)
    model = call.state.models[MODEL]
    call.set_model(model)
    image = fields["image"]
    if isinstance(image, str) and image.lstrip()[:5].lower() == "data:":
        raise refuse(400, CORRUPTED)
    source = read_input(image, urls=False, data_uris=False)
    call.entry.inputs = [digest_of(source)]
    with call.state.easels:
        picture = open_picture(source, least_pixels=MIN_PIXELS)
    scale = effective_scale(*picture.size, float(fields.get("scale", DEFAULT_SCALE)))
    creativity = fields.get("creativity", DEFAULT_CREATIVITY) or 0
    creativity = min(max(creativity, 0), MAX_CREATIVITY)
    make = partial(_make, call, picture, scale, creativity)
    return Job(model=model, usd=upscale_usd(model, scale), make=make)


def effective_scale(width: int, height: int, scale: float) -> float:
    """The scale asked for, lowered until the result has at most 16777216 pixels. Raises Refusal below 1."""
    scale = min(scale, math.sqrt(MAX_PIXELS / (width * height)))
    if scale <= 1:
        raise refuse(400, f"The image is too large to be upscaled: at most {MAX_PIXELS} pixels come out")
    return scale


def _make(call: Call, picture: Image.Image, scale: float, creativity: float, faults: frozenset[str]) -> Reply:
    kind = OTHER_FORMAT["png"] if "wrong-format" in faults else "png"
    return developed(call, partial(enlarged, picture, scale, creativity), kind, faults)


upscale = PaidRoute(path="/image/upscale", prepare=_prepare, model_of=lambda payload: MODEL, forms=True)
