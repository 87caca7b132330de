"""What a watermark changes, how long models let one wait, and what those without a key may pay with."""

import base64
import json

import pytest
import requests
from PIL import Image, ImageChops

from tests.venice.emulator.conftest import Caller, opened
from venice.emulator import Emulator
from venice.emulator.painter import marked
from venice.emulator.state import State


def picture(caller: Caller, **fields: object) -> Image.Image:
    reply = caller.generate(format="png", seed=7, **fields)
    assert reply.status_code == 200, reply.text
    return opened(base64.b64decode(reply.json()["images"][0]))


@pytest.mark.parametrize("size", [(512, 512), (1280, 256), (256, 1280)])
def test_a_watermark_is_drawn_in_one_corner_unless_it_is_hidden(
    caller: Caller, size: tuple[int, int]
) -> None:
    width, height = size
    shown = picture(caller, width=width, height=height)
    hidden = picture(caller, width=width, height=height, hide_watermark=True)
    box = ImageChops.difference(shown, hidden).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert (left > width // 2, top > height // 2, right <= width, bottom <= height) == (True,) * 4
    assert picture(caller, width=width, height=height, hide_watermark=False).tobytes() == shown.tobytes()


def test_small_pictures_and_models_of_others_have_none(caller: Caller) -> None:
    for fields in ({}, {"model": "ideogram-v4", "width": None, "height": None}):
        shown, hidden = picture(caller, **fields), picture(caller, **fields, hide_watermark=True)
        assert shown.tobytes() == hidden.tobytes()


def test_black_pictures_and_openais_way_have_none(caller: Caller) -> None:
    black = picture(caller, prompt="a [[fault:violation]]", width=512, height=512)
    assert black.getextrema() == ((0, 0),) * 3
    body = {"model": "chroma", "prompt": "a gondola", "size": "512x512"}
    file = base64.b64decode(caller.send("/images/generations", body).json()["data"][0]["b64_json"])
    image = opened(file).convert("RGB")
    assert not _has_mark(image)
    assert _has_mark(marked(image.copy()))


def _has_mark(image: Image.Image) -> bool:
    """Whether nearly white and nearly black lie close together in the corner: no picture here has that."""
    corner = image.crop((image.width - 110, image.height - 32, image.width, image.height)).convert("L")
    edge = ImageChops.difference(corner, ImageChops.offset(corner, 1, 1)).crop((2, 2, 110, 32))
    return sum(edge.histogram()[90:]) > 40


class Waits(State):
    """Notes the waits in place of waiting."""

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    def of(self, *models: str) -> list[float]:
        self.waited: list[float] = []
        for model in models:
            self.queue(model)
        return self.waited


def test_models_wait_differently_and_alike_in_every_emulator() -> None:
    names = ("z-image-turbo", "z-image-turbo", "gpt-image-2", "gpt-image-2", "chroma", "upscaler")
    waits = Waits(latency_ms=1000).of(*names)
    assert waits == Waits(latency_ms=1000).of(*names)
    assert len(set(waits)) == len(names)
    assert all(1 <= seconds <= 3 for seconds in waits)
    fast = Waits(latency_ms=1000).of(*["z-image-turbo"] * 200)
    slow = Waits(latency_ms=1000).of(*["gpt-image-2"] * 200)
    assert sum(fast) < sum(slow)
    assert max(fast) - min(fast) > 0.3
    assert Waits().of(*names) == []


def test_who_has_no_key_learns_of_both_networks(emulator: Emulator) -> None:
    reply = requests.post(f"{emulator.url}/image/generate", json={}, timeout=20)
    offer = reply.json()
    assert reply.status_code == 402
    assert [entry["network"].partition(":")[0] for entry in offer["accepts"]] == ["eip155", "solana"]
    assert json.loads(base64.b64decode(reply.headers["PAYMENT-REQUIRED"])) == offer
