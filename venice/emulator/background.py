"""POST /image/background-remove: what a picture is of, on nothing."""

from functools import partial
from typing import Any

from PIL import Image

from venice.emulator.calls import Call, Job, PaidRoute
from venice.emulator.checks import Check, attribution, body_issues, text
from venice.emulator.inputs import digest_of, open_picture, read_input
from venice.emulator.pictures import developed
from venice.emulator.replies import Issue, Reply, refuse, refuse_parameters
from venice.emulator.retouch import cut_out
from venice.emulator.tariff import cut_out_usd

MODEL = "bria-bg-remover"


def _file(name: str, value: Any) -> list[Issue]:
    return [] if isinstance(value, bytes) else text(name, value, least=1)


def _address(name: str, value: Any) -> list[Issue]:
    issues = text(name, value, least=1)
    if not issues and not value.strip().lower().startswith(("http://", "https://")):
        issues.append(Issue(name, "Invalid url", "invalid_string", {"validation": "url"}))
    return issues


FIELDS: dict[str, Check] = {"image": _file, "image_url": _address, "anon_user_id": attribution}


def _prepare(call: Call, payload: dict[str, Any]) -> Job:
    if "model" in payload:
        raise refuse(400, "invalid model id")
    issues = body_issues(payload, FIELDS)
    if not issues and ("image" in payload) == ("image_url" in payload):
        issues = [Issue("", "Exactly one of 'image' or 'image_url' must be provided")]
    if issues:
        raise refuse_parameters(issues)
    model = call.state.models[MODEL]
    call.set_model(model)
    source = read_input(payload.get("image", payload.get("image_url")), urls="image_url" in payload)
    call.entry.inputs = [digest_of(source)]
    with call.state.easels:
        picture = open_picture(source)
    return Job(model=model, usd=cut_out_usd(model), make=partial(_make, call, picture))


def _make(call: Call, picture: Image.Image, faults: frozenset[str]) -> Reply:
    # No other format that is asked of it here could hold the holes but WebP.
    kind = "webp" if "wrong-format" in faults else "png"
    return developed(call, partial(cut_out, picture), kind, faults)


remove_background = PaidRoute(
    path="/image/background-remove", prepare=_prepare, model_of=lambda payload: MODEL, forms=True
)
