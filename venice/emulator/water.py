"""Water and what lies on it: reflections, ripples, glitter, headlands, sails."""

from PIL import Image

from venice.emulator.canvas import BICUBIC, Canvas
from venice.emulator.colour import Colour, mix, shade
from venice.emulator.relief import ridge_line


def reflect(c: Canvas, shore: float, clarity: float) -> None:
    """Turn what is below `shore` into rippled water that mirrors what is above it, darker when near."""
    y = round(shore)
    high = c.h - y
    if high < 4:
        return
    source = c.image.crop((0, max(0, y - high), c.w, y)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    c.image.paste(source if source.height == high else source.resize((c.w, high), BICUBIC), (0, y))
    ripple(c, y)
    deep = mix(c.palette.sky[0], c.palette.near, 0.55)
    shadow = Image.new("L", (1, 16))
    shadow.putdata([round(255 * ((1 - clarity) + 0.5 * (step / 15) ** 1.6)) for step in range(16)])
    c.image.paste(deep, (0, y, c.w, c.h), shadow.resize((c.w, high), BICUBIC))
    c.wash(c.band(y, c.u * 0.012), mix(c.palette.light, c.palette.sky[-1], 0.6), 0.4)


def ripple(c: Canvas, top: int) -> None:
    """Move rows below `top` sideways, more and in thicker rows towards the viewer."""
    high = c.h - top
    water = c.image.crop((0, top, c.w, c.h))
    row, thin = 0.0, max(1.0, c.u / 400)
    while row < high:
        near = row / high
        tall = thin * (1 + 5 * near)
        shift = round(c.chance.gauss(0, 1) * c.u * (0.0015 + 0.011 * near))
        c.image.paste(water.crop((0, int(row), c.w, min(high, int(row + tall) + 1))), (shift, top + int(row)))
        row += tall


def path_of_light(c: Canvas, x: float, horizon: float) -> None:
    """Glitter below the lamp, in short lines that grow wider and rarer towards the viewer."""
    for _ in range(190):
        near = c.chance.random() ** 1.7
        y = horizon + 2 + (c.h - horizon) * near
        middle = x + c.chance.gauss(0, 1) * c.u * (0.012 + 0.085 * near)
        half = c.u * c.chance.uniform(0.006, 0.03) * (0.35 + near)
        thick = c.u * (0.0009 + 0.0035 * near)
        c.ellipse(middle, y, half, thick, c.palette.light, c.chance.uniform(0.25, 0.8) * (1 - 0.55 * near))


def headland(c: Canvas, base: float, reach: float, tall: float, side: int, colour: Colour) -> None:
    profile = ridge_line(c, 0, 1, 0.55)
    points = []
    for index, (_, height) in enumerate(profile):
        share = index / (len(profile) - 1)
        x = reach * share if side < 0 else c.w - reach * share
        points.append((x, base - tall * max(0.0, -height) * (1 - share) ** 0.6))
    edge = -2.0 if side < 0 else c.w + 2.0
    c.polygon([(edge, base), *points, (points[-1][0], base)], [colour, mix(colour, c.palette.sky[-1], 0.3)])


def sail(c: Canvas, x: float, y: float) -> None:
    """A small boat and its reflection; larger the nearer it is."""
    size = c.u * 0.035 + (y - c.h * 0.45) * 0.3
    dark = mix(c.palette.near, c.palette.far, 0.15)
    white = mix(c.palette.light, c.palette.accents[0], c.form.choice((0.05, 0.6)))
    lean = c.chance.choice((-1, 1))
    c.polygon(
        [(x, y - size * 1.5), (x, y - size * 0.16), (x + lean * size * 0.62, y - size * 0.16)], white, 0.95
    )
    c.polygon(
        [(x, y - size * 1.3), (x, y - size * 0.16), (x - lean * size * 0.36, y - size * 0.16)],
        shade(white, -0.2),
    )
    hull = [(x - size * 0.55, y - size * 0.12), (x + size * 0.6, y - size * 0.12)]
    c.polygon([*hull, (x + size * 0.42, y + size * 0.05), (x - size * 0.4, y + size * 0.05)], dark)
    c.polygon(
        [
            (x - size * 0.4, y + size * 0.06),
            (x + size * 0.4, y + size * 0.06),
            (x + lean * size * 0.1, y + size),
        ],
        [mix(white, dark, 0.4), c.palette.sky[1]],
        0.3,
    )
