"""Whoever comes with OpenAI's own package points it here and it works."""

import base64
from collections.abc import Iterator
from io import BytesIO

import openai
import pytest
from PIL import Image as Pillow

from venice.emulator import Emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(key="right") as running:
        yield running


@pytest.fixture
def client(emulator: Emulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="right", base_url=emulator.url, max_retries=0) as running:
        yield running


def picture(data: bytes) -> tuple[str | None, tuple[int, int]]:
    with Pillow.open(BytesIO(data)) as opened:
        opened.load()
        return opened.format, opened.size


def test_it_makes_a_picture(client: openai.OpenAI, emulator: Emulator) -> None:
    answer = client.images.generate(
        model="z-image-turbo", prompt="An isometric control room", size="512x512", response_format="b64_json"
    )

    assert answer.data
    assert picture(base64.b64decode(answer.data[0].b64_json or "")) == ("PNG", (512, 512))
    assert isinstance(answer.created, int)
    assert [entry["path"] for entry in emulator.ledger()] == ["/images/generations"]


def test_it_is_given_an_address_that_is_the_picture(client: openai.OpenAI) -> None:
    answer = client.images.generate(
        model="z-image-turbo", prompt="A bridge", size="256x256", response_format="url", output_format="webp"
    )

    assert answer.data
    head, _, data = (answer.data[0].url or "").partition(",")
    assert head == "data:image/webp;base64"
    assert picture(base64.b64decode(data)) == ("WEBP", (256, 256))


def test_it_raises_errors_of_its_own(client: openai.OpenAI, emulator: Emulator) -> None:
    with pytest.raises(openai.BadRequestError):
        client.images.generate(model="z-image-turbo", prompt="")
    emulator.fault("429", path="/images/generations")
    with pytest.raises(openai.RateLimitError):
        client.images.generate(model="z-image-turbo", prompt="A bridge")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").images.generate(model="z-image-turbo", prompt="A bridge")
