"""Paints the picture of a request: the same request is the same picture, byte for byte.

The prompt chooses subject and light, the seed the composition, the style the treatment, the model its hand,
and cfg_scale how strong contrast and colour are.
"""

import hashlib
import math
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageFont

from venice.emulator.canvas import BICUBIC, Canvas
from venice.emulator.palettes import choose_palette
from venice.emulator.scenes import choose_scene
from venice.emulator.treatments import prepare, treat

#: What cfg_scale does nothing at.
NEUTRAL_CFG = 7.5
#: Larger pictures are painted with this area and enlarged; grain is added at the full size.
MAX_AREA = 2100 * 1100
#: Smaller ones are painted with sides of at least this, and reduced.
MIN_SIDE = 64
#: In pixels.
SMALLEST_MARKED = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a picture depends on. Width and height in pixels."""

    model: str
    prompt: str
    seed: int
    cfg_scale: float = NEUTRAL_CFG
    style: str | None = None
    width: int = 1024
    height: int = 1024


def paint(brief: Brief) -> Image.Image:
    """An RGB picture of the size asked for."""
    form = random_from("form", brief.prompt)
    chance = random_from("chance", brief.prompt, brief.seed)
    palette = prepare(brief.style, choose_palette(brief.prompt, form))
    size = _painted_size(brief.width, brief.height)
    canvas = Canvas(*size, palette, form, chance)
    choose_scene(brief.prompt, form)(canvas)
    picture = treat(brief.style, canvas)
    picture = _hand(picture, brief)
    if picture.size != (brief.width, brief.height):
        picture = picture.resize((brief.width, brief.height), BICUBIC)
    return _grain(picture, chance)


def blur(picture: Image.Image) -> Image.Image:
    """So strongly that nothing can be made out."""
    small = picture.resize((max(1, picture.width // 32), max(1, picture.height // 32)), BICUBIC)
    return small.filter(ImageFilter.GaussianBlur(2)).resize(picture.size, BICUBIC)


def marked(picture: Image.Image) -> Image.Image:
    """With a watermark in the lower right corner; very small pictures have none."""
    if min(picture.size) < SMALLEST_MARKED:
        return picture
    text = ImageFont.load_default_imagefont().getmask("VENICE")
    word = Image.frombytes("L", text.size, bytes(text)).point([255 if v else 0 for v in range(256)])
    height = max(10, min(picture.size) // 24)
    word = word.resize((round(word.width * height / word.height), height), BICUBIC)
    left, top = picture.width - word.width - height // 2, picture.height - height - height // 2
    for shift, colour, opacity in ((max(1, height // 12), "black", 0.5), (0, "white", 0.75)):
        mask = word.point([round(v * opacity) for v in range(256)])
        picture.paste(colour, (left + shift, top + shift), mask)
    return picture


def random_from(*parts: object) -> Random:
    """A generator that is the same wherever and whenever the parts are the same."""
    text = "\x1f".join(str(part) for part in parts)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return Random(int.from_bytes(digest[:16], "big"))  # noqa: S311 (pictures, not secrets)


def _painted_size(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, math.sqrt(MAX_AREA / (width * height)))
    return max(MIN_SIDE, round(width * scale)), max(MIN_SIDE, round(height * scale))


def _hand(picture: Image.Image, brief: Brief) -> Image.Image:
    """The model's own tint and tone curve, then contrast and colour by cfg_scale."""
    hand = random_from("hand", brief.model)
    strength = max(-1.0, min(1.0, (brief.cfg_scale - NEUTRAL_CFG) / 10))
    contrast = 1 + 0.05 * hand.uniform(-1, 1) + 0.32 * strength
    table: list[int] = []
    for _ in range(3):
        gamma, lift = 1 + hand.uniform(-0.07, 0.07), hand.uniform(-3, 4)
        for value in range(256):
            level = 255 * (value / 255) ** gamma + lift
            table.append(max(0, min(255, round(128 + (level - 128) * contrast))))
    picture = picture.point(table)
    if strength:
        picture = ImageEnhance.Color(picture).enhance(1 + 0.45 * strength)
    return picture


def _grain(picture: Image.Image, chance: Random) -> Image.Image:
    """A little noise: it hides the steps that eight bits leave in long gradients."""
    wide, high = picture.size
    rows = min(high, 512)
    noise = Image.frombytes("L", (wide, rows), chance.randbytes(wide * rows)).point(
        [round(124 + value / 32) for value in range(256)]
    )
    sheet = Image.new("L", (wide, high))
    for top in range(0, high, rows):
        sheet.paste(noise, (0, top))
    return ImageChops.add(picture, Image.merge("RGB", (sheet, sheet, sheet)), 1, -128)
