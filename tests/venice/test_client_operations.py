"""Each paid operation through the client: checked first, sent once, its answer read whatever its kind."""

import base64
import json
from itertools import pairwise
from typing import Any

import pytest

from tests.venice.conftest import JPEG, KEY, PNG, WEBP, Script, answer, image_body
from tests.venice.heads import png
from venice import (
    BadResponse,
    Client,
    Edit,
    Generate,
    InvalidRequest,
    Model,
    Moderated,
    MultiEdit,
    OpenAIGenerate,
    Operation,
    RemoveBackground,
    StyleReference,
    Upscale,
)

PICTURE = png(512, 512)
ENCODED = base64.b64encode(PICTURE).decode()
OPERATIONS: list[tuple[Operation, str]] = [
    (Edit(image=PICTURE, prompt="p"), "/image/edit"),
    (MultiEdit(images=[PICTURE, PICTURE], prompt="p"), "/image/multi-edit"),
    (Upscale(image=PICTURE, scale=2), "/image/upscale"),
    (RemoveBackground(image=PICTURE), "/image/background-remove"),
    (OpenAIGenerate(model="z-image-turbo", prompt="p"), "/images/generations"),
    (
        Generate(model="krea-v2-large", prompt="p", style_references=[StyleReference(image=PICTURE)]),
        "/image/generate",
    ),
]
IDS = [path for _, path in OPERATIONS]


@pytest.mark.parametrize(("operation", "path"), OPERATIONS, ids=IDS)
@pytest.mark.parametrize("image", [PNG, JPEG, WEBP])
def test_each_is_sent_as_json_and_answered_in_bytes(
    script: Script, client: Client, operation: Operation, path: str, image: bytes
) -> None:
    script.plays(answer(image, content_type="image/png", x_venice_model_id="m", cf_ray="ray"))
    result = client.run(operation)

    assert script.requests[0].startswith(f"POST /api/v1{path} HTTP/1.1\r\n".encode())
    assert script.headers["content-type"] == "application/json"
    assert script.body == operation.payload()
    assert [entry.data for entry in result.images] == [image]
    assert (result.reply.model_id, result.cf_ray, result.bad_images) == ("m", "ray", 0)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "entry",
    [
        {"b64_json": base64.b64encode(PNG).decode()},
        {"url": f"data:image/png;base64,{base64.b64encode(PNG).decode()}"},
        {"b64_json": None, "url": f"data:;base64,{base64.b64encode(PNG).decode()}", "more": 1},
    ],
)
def test_openai_s_answers_are_read(script: Script, client: Client, entry: dict[str, Any]) -> None:
    script.plays(answer(json.dumps({"created": 1, "data": [entry, {}, None, 7]}).encode()))
    result = client.run(OpenAIGenerate(model="m", prompt="p"))
    assert [image.data for image in result.images] == [PNG]
    assert result.bad_images == 3


@pytest.mark.parametrize(
    "data", [[], {}, "x", None, [{"url": "https://elsewhere.example/a.png"}], [[]], [{}]]
)
def test_an_answer_without_an_image_is_useless(script: Script, client: Client, data: Any) -> None:
    script.plays(answer(json.dumps({"created": 1, "data": data}).encode()))
    with pytest.raises(BadResponse) as caught:
        client.run(OpenAIGenerate(model="m", prompt="p"))
    assert caught.value.charge_unknown


REFUSED: list[tuple[Operation, str]] = [
    (Generate(model="z-image-turbo", prompt="x" * 7501), "prompt"),
    (Generate(model="venice-sd35", prompt="p", steps=31), "steps"),
    (Generate(model="nano-banana-2", prompt="p", width=512), "width"),
    (Generate(model="z-image-turbo", prompt="p", style_references=[StyleReference(image=PICTURE)]), "style"),
    (Edit(image=PICTURE, prompt="p", resolution="2K"), "resolution"),
    (MultiEdit(images=[PICTURE] * 4, prompt="p"), "images"),
    (OpenAIGenerate(model="firered-image-edit", prompt="p"), "model"),
]


@pytest.mark.parametrize(("operation", "field"), REFUSED, ids=range(len(REFUSED)))
def test_what_the_model_refuses_is_not_sent(
    script: Script, client: Client, operation: Operation, field: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        client.run(operation)
    assert [name.startswith(field) for name in caught.value.field_errors] == [True]
    assert script.requests == []


def test_what_is_not_strict_is_sent_as_it_is(script: Script, client: Client) -> None:
    script.plays(answer(image_body()))
    assert client.run(Edit(image=PICTURE, prompt="p", resolution="2K", strict=False)).images
    assert client.run(Generate(model="venice-sd35", prompt="p", steps=31, strict=False)).images
    assert client.run(Generate(model="model-of-tomorrow", prompt="p", steps=999)).images


def test_a_client_checks_against_its_own_catalogue(script: Script) -> None:
    script.plays(answer(image_body()))
    entry = {"id": "new", "type": "image", "model_spec": {"constraints": {"promptCharacterLimit": 5}}}
    with Client(KEY, script.url, models=[Model.from_entry(entry)]) as client:
        with pytest.raises(InvalidRequest) as caught:
            client.run(Generate(model="new", prompt="123456"))
        assert "at most 5" in caught.value.message
        assert client.run(Generate(model="venice-sd35", prompt="p", steps=31)).images
    with Client(KEY, script.url, models=[]) as client:
        assert client.run(Upscale(image=PICTURE)).images


def test_a_policy_is_an_error_for_edits_and_a_mark_for_generations(script: Script, client: Client) -> None:
    words = "Your prompt violates the content policy of Venice.ai or the model provider"
    script.plays(answer(json.dumps({"error": words, "suggested_prompt": "a calm sea"}).encode(), 422))
    script.plays(answer(PNG, x_venice_is_content_violation="true"))
    with pytest.raises(Moderated) as caught:
        client.run(Edit(image=PICTURE, prompt="p"))
    assert (caught.value.message, caught.value.suggested_prompt) == (words, "a calm sea")
    assert client.run(Generate(model="m", prompt="p", return_binary=True)).is_content_violation


def test_an_answer_in_crumbs_is_put_together_again(script: Script, client: Client) -> None:
    image = PNG + bytes(range(256)) * 100
    whole = answer(image_body(image, image))
    cuts = [0, 90, 91, 95, 5_000, 5_001, 40_000, 40_003, len(whole)]
    steps = [step for start, end in pairwise(cuts) for step in (whole[start:end], 0.01)]
    script.plays(*steps)
    result = client.run(Generate(model="m", prompt="p"))
    assert [entry.data for entry in result.images] == [image, image]


def test_base64_in_lines_is_read(script: Script, client: Client) -> None:
    folded = "\r\n".join(ENCODED[start : start + 16] for start in range(0, len(ENCODED), 16))
    script.plays(answer(json.dumps({"images": [f" {folded}\n", "not base64!"]}).encode()))
    result = client.run(Generate(model="m", prompt="p"))
    assert [entry.data for entry in result.images] == [PICTURE]
    assert result.bad_images == 1
