"""What the surfaces share: edges, glow, grain, dark corners, tiles."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from venice.emulator.canvas import BICUBIC
from venice.emulator.colour import Colour

BILINEAR = Image.Resampling.BILINEAR


def edges(picture: Image.Image, gain: float) -> Image.Image:
    """Where neighbouring tones differ, as a mask."""
    grey = picture.convert("L")
    reach = max(1, min(picture.size) // 700)
    across = ImageChops.difference(grey, ImageChops.offset(grey, reach, 0))
    down = ImageChops.difference(grey, ImageChops.offset(grey, 0, reach))
    mask = ImageChops.lighter(across, down)
    mask = mask.point([min(255, round(max(0, v - 6) * gain)) for v in range(256)])
    # The offset wraps around.
    pen = ImageDraw.Draw(mask)
    pen.rectangle((0, 0, reach, mask.height), fill=0)
    pen.rectangle((0, 0, mask.width, reach), fill=0)
    return mask


def glowing(picture: Image.Image, strength: float) -> Image.Image:
    """Light that spills over from the bright parts."""
    size = (max(1, picture.width // 8), max(1, picture.height // 8))
    lights = picture.resize(size, BICUBIC).point(
        [max(0, min(255, round((v - 110) * 1.5 * strength))) for v in range(256)] * 3
    )
    soft = lights.filter(ImageFilter.GaussianBlur(5)).resize(picture.size, BILINEAR)
    return ImageChops.screen(picture, soft)


def corners(picture: Image.Image, strength: float) -> Image.Image:
    """Darker towards the corners."""
    mask = Image.radial_gradient("L").point([min(255, round(max(0, v - 90) * strength)) for v in range(256)])
    return laid(picture, (6, 5, 10), mask.resize((128, 128), BICUBIC))


def grained(picture: Image.Image, chance: Random, strength: int) -> Image.Image:
    """Grain a little larger than a pixel."""
    wide, high = max(1, round(picture.width / 1.6)), max(1, round(picture.height / 1.6))
    noise = Image.frombytes("L", (wide, high), chance.randbytes(wide * high))
    noise = noise.point([round(128 + (v - 127.5) * strength / 127.5) for v in range(256)])
    noise = noise.resize(picture.size, BILINEAR)
    return ImageChops.add(picture, Image.merge("RGB", (noise,) * 3), 1, -128)


def laid(picture: Image.Image, colour: Colour, mask: Image.Image, opacity: float = 1) -> Image.Image:
    """The colour over the picture, as thick as the mask (of any size) says."""
    if opacity < 1:
        mask = mask.point([round(v * opacity) for v in range(256)])
    if mask.size != picture.size:
        mask = mask.resize(picture.size, BILINEAR)
    return Image.composite(Image.new("RGB", picture.size, colour), picture, mask)


def tiled(tile: Image.Image, wide: int, high: int) -> Image.Image:
    sheet = Image.new("L", (wide, high))
    for x in range(0, wide, tile.width):
        sheet.paste(tile, (x, 0))
    row = sheet.crop((0, 0, wide, tile.height))
    for y in range(tile.height, high, tile.height):
        sheet.paste(row, (0, y))
    return sheet


def hatch(size: int) -> Image.Image:
    """A tile of slanting lines."""
    large = Image.new("L", (size * 4, size * 4))
    pen = ImageDraw.Draw(large)
    for shift in (-size * 4, 0, size * 4):
        pen.line((shift, size * 4, shift + size * 4, 0), fill=255, width=size)
    return large.resize((size, size), BICUBIC)


def toned(picture: Image.Image, shadows: Colour, lights: Colour) -> Image.Image:
    """Stretch each channel between the two: a faded or tinted print."""
    table: list[int] = []
    for low, high in zip(shadows, lights, strict=True):
        table += [round(low + (high - low) * v / 255) for v in range(256)]
    return picture.point(table)
