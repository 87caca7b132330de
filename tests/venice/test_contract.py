"""What the client sends is what Venice describes and the emulator takes; what the emulator answers is described too."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest

from tests.examples import tried
from tests.venice.emulator.conftest import drawn
from tests.venice.schemas import HOST, PREFIX, openapi
from tests.venice.test_operations import operations
from tests.venice.test_operations_edit import edits, multi_edits
from venice import (
    Generate,
    InvalidRequest,
    Model,
    MultiEdit,
    OpenAIGenerate,
    RemoveBackground,
    StyleReference,
    Upscale,
    bundled_models,
)
from venice.emulator import Emulator
from venice.operations import Operation

FILE, URL = drawn(320, 256), "https://example.org/a.png"
DATA_URI = "data:image/png;base64," + "iVBORw0KGgo="


def of_type(test: Any) -> list[Model]:
    return [model for model in bundled_models() if test(model)]


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(str.strip)
openai = st.builds(
    OpenAIGenerate,
    model=st.sampled_from([model.id for model in of_type(lambda model: model.takes_generate)]),
    prompt=texts,
    n=maybe(st.just(1)),
    size=maybe(st.sampled_from(["auto", "256x256", "512x512", "1024x1024", "1536x1024", "1024x1792"])),
    response_format=maybe(st.sampled_from(["b64_json", "url"])),
    output_format=maybe(st.sampled_from(["png", "jpeg", "webp"])),
    moderation=maybe(st.sampled_from(["auto", "low"])),
    quality=maybe(st.sampled_from(["auto", "high", "medium", "low", "hd", "standard"])),
    style=maybe(st.sampled_from(["natural", "vivid"])),
    background=maybe(st.sampled_from(["auto", "transparent", "opaque"])),
    output_compression=maybe(st.integers(0, 100)),
    user=maybe(texts),
)
upscales = st.builds(
    Upscale,
    image=st.just(FILE),
    scale=maybe(st.integers(2, 4) | st.floats(2, 4)),
    creativity=maybe(st.floats(0, 0.02)),
)
cut_outs = st.builds(RemoveBackground, image=st.sampled_from([FILE, URL]))


@st.composite
def styled(draw: st.DrawFn) -> Generate:
    model = draw(st.sampled_from(of_type(lambda model: model.supports_style_references)))
    reference = st.builds(
        StyleReference,
        image=st.sampled_from([FILE, URL]),
        strength=maybe(st.floats(0.1, 1)) if model.supports_style_strength else st.none(),
    )
    references = st.lists(reference, min_size=1, max_size=model.max_style_references)
    return Generate(model=model.id, prompt=draw(texts), style_references=draw(references))


def any_operation() -> st.SearchStrategy[Operation]:
    makers = st.sampled_from(of_type(lambda model: model.takes_generate))
    # Two models are listed by /models and missing in the description's closed list.
    editors = st.sampled_from(of_type(lambda model: model.takes_edit and not model.id.startswith("luma-")))
    return st.one_of(
        makers.flatmap(operations),
        styled(),
        openai,
        editors.flatmap(edits),
        editors.flatmap(multi_edits),
        upscales,
        cut_outs,
    )


def described(path: str, body: Any) -> None:
    """Raises an OpenAPIError for a request that Venice does not describe."""
    request = MockRequest(
        HOST,
        "post",
        PREFIX + path,
        headers={"Authorization": "Bearer key"},
        data=json.dumps(body).encode(),
    )
    openapi().validate_request(request)


@tried(75, suppress_health_check=[HealthCheck.too_slow])
@given(operation=any_operation())
def test_every_operation_is_a_request_that_venice_describes(operation: Operation) -> None:
    described(operation.path, operation.payload())


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("/image/generate", {"prompt": "p"}),
    ("/image/generate", {"model": "m", "prompt": "p", "unknown": 1}),
    ("/image/generate", {"model": "m", "prompt": "p", "variants": 5}),
    ("/image/generate", {"model": "m", "prompt": "p", "cfg_scale": 0}),
    ("/image/generate", {"model": "m", "prompt": "p", "style_references": [{"strength": 1}]}),
    ("/images/generations", {"prompt": "p", "size": "7x7"}),
    ("/images/generations", {"prompt": "p", "safe_mode": False}),
    ("/image/edit", {"image": "aGk="}),
    ("/image/edit", {"image": "aGk=", "prompt": "p", "quality": "high"}),
    ("/image/edit", {"image": "aGk=", "prompt": "p", "aspect_ratio": "969"}),
    ("/image/multi-edit", {"images": [], "prompt": "p"}),
    ("/image/upscale", {"image": "aGk=", "scale": 9}),
]


@pytest.mark.parametrize(("path", "body"), WRONG)
def test_what_venice_does_not_describe_is_noticed(path: str, body: dict[str, Any]) -> None:
    with pytest.raises(OpenAPIError):
        described(path, body)


def test_the_one_field_that_venice_takes_and_does_not_describe() -> None:
    plain = Generate(model="z-image-turbo", prompt="p", anon_user_id="u1").payload()
    with pytest.raises(OpenAPIError):
        described("/image/generate", plain)
    del plain["anon_user_id"]
    described("/image/generate", plain)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(rate_limit=10**9, error_budget=10**9, balance_usd=10**6) as running:
        yield running


# The emulator really makes the pictures.
@tried(12, suppress_health_check=list(HealthCheck))
@given(operation=any_operation())
def test_what_a_model_is_known_to_take_the_emulator_takes(emulator: Emulator, operation: Operation) -> None:
    """And what we would not send, it refuses."""
    models = {model.id: model for model in bundled_models()}
    model = models.get(operation.model)
    body = small(operation)
    answer = requests.post(
        emulator.url + operation.path, json=body, headers={"Authorization": "Bearer key"}, timeout=60
    )
    if model is None or not operation.problems(model):
        assert answer.status_code == 200, (body, answer.text[:500])
    elif not isinstance(operation, MultiEdit):
        # A size that is no multiple is taken by Venice all the same: we are stricter there.
        only_sides = set(operation.problems(model)) <= {"width", "height", "aspect_ratio"}
        assert answer.status_code in ((200, 400) if only_sides else (400,)), (body, answer.text[:500])


def small(operation: Operation) -> dict[str, Any]:
    """The same request for as few pixels as may be: the emulator really draws them."""
    body = operation.payload()
    if isinstance(operation, Generate) and "width" in body:
        body |= {side: min(body[side], 128) for side in ("width", "height") if side in body}
    if "image" in body:
        body["image"] = real(body["image"])
    if "images" in body:
        body["images"] = [real(image) for image in body["images"]]
    if body.get("resolution") in ("2K", "4K"):
        body["resolution"] = "1K"
    return body


def real(image: str) -> str:
    """A whole picture instead of the mere beginning of one."""
    return image if image.startswith("http") else base64.b64encode(FILE).decode()


def test_a_wrong_operation_never_leaves(emulator: Emulator) -> None:
    before = len(emulator.ledger())
    with pytest.raises(InvalidRequest):
        Upscale(image=DATA_URI, scale=9)
    assert len(emulator.ledger()) == before
