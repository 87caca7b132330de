"""POST /images/generations, as OpenAI's clients ask."""

import base64
import time
from typing import Any

import pytest
import requests

from tests.venice.emulator.conftest import Caller, opened

PATH = "/images/generations"


def _send(caller: Caller, **fields: Any) -> requests.Response:
    return caller.send(PATH, {"model": "chroma", "prompt": "a lake", "size": "256x256", **fields})


def _file(answer: requests.Response) -> bytes:
    return base64.b64decode(answer.json()["data"][0]["b64_json"])


def test_it_answers_as_openai_does(caller: Caller) -> None:
    answer = _send(caller)
    body = answer.json()
    assert set(body) == {"created", "data"}
    assert abs(body["created"] - time.time()) < 30
    assert [set(entry) for entry in body["data"]] == [{"b64_json"}]
    picture = opened(_file(answer))
    assert (picture.format, picture.size) == ("PNG", (256, 256))
    assert answer.headers["x-venice-model-id"] == "chroma"
    assert answer.headers["x-venice-is-content-violation"] == "false"
    assert answer.headers["x-ratelimit-remaining-requests"] == "999"
    entry = caller.emulator.ledger()[0]
    assert (entry["path"], entry["charged_usd"], entry["seed"] is None) == (PATH, 0.01, False)


def test_a_url_holds_the_picture_itself(caller: Caller) -> None:
    url = _send(caller, response_format="url", output_format="webp").json()["data"][0]["url"]
    head, _, data = url.partition(",")
    assert head == "data:image/webp;base64"
    assert opened(base64.b64decode(data)).format == "WEBP"


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"size": "auto"}, (1024, 1024)),
        ({"size": None}, (1024, 1024)),
        ({"size": "1792x1024"}, (1792, 1024)),
        ({"size": "512x512", "model": "dall-e-3"}, (512, 512)),
        ({"size": "512x512", "model": "qwen-image-2"}, (1024, 1024)),
    ],
)
def test_a_size_acts_on_pixel_models(caller: Caller, fields: dict[str, Any], size: tuple[int, int]) -> None:
    assert opened(_file(_send(caller, **fields))).size == size


@pytest.mark.parametrize("model", ["dall-e-3", "gpt-image-1", "firered-image-edit", "bria-bg-remover"])
def test_what_it_does_not_know_it_makes_with_its_own(caller: Caller, model: str) -> None:
    assert _send(caller, model=model).headers["x-venice-model-id"] == "z-image-turbo"


def test_openai_fields_are_taken_and_ignored(caller: Caller) -> None:
    fields = {"quality": "hd", "style": "vivid", "background": "transparent", "output_compression": 50}
    assert _send(caller, **fields, user="me", n=1, moderation="low").status_code == 200
    nothing = dict.fromkeys((*fields, "n", "moderation", "response_format", "size"))
    assert _send(caller, **nothing).status_code == 200


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"n": 2}, "n"),
        ({"prompt": "x" * 1501, "model": "nano-banana-pro"}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"size": "300x300"}, "size"),
        ({"output_format": "gif"}, "output_format"),
        ({"output_format": None}, "output_format"),
        ({"quality": "ultra"}, "quality"),
        ({"output_compression": 101}, "output_compression"),
        ({"user": 5}, "user"),
    ],
)
def test_values_are_checked(caller: Caller, fields: dict[str, Any], wrong: str) -> None:
    answer = _send(caller, **fields)
    assert answer.status_code == 400
    assert wrong in answer.json()["details"]


def test_a_model_is_required_and_safe_mode_is_not_known(caller: Caller) -> None:
    assert caller.send(PATH, {"prompt": "x"}).json() == {"error": "model is required"}
    assert _send(caller, model="").json() == {"error": "model is required"}
    assert _send(caller, model=5).json() == {"error": "model must be a string"}
    details = _send(caller, safe_mode=True).json()["details"]
    assert details["_errors"] == ["Unrecognized key(s) in object: 'safe_mode'"]


def test_a_violation_is_black_and_free(caller: Caller) -> None:
    answer = _send(caller, prompt="[[fault:violation]]")
    assert answer.headers["x-venice-is-content-violation"] == "true"
    assert opened(_file(answer)).convert("RGB").getextrema() == ((0, 0),) * 3
    assert caller.emulator.balance_usd == 50


def test_each_user_has_an_error_budget(caller: Caller) -> None:
    caller.emulator.state.errors.limit = 2
    statuses = [_send(caller, n=2, user="a").status_code for _ in range(4)]
    assert statuses == [400, 400, 400, 429]
    assert _send(caller, user="b").status_code == 200
