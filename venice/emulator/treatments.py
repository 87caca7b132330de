"""What a style preset does: another palette before the scene is painted, another surface after it."""

from PIL import Image

from venice.emulator.canvas import Canvas
from venice.emulator.palettes import Palette


def prepare(style: str | None, palette: Palette) -> Palette:
    return palette


def treat(style: str | None, canvas: Canvas) -> Image.Image:
    return canvas.image
