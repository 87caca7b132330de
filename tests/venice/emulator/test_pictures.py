"""What the emulator paints."""

import itertools
import json
import subprocess
import sys

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.venice.emulator.conftest import Caller, opened
from venice.catalog import bundled_models, bundled_styles
from venice.emulator.painter import Brief, paint
from venice.emulator.pictures import encode
from venice.emulator.scenes import ANY, WORDS
from venice.emulator.sizes import pixel_size

MODELS = {model.id: model for model in bundled_models()}


def brief(prompt: str = "a venetian canal", seed: int = 1, **more: object) -> Brief:
    fields = {"model": "chroma", "prompt": prompt, "seed": seed, "width": 96, "height": 96}
    return Brief(**(fields | more))  # type: ignore[arg-type]


def distance(first: Image.Image, second: Image.Image) -> float:
    """Mean difference of the channels, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean) / 3


def test_the_same_request_is_the_same_file_in_another_process() -> None:
    code = (
        "import hashlib, json; from venice.emulator.painter import Brief, paint; "
        "from venice.emulator.pictures import encode; "
        "print(json.dumps([hashlib.sha256(encode(paint(Brief(model='m', prompt=p, seed=4, style=s, width=80,"
        " height=60)), k)).hexdigest() for p in ('a lake', 'x') for s in (None, 'Collage')"
        " for k in ('webp', 'png', 'jpeg')]))"
    )
    digests = [
        json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
        for _ in range(2)
    ]
    assert digests[0] == digests[1]
    assert len(set(digests[0])) == len(digests[0])


def test_each_part_of_the_request_changes_the_picture() -> None:
    base = paint(brief())
    changed = {
        "seed": paint(brief(seed=2)),
        "prompt": paint(brief("a red rose")),
        "style": paint(brief(style="Anime")),
        "model": paint(brief(model="z-image-turbo")),
        "cfg": paint(brief(cfg_scale=15.0)),
    }
    for (name, one), (other, two) in itertools.combinations([("base", base), *changed.items()], 2):
        assert distance(one, two) > 1, (name, other)
    for name in ("seed", "prompt", "style"):
        assert distance(base, changed[name]) > 8, name


def test_cfg_scale_makes_it_stronger() -> None:
    weak, strong = (ImageStat.Stat(paint(brief(cfg_scale=cfg)).convert("L")).stddev[0] for cfg in (1.0, 20.0))
    assert strong > weak * 1.3


@pytest.mark.one_in(3)
@pytest.mark.parametrize("scene", range(len(ANY)))
def test_every_scene_is_painted_in_every_shape(scene: int) -> None:
    from random import Random

    from venice.emulator.canvas import Canvas
    from venice.emulator.palettes import PALETTES

    for width, height in ((160, 64), (64, 160), (64, 64), (64, 1280), (1280, 64)):
        canvas = Canvas(width, height, PALETTES["dusk"], Random(1), Random(2))
        ANY[scene](canvas)
        assert canvas.image.size == (width, height)
        assert sum(ImageStat.Stat(canvas.image).stddev) > 12, "not a plain sheet"


@pytest.mark.one_in(5)
@pytest.mark.parametrize("style", bundled_styles())
def test_every_style_is_painted(style: str) -> None:
    plain = paint(brief("an alpine lake"))
    assert distance(plain, paint(brief("an alpine lake", style=style))) > 4


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (17, 1280), (1280, 9)])
def test_any_size_in_any_style(size: tuple[int, int]) -> None:
    for style in (None, "Watercolor", "Collage", "Minecraft", "Craft Clay", "Stained Glass", "Pixel Art"):
        assert paint(brief(width=size[0], height=size[1], style=style)).size == size


def test_words_that_name_a_scene_are_found() -> None:
    assert len({scene for _, scenes in WORDS for scene in scenes} | set(ANY)) == len(ANY)


def test_odd_prompts_are_painted() -> None:
    for prompt in ("水", "\ud800", "\x00", "x" * 32_768, "‮", ""):
        assert paint(brief(prompt)).size == (96, 96)


def test_formats_are_what_they_say() -> None:
    for kind in ("webp", "png", "jpeg"):
        assert (opened(encode(paint(brief()), kind)).format or "").lower() == kind


@pytest.mark.parametrize(
    ("model", "asked", "size"),
    [
        ("chroma", {}, (1024, 1024)),
        ("chroma", {"width": 777, "height": 1280}, (777, 1280)),
        ("chroma", {"aspect_ratio": "16:9", "width": 512}, (512, 1024)),
        ("qwen-image-2", {}, (1024, 1024)),
        ("qwen-image-2", {"aspect_ratio": "16:9", "width": 64}, (1360, 768)),
        ("qwen-image-2", {"aspect_ratio": "9:16"}, (768, 1360)),
        ("qwen-image-2", {"aspect_ratio": "21:9"}, (1568, 672)),
        ("qwen-image-2", {"aspect_ratio": "4:3", "resolution": "4K"}, (1024, 1024)),
        ("flux-2-max", {}, (1024, 1024)),
        ("flux-2-max", {"aspect_ratio": "auto"}, (1024, 1024)),
        ("nano-banana-2", {"resolution": "2K"}, (2048, 2048)),
        ("nano-banana-2", {"resolution": "2K", "aspect_ratio": "3:2"}, (2512, 1680)),
        ("nano-banana-2", {"resolution": "4K"}, (4096, 4096)),
        ("nano-banana-2", {"resolution": "4K", "aspect_ratio": "4:5"}, (3664, 4576)),
    ],
)
def test_sizes(model: str, asked: dict[str, object], size: tuple[int, int]) -> None:
    assert pixel_size(asked, MODELS[model]) == size


def test_tiers_come_at_their_size(caller: Caller) -> None:
    fields = {"model": "nano-banana-2", "aspect_ratio": "16:9", "resolution": "2K", "return_binary": True}
    data = caller.generate(width=None, height=None, **fields).content
    assert opened(data).size == (2736, 1536)
