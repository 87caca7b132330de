"""POST /image/upscale and /image/background-remove."""

from typing import Any

import pytest
from PIL import ImageChops

from tests.venice.emulator.conftest import Caller, drawn, encoded, opened

UPSCALE, CUT = "/image/upscale", "/image/background-remove"
FILE = drawn()
TEXT = encoded(FILE)


def _upscale(caller: Caller, **fields: Any) -> Any:
    return caller.send(UPSCALE, {"image": TEXT, **fields})


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("fields", "size", "usd"),
    [
        ({}, (640, 480), 0.02),
        ({"scale": 2}, (640, 480), 0.02),
        ({"scale": 2.5}, (800, 600), 0.08),
        ({"scale": 4, "creativity": None}, (1280, 960), 0.08),
        ({"creativity": 99}, (640, 480), 0.02),
        ({"creativity": -1}, (640, 480), 0.02),
        ({"replication": 0.3, "enhancePrompt": "x", "nonsense": []}, (640, 480), 0.02),
        ({"image": encoded(drawn(2500, 2500)), "scale": 4}, (4096, 4096), 0.02),
        ({"image": encoded(drawn(1500, 1500)), "scale": 4}, (4096, 4096), 0.08),
    ],
)
def test_it_enlarges(caller: Caller, fields: dict[str, Any], size: tuple[int, int], usd: float) -> None:
    answer = _upscale(caller, **fields)
    picture = opened(answer.content)
    assert (answer.headers["Content-Type"], picture.format, picture.size) == ("image/png", "PNG", size)
    assert caller.emulator.ledger()[0]["charged_usd"] == usd
    assert answer.headers["x-venice-model-id"] == "upscaler"


def test_what_comes_out_is_what_went_in(caller: Caller) -> None:
    small = opened(_upscale(caller, creativity=0).content).resize((320, 240))
    difference = ImageChops.difference(small, opened(FILE))
    assert sum(band[1] > 100 for band in difference.getextrema()) == 0
    assert _upscale(caller, creativity=0.02).content != _upscale(caller, creativity=0).content
    assert _upscale(caller, creativity=0.02).content == _upscale(caller, creativity=5).content


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"scale": 1}, 400, "Number must be greater than or equal to 2"),
        ({"scale": 4.01}, 400, "Number must be less than or equal to 4"),
        ({"scale": "2"}, 400, "Expected number, received string"),
        ({"creativity": "a"}, 400, "Expected number, received string"),
        ({"image": f"data:image/png;base64,{TEXT}"}, 400, "corrupted or unreadable"),
        ({"image": "https://example.com/a.png"}, 400, "corrupted or unreadable"),
        ({"image": encoded(drawn(200, 200))}, 400, "Image dimensions are too small"),
        ({"image": encoded(drawn(4200, 4200, "jpeg"))}, 400, "too large to be upscaled"),
    ],
)
def test_it_refuses(caller: Caller, fields: dict[str, Any], status: int, text: str) -> None:
    answer = _upscale(caller, **fields)
    assert answer.status_code == status
    assert text in answer.text
    assert caller.emulator.balance_usd == 50


def test_an_image_is_required(caller: Caller) -> None:
    assert "image" in caller.send(UPSCALE, {"scale": 2}).json()["details"]


@pytest.mark.parametrize("field", ["image", "data", "url"])
def test_the_background_goes(caller: Caller, field: str) -> None:
    bodies = {
        "image": {"image": TEXT},
        "data": {"image": f"data:image/png;base64,{TEXT}"},
        "url": {"image_url": "https://example.com/a.png"},
    }
    answer = caller.send(CUT, bodies[field])
    picture = opened(answer.content)
    assert (answer.headers["Content-Type"], picture.mode) == ("image/png", "RGBA")
    assert answer.headers["x-venice-model-id"] == "bria-bg-remover"
    assert caller.emulator.ledger()[0]["charged_usd"] == 0.03
    if field != "url":
        assert picture.size == (320, 240)
        assert picture.getpixel((3, 3))[3] == 0
        assert picture.getpixel((160, 120)) == (255, 0, 0, 255)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "Exactly one of"),
        ({"image": TEXT, "image_url": "https://example.com/a.png"}, "Exactly one of"),
        ({"image_url": "ftp://example.com/a.png"}, "Invalid url"),
        ({"image_url": "http://10.0.0.1/a.png"}, "not allowed"),
        ({"image": TEXT, "model": "bria-bg-remover"}, "invalid model id"),
        ({"image": TEXT, "scale": 2}, "Unrecognized key(s) in object: 'scale'"),
        ({"image": "https://example.com/a.png"}, "corrupted or unreadable"),
    ],
)
def test_a_cut_out_is_refused(caller: Caller, body: dict[str, Any], text: str) -> None:
    answer = caller.send(CUT, body)
    assert answer.status_code == 400
    assert text in answer.text
