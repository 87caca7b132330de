"""A running emulator, and a caller that speaks plain HTTP to it."""

import base64
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import requests
from PIL import Image, ImageDraw

from venice.emulator import Emulator

PATH = "/image/generate"


class Caller:
    """Posts to one emulator with a key; small pictures unless told otherwise."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.session = requests.Session()
        self.session.headers.update({"Authorization": "Bearer key", "Accept-Encoding": "identity"})

    def generate(self, prompt: str = "a gondola", **fields: Any) -> requests.Response:
        """With model chroma and 64 by 48 pixels, which a field of None removes."""
        body = {"model": "chroma", "prompt": prompt, "width": 64, "height": 48, **fields}
        return self.post({name: value for name, value in body.items() if value is not None})

    def post(self, body: Any, **options: Any) -> requests.Response:
        return self.session.post(self.emulator.url + PATH, json=body, timeout=20, **options)

    def send(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """POST to any route: JSON, or `data` and `files` as requests takes them."""
        return self.session.post(self.emulator.url + path, json=body, timeout=30, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.emulator.url + path, timeout=20, **options)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(rate_limit=1000) as running:
        yield running


@pytest.fixture
def caller(emulator: Emulator) -> Iterator[Caller]:
    caller = Caller(emulator)
    yield caller
    caller.session.close()


def drawn(width: int = 320, height: int = 240, kind: str = "png", mode: str = "RGB") -> bytes:
    """A file with a red disc on white."""
    picture = Image.new(mode, (width, height), "white")
    box = (width // 4, height // 4, 3 * width // 4, 3 * height // 4)
    ImageDraw.Draw(picture).ellipse(box, fill="red")
    out = BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def encoded(file: bytes) -> str:
    return base64.b64encode(file).decode()


def opened(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture
