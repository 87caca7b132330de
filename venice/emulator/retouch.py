"""What edits make of the pictures they are given: treated, joined, enlarged, cut out."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from venice.catalog import bundled_styles
from venice.emulator.canvas import BICUBIC, Canvas
from venice.emulator.colour import shade
from venice.emulator.finish import toned
from venice.emulator.painter import random_from
from venice.emulator.palettes import choose_palette
from venice.emulator.treatments import prepare, treat

#: Pictures that are edited are worked on with sides of at most this, and enlarged at the end.
WORKING_SIDE = 1536
#: The background is looked for in a copy with sides of at most this.
CUTTING_SIDE = 192
#: How far, over three channels, a colour may be from its corner's and still be background.
TOLERANCE = 72
SURFACES = (
    "Cinematic",
    "Watercolor",
    "Comic Book",
    "Impressionist",
    "Pop Art",
    "Analog Film",
    "Stained Glass",
)


def reduced(picture: Image.Image) -> Image.Image:
    """Opaque and no larger than what edits work on, so that what waits takes little memory."""
    if picture.mode == "RGBA":
        ground = Image.new("RGB", picture.size, (255, 255, 255))
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    picture.thumbnail((WORKING_SIDE, WORKING_SIDE), BICUBIC)
    return picture


def edited(pictures: list[Image.Image], prompt: str, model: str, size: tuple[int, int]) -> Image.Image:
    """The inputs in the light and with the surface that the prompt asks for; several side by side."""
    scale = min(1.0, WORKING_SIDE / max(size))
    working = max(16, round(size[0] * scale)), max(16, round(size[1] * scale))
    form = random_from("edit", prompt, model)
    style = _style(prompt, form)
    palette = prepare(style, choose_palette(prompt, form))
    canvas = Canvas(*working, palette, form, random_from("edit chance", prompt))
    tinted = toned(joined(pictures, working), shade(palette.near, -0.2), palette.light)
    canvas.image = Image.blend(joined(pictures, working), tinted, 0.6)
    return treat(style, canvas).convert("RGB").resize(size, BICUBIC)


def joined(pictures: list[Image.Image], size: tuple[int, int]) -> Image.Image:
    """One panel for each picture, from left to right, cropped to fit."""
    sheet = Image.new("RGB", size)
    for index, picture in enumerate(pictures):
        left, right = (size[0] * edge // len(pictures) for edge in (index, index + 1))
        if right > left:
            sheet.paste(ImageOps.fit(picture, (right - left, size[1]), BICUBIC), (left, 0))
    return sheet


def enlarged(picture: Image.Image, scale: float, creativity: float) -> Image.Image:
    """Every side times `scale`, made crisper by `creativity` (0 to 0.02)."""
    size = max(1, int(picture.width * scale)), max(1, int(picture.height * scale))
    large = picture.resize(size, Image.Resampling.LANCZOS)
    return large.filter(ImageFilter.UnsharpMask(2, round(30 + creativity * 5000), 2))


def cut_out(picture: Image.Image) -> Image.Image:
    """RGBA; what hangs together with a corner and has its colour is transparent."""
    small = picture.convert("RGB")
    small.thumbnail((CUTTING_SIDE, CUTTING_SIDE), BICUBIC)
    right, bottom = small.width - 1, small.height - 1
    ground = Image.new("L", small.size)
    for corner in ((0, 0), (right, 0), (0, bottom), (right, bottom)):
        ground = ImageChops.lighter(ground, _flooded(small, corner))
    kept = ImageOps.invert(ground).filter(ImageFilter.GaussianBlur(0.8)).resize(picture.size, BICUBIC)
    if picture.mode == "RGBA":
        kept = ImageChops.darker(kept, picture.getchannel("A"))
    result = picture.convert("RGBA")
    result.putalpha(kept)
    return result


def _flooded(picture: Image.Image, corner: tuple[int, int]) -> Image.Image:
    """255 where the colour of the corner reaches."""
    at = picture.getpixel(corner)
    colour = at if isinstance(at, tuple) else (0, 0, 0)
    # Far from anything that is within the tolerance, so that the difference shows all that was filled.
    paint = tuple(0 if level > 127 else 255 for level in colour)
    filled = picture.copy()
    ImageDraw.floodfill(filled, corner, paint, thresh=TOLERANCE)
    bands = ImageChops.difference(picture, filled).split()
    return ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2]).point([0] + [255] * 255)


def _style(prompt: str, form: Random) -> str:
    """The first style that the prompt names, or one of a few."""
    words = prompt.lower()
    return next((name for name in bundled_styles() if name.lower() in words), None) or form.choice(SURFACES)
