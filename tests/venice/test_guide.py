"""The examples of Venice's own guide run against the emulator as they stand; only host and key are others."""

import base64
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image as Pillow

from venice.emulator import Emulator

EXAMPLES = Path(__file__).parents[1] / "data" / "guide"
VENICE = "https://api.venice.ai/api/v1"
KEY = "VENICE_INFERENCE_KEY_guide"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(key=KEY) as running:
        yield running


def example(name: str, emulator: Emulator) -> str:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert VENICE in text
    return text.replace(VENICE, emulator.url)


def size(data: bytes) -> tuple[str | None, tuple[int, int]]:
    with Pillow.open(BytesIO(data)) as picture:
        picture.load()
        return picture.format, picture.size


def test_the_python_script(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(example("generate.txt", emulator), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        env=os.environ | {"VENICE_API_KEY": KEY},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert re.fullmatch(r"Saved image from request generate-image-\S+\n", done.stdout)
    assert size((tmp_path / "output.webp").read_bytes())[0] == "WEBP"


@pytest.mark.parametrize("name", ["binary.sh", "styles.sh"])
def test_the_curl_commands(emulator: Emulator, tmp_path: Path, name: str) -> None:
    """By curl where there is one; and always by a reader of its arguments, since not every machine has it."""
    command = example(name, emulator)
    if shutil.which("curl"):
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=tmp_path,
            env=os.environ | {"VENICE_API_KEY": KEY},
            capture_output=True,
            check=True,
            timeout=60,
        )
        check_curl(name, (tmp_path / "output.png").read_bytes() if name == "binary.sh" else done.stdout)
    check_curl(name, as_curl(command))


def as_curl(command: str) -> bytes:
    words = iter(shlex.split(command.replace("\\\n", " ").replace("$VENICE_API_KEY", KEY))[1:])
    url, headers, body = next(words), {}, None
    for option in words:
        value = next(words)
        if option == "-H":
            header, _, text = value.partition(": ")
            headers[header] = text
        elif option == "-d":
            body = value.encode()
        else:
            assert option == "-o"
    answer = requests.request("POST" if body else "GET", url, headers=headers, data=body, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.content


def check_curl(name: str, answer: bytes) -> None:
    if name == "binary.sh":
        assert size(answer)[0] == "PNG"
    else:
        assert {"3D Model", "Analog Film", "Anime", "Cinematic", "Digital Art"} <= set(
            json.loads(answer)["data"]
        )


def test_the_list_of_styles_as_the_guide_shows_it(emulator: Emulator) -> None:
    emulator.fault("styles-list")
    assert "Cinematic" in requests.get(f"{emulator.url}/image/styles", timeout=60).json()


BODIES: list[dict[str, Any]] = json.loads((EXAMPLES / "bodies.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: "-".join(sorted(body)))
def test_the_bodies(emulator: Emulator, body: dict[str, Any]) -> None:
    path = "/images/generations" if "response_format" in body else "/image/generate"

    answer = requests.post(
        emulator.url + path, json=body, headers={"Authorization": f"Bearer {KEY}"}, timeout=60
    )

    assert answer.status_code == 200, answer.text
    result = answer.json()
    image = result["data"][0]["b64_json"] if "response_format" in body else result["images"][0]
    form, _ = size(base64.b64decode(image))
    assert form == ("PNG" if "response_format" in body else "WEBP")
    if path == "/image/generate":
        assert all(isinstance(milliseconds, int) for milliseconds in result["timing"].values())
        assert result["id"].startswith("generate-image-")
