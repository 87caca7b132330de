"""POST /image/edit and /image/multi-edit."""

from typing import Any

import pytest
from PIL import ImageChops, ImageStat

from tests.venice.emulator.conftest import Caller, drawn, encoded, opened

EDIT, MULTI = "/image/edit", "/image/multi-edit"
FILE = drawn()
TEXT = encoded(FILE)


def _edit(caller: Caller, **fields: Any) -> Any:
    return caller.send(EDIT, {"image": TEXT, "prompt": "a warm evening", **fields})


def _multi(caller: Caller, count: int = 2, **fields: Any) -> Any:
    return caller.send(MULTI, {"images": [TEXT] * count, "prompt": "side by side", **fields})


def test_an_edit_answers_with_the_picture_treated(caller: Caller) -> None:
    answer = _edit(caller)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["x-venice-model-id"] == "firered-image-edit"
    assert answer.headers["x-venice-is-blurred"] == answer.headers["x-venice-is-content-violation"] == "false"
    picture = opened(answer.content)
    assert picture.width / picture.height == pytest.approx(4 / 3, abs=0.03)
    middle, corner = picture.getpixel((picture.width // 2, picture.height // 2)), picture.getpixel((40, 40))
    assert middle[0] - middle[1] > corner[0] - corner[1] + 40, "the disc is still redder than its ground"
    plain = opened(FILE).resize(picture.size)
    assert max(ImageStat.Stat(ImageChops.difference(plain, picture)).mean) > 8, "but not as it was"
    assert opened(_edit(caller, prompt="a cold night").content) != picture
    assert _edit(caller).content == answer.content, "the same request is the same picture"


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("fields", "kind", "size"),
    [
        ({"aspect_ratio": "1:1"}, "png", (1024, 1024)),
        ({"aspect_ratio": "16:9", "output_format": "webp"}, "webp", (1360, 768)),
        ({"output_format": "jpg", "aspect_ratio": "1:1"}, "jpeg", (1024, 1024)),
        ({"model": "nano-banana-2-edit", "resolution": "2K", "aspect_ratio": "1:1"}, "jpeg", (2048, 2048)),
        ({"model": "nano-banana-2-edit", "resolution": "1K", "aspect_ratio": "1:1"}, "png", (1024, 1024)),
        ({"model": "nano-banana-2-edit", "resolution": "4K", "aspect_ratio": "1:1"}, "jpeg", (4096, 4096)),
        ({"modelId": "nano-banana-2-edit", "aspect_ratio": "auto"}, "png", (1184, 880)),
    ],
)
def test_size_and_format_follow_the_request(
    caller: Caller, fields: dict[str, Any], kind: str, size: tuple[int, int]
) -> None:
    answer = _edit(caller, **fields)
    picture = opened(answer.content)
    assert (answer.headers["Content-Type"], picture.size) == (f"image/{kind}", size)
    assert (picture.format or "").lower() == kind


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 1501}, "prompt"),
        ({"prompt": "x" * 32_769, "model": "nano-banana-2-edit"}, "prompt"),
        ({"image": ""}, "image"),
        ({"image": 5}, "image"),
        ({"aspect_ratio": "5:1"}, "aspect_ratio"),
        ({"aspect_ratio": "auto", "model": "qwen-image-2-edit"}, "aspect_ratio"),
        ({"aspect_ratio": "1:1", "model": "wan-2-7-pro-edit"}, "aspect_ratio"),
        ({"resolution": "1K"}, "resolution"),
        ({"resolution": "4K", "model": "qwen-image-3-edit"}, "resolution"),
        ({"output_format": "gif"}, "output_format"),
        ({"safe_mode": "no"}, "safe_mode"),
        ({"anon_user_id": "a||b"}, "anon_user_id"),
    ],
)
def test_an_edit_is_refused_by_field(caller: Caller, fields: dict[str, Any], wrong: str) -> None:
    answer = _edit(caller, **fields)
    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid request parameters")
    assert wrong in answer.json()["details"]
    assert answer.json()["issues"][0]["path"] == [wrong]
    assert caller.emulator.ledger()[0]["charged_usd"] == 0


@pytest.mark.parametrize(
    ("path", "fields", "key"),
    [
        (EDIT, {"image": TEXT, "quality": "low", "model": "gpt-image-2-edit"}, "quality"),
        (EDIT, {"image": TEXT, "seed": 1}, "seed"),
        (MULTI, {"images": [TEXT], "model": "firered-image-edit"}, "model"),
    ],
)
def test_unknown_keys_are_refused(caller: Caller, path: str, fields: dict[str, Any], key: str) -> None:
    body = caller.send(path, {"prompt": "x", **fields}).json()
    assert body["details"] == {"_errors": [f"Unrecognized key(s) in object: '{key}'"]}


@pytest.mark.parametrize("model", ["nope", "chroma", "Firered-image-edit"])
def test_ids_of_other_models_are_refused(caller: Caller, model: str) -> None:
    for answer in (_edit(caller, model=model), _multi(caller, modelId=model)):
        assert (answer.status_code, answer.json()) == (400, {"error": "Invalid model id"})


def test_model_wins_over_its_old_name(caller: Caller) -> None:
    answer = _edit(caller, model="qwen-edit", modelId="nope")
    assert answer.headers["x-venice-model-id"] == "qwen-edit-uncensored"


@pytest.mark.parametrize(
    ("model", "most"),
    [("firered-image-edit", 3), ("nano-banana-2-edit", 6), ("luma-uni-1-edit", 1)],
)
def test_each_model_joins_so_many(caller: Caller, model: str, most: int) -> None:
    assert _multi(caller, most, modelId=model).status_code == 200
    refused = _multi(caller, most + 1, modelId=model)
    assert refused.status_code == 400
    assert refused.json()["details"]["images"]["_errors"] == [f"Array must contain at most {most} element(s)"]


@pytest.mark.parametrize("images", [[], "x", [""], [5], None])
def test_images_are_a_list_of_pictures(caller: Caller, images: Any) -> None:
    answer = caller.send(MULTI, {"images": images, "prompt": "x"})
    assert answer.status_code == 400
    assert "images" in answer.json()["details"]


def test_a_joined_edit_shows_all_of_them(caller: Caller) -> None:
    body = {"images": [TEXT, encoded(drawn(200, 400))], "prompt": "cinematic", "aspect_ratio": "16:9"}
    picture = opened(caller.send(MULTI, body).content)
    for share in (1, 3):
        x = picture.width * share // 4
        middle, edge = picture.getpixel((x, picture.height // 2)), picture.getpixel((x, 20))
        assert middle[0] - middle[1] > edge[0] - edge[1] + 40


def test_a_tier_is_dropped_where_there_are_none(caller: Caller) -> None:
    answer = _multi(caller, resolution="4K", aspect_ratio="1:1")
    assert opened(answer.content).size == (1024, 1024)
    assert answer.headers["Content-Type"] == "image/png"


def test_an_empty_body_is_of_no_type(caller: Caller) -> None:
    answer = caller.send(MULTI, data=b"")
    assert (answer.status_code, answer.json()) == (415, {"error": "Invalid request content-type"})


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("path", "fields", "usd"),
    [
        (EDIT, {"image": TEXT}, 0.04),
        (EDIT, {"image": TEXT, "enhance_prompt": True}, 0.08),
        (EDIT, {"image": TEXT, "model": "nano-banana-2-edit", "resolution": "2K"}, 0.14),
        (EDIT, {"image": TEXT, "model": "gpt-image-2-edit"}, 0.34),
        (EDIT, {"image": TEXT, "model": "wan-2-7-pro-edit", "resolution": "2K"}, 0.094),
        (MULTI, {"images": [TEXT] * 3, "modelId": "flux-2-max-edit"}, 0.189),
        (MULTI, {"images": [TEXT] * 2, "modelId": "gpt-image-2-edit", "quality": "low"}, 0.0392),
        (MULTI, {"images": [TEXT] * 2, "modelId": "grok-imagine-edit"}, 0.0346),
        # Listed as 0.05 and 0.011500000000000002 for each picture.
        (
            MULTI,
            {"images": [TEXT] * 2, "modelId": "grok-imagine-image-2-0-edit", "quality": "low"},
            0.073,
        ),
    ],
)
def test_an_edit_costs_what_the_catalogue_says(
    caller: Caller, path: str, fields: dict[str, Any], usd: float
) -> None:
    answer = caller.send(path, {"prompt": "x", **fields})
    assert answer.status_code == 200
    assert answer.headers["x-venice-balance-usd"] == "50"
    entry = caller.emulator.ledger()[0]
    assert (entry["path"], entry["charged_usd"], entry["status"]) == (path, usd, 200)
    assert entry["images"][0]["sha256"]


def test_policy_is_a_refusal_here(caller: Caller) -> None:
    for answer in (
        _edit(caller, prompt="[[fault:violation]]"),
        _multi(caller, prompt="[[fault:violation]]"),
        _edit(caller, prompt="[[fault:422]]"),
    ):
        assert answer.status_code == 422
        assert answer.json() == {
            "error": "Your prompt violates the content policy of Venice.ai or the model provider"
        }
    assert caller.emulator.balance_usd == 50


def test_a_failed_edit_is_called_so(caller: Caller) -> None:
    answer = _edit(caller, prompt="[[fault:500]]")
    assert (answer.status_code, answer.json()) == (500, {"error": "Image edit failed"})
