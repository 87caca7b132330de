"""Scenes of depth and darkness: space, forest, city lights out of focus; and two of people's things."""

import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from venice.emulator.abstracts import sphere
from venice.emulator.canvas import BICUBIC, FIELD, Canvas, Point
from venice.emulator.colour import Colour, mix, shade
from venice.emulator.landscapes import stars
from venice.emulator.relief import ridge_line


def cosmos(c: Canvas) -> None:
    """Nebulae and stars, a planet, sometimes with a ring or over a dark ridge."""
    deep = mix(c.palette.near, (3, 4, 14), 0.6)
    c.backdrop([deep, mix(deep, c.palette.sky[1], 0.4), deep])
    dust = c.warp(c.clouds(2.2, 5), 0.1)
    for index, colour in enumerate(
        (c.palette.accents[0], c.palette.accents[-1], c.palette.sky[2], c.palette.sky[-1])
    ):
        veil = dust if index % 2 else c.warp(c.clouds(1.6, 5), 0.12)
        low = 110 + 25 * index
        mask = veil.point([max(0, min(255, round((v - low) * 1.9))) for v in range(256)])
        c.wash(mask, colour, 0.55 - 0.08 * index)
    stars(c, c.h, 420)
    for _ in range(5):
        x, y, r = c.w * c.chance.random(), c.h * c.chance.random(), c.u * c.chance.uniform(0.012, 0.035)
        c.glow(x, y, r, c.palette.light, 0.9)
    planet(
        c,
        c.w * c.chance.uniform(0.25, 0.75),
        c.h * c.chance.uniform(0.25, 0.6),
        c.u * c.chance.uniform(0.1, 0.27),
    )
    if c.form.random() < 0.6:
        for layer in range(3):
            line = ridge_line(c, c.h * (0.86 + 0.06 * layer), c.u * (0.16 - 0.03 * layer), 0.55)
            tone = mix(mix(c.palette.far, deep, 0.45), deep, layer / 2)
            c.polygon(
                [*line, (c.w + 2, c.h + 2), (-2, c.h + 2)], [mix(tone, c.palette.accents[0], 0.12), tone]
            )


def planet(c: Canvas, x: float, y: float, r: float) -> None:
    ringed = c.form.random() < 0.5
    body = c.palette.sky[3] if c.form.random() < 0.5 else c.palette.accents[1]
    c.glow(x, y, r * 2.6, mix(body, c.palette.accents[0], 0.3), 0.5)
    tilt = c.chance.uniform(-0.5, 0.5)
    if ringed:
        _ring(c, x, y, r, tilt, body, far=True)
    bands = c.warp(c.clouds(1.4, 4, stretch=0.16), 0.03).resize((96, 96), BICUBIC).rotate(90 + tilt * 57)
    skin = c.tones(bands, [shade(body, -0.35), body, mix(body, c.palette.light, 0.5), shade(body, -0.15)])
    light = Image.radial_gradient("L").crop((50, 50, 190, 190)).resize((96, 96), BICUBIC)
    shadow = light.point([max(0, min(255, round(290 - v * 1.9))) for v in range(256)])
    lit = ImageChops.multiply(skin, Image.merge("RGB", (shadow,) * 3))
    c.stamp(lit.resize((max(2, round(2 * r)),) * 2, BICUBIC), x, y)
    if ringed:
        _ring(c, x, y, r, tilt, body, far=False)


def _ring(c: Canvas, x: float, y: float, r: float, tilt: float, body: Colour, far: bool) -> None:
    """The half of the ring that is behind the planet, or the one before it."""
    cos, sin = math.cos(tilt), math.sin(tilt)
    for band, (size, wide) in enumerate(((2.15, 0.13), (1.85, 0.2), (1.55, 0.1))):
        points = []
        for step in range(41):
            angle = math.pi * step / 40 + (math.pi if far else 0)
            px, py = r * size * math.cos(angle), r * size * 0.26 * math.sin(angle)
            points.append((x + px * cos - py * sin, y + px * sin + py * cos))
        tone = mix(mix(body, c.palette.light, 0.45), c.palette.near, 0.2 * band)
        c.line(points, r * wide, tone, 0.5 if far else 0.78)


def forest(c: Canvas) -> None:
    """Trunks that fade into lit mist, rays between them, a path."""
    light = mix(c.palette.light, c.palette.sky[-1], 0.5)
    c.backdrop([mix(c.palette.sky[2], c.palette.far, 0.3), light, mix(c.palette.far, c.palette.sky[-2], 0.4)])
    x, y = c.w * c.chance.uniform(0.3, 0.7), c.h * c.chance.uniform(0.2, 0.42)
    c.glow(x, y, c.u * 0.75, c.palette.light, 0.9)
    layers = 5
    for layer in range(layers):
        depth = layer / (layers - 1)
        tone = mix(mix(c.palette.far, light, 0.62), shade(c.palette.near, -0.2), depth**1.1)
        base = c.h * (0.66 + 0.3 * depth)
        floor = ridge_line(c, base, c.u * 0.07, 0.45)
        c.polygon([*floor, (c.w + 2, c.h + 2), (-2, c.h + 2)], [mix(tone, light, 0.2), tone])
        with c.stencil([mix(tone, light, 0.12), tone]) as (pen, k):
            for _ in range(round(24 - 20 * depth**0.7)):
                _trunk(c, pen, k, c.w * c.chance.random(), base, depth)
        if depth < 0.9:
            c.wash(c.band(base - c.u * 0.05, c.u * 0.24, c.clouds(2, 3, stretch=2)), light, 0.5 * (1 - depth))
        if layer in (1, 2):
            _rays(c, x, y)
    c.ellipse(x, c.h * 1.02, c.w * 0.16, c.h * 0.2, light, 0.3, c.u * 0.05)
    fireflies(c)


def fireflies(c: Canvas) -> None:
    for _ in range(c.form.randint(0, 22)):
        x, y = c.w * c.chance.random(), c.h * c.chance.uniform(0.55, 0.98)
        c.glow(x, y, c.u * c.chance.uniform(0.006, 0.018), c.palette.accents[1], 1)


def _trunk(c: Canvas, pen: ImageDraw.ImageDraw, k: int, x: float, base: float, depth: float) -> None:
    wide = c.u * (0.004 + 0.026 * depth**1.5) * c.chance.uniform(0.6, 1.4)
    lean = c.u * c.chance.gauss(0, 0.025)
    foot = base + c.u * c.chance.uniform(-0.01, 0.05)
    shape = [(x - wide * 1.7, foot), (x - wide, foot - c.u * 0.05), (x + lean - wide * 0.6, -2)]
    shape += [(x + lean + wide * 0.6, -2), (x + wide, foot - c.u * 0.05), (x + wide * 1.7, foot)]
    pen.polygon([(px * k, py * k) for px, py in shape], fill=255)
    for _ in range(c.chance.randint(2, 5)):
        high = c.chance.uniform(0.02, 0.5)
        start = (x + lean * (1 - high), foot * high)
        side, long = c.chance.choice((-1, 1)), c.u * c.chance.uniform(0.03, 0.12) * (0.5 + depth)
        thin = max(1, round(wide * 0.35 * k))
        branch = [
            start,
            (start[0] + side * long * 0.6, start[1] - long * 0.25),
            (start[0] + side * long, start[1] - long * 0.7),
        ]
        pen.line([(px * k, py * k) for px, py in branch], fill=255, width=thin)


def _rays(c: Canvas, x: float, y: float) -> None:
    """Beams from a light, all in one soft mask."""
    mask = Image.new("L", (FIELD, max(8, round(FIELD * c.h / c.w))))
    pen, k = ImageDraw.Draw(mask), FIELD / c.w
    for _ in range(9):
        angle, wide, reach = c.chance.uniform(0.25, 2.9), c.chance.uniform(0.02, 0.07), c.u * 1.3
        ends = [(math.cos(angle + turn), math.sin(angle + turn)) for turn in (-wide, wide)]
        outline = [(x * k, y * k), *(((x + dx * reach) * k, (y + dy * reach) * k) for dx, dy in ends)]
        pen.polygon(outline, fill=c.chance.randint(15, 42))
    c.wash(mask.filter(ImageFilter.GaussianBlur(2.5)), c.palette.light)


def bokeh(c: Canvas) -> None:
    """Lights out of focus over a wet street."""
    street = c.h * c.chance.uniform(0.62, 0.74)
    c.backdrop(
        [mix(c.palette.near, c.palette.sky[0], 0.5), mix(c.palette.near, c.palette.sky[1], 0.6)], 0, street
    )
    c.backdrop([mix(c.palette.near, c.palette.sky[1], 0.5), shade(c.palette.near, -0.3)], street)
    c.glow(c.w * c.chance.uniform(0.3, 0.7), street, c.w * 0.7, c.palette.accents[0], 0.45, 0.5)
    lights = [*c.palette.accents, c.palette.light, c.palette.sky[-1]]
    for _ in range(26):
        near = c.chance.random()
        x, y = c.chance.gauss(c.w / 2, c.w * 0.3), street - c.h * abs(c.chance.gauss(0.05, 0.2))
        r, colour = c.u * (0.012 + 0.05 * near**1.5), c.chance.choice(lights)
        c.disc(x, y, r, colour, 0.55 - 0.25 * near)
        c.disc(x, y, r * 0.84, mix(colour, c.palette.light, 0.3), 0.22)
        c.glow(x, y, r * 3, colour, 0.3)
        c.ellipse(
            x, street + (street - y) * 0.45 + c.u * 0.03, r * 0.7, c.u * 0.075, colour, 0.34, c.u * 0.013
        )
    for _ in range(5):
        x, r = c.w * c.chance.random(), c.u * c.chance.uniform(0.09, 0.15)
        c.disc(x, c.h * c.chance.uniform(0.1, 0.9), r, c.chance.choice(lights), 0.12)
    walker(c, c.w * c.chance.uniform(0.36, 0.64), street + (c.h - street) * 0.35)


def walker(c: Canvas, x: float, foot: float) -> None:
    """Somebody under an umbrella, dark against the lights."""
    size, dark = c.u * 0.3, shade(c.palette.near, -0.45)

    def at(points: list[Point]) -> list[Point]:
        return [(x + size * px, foot - size * py) for px, py in points]

    c.polygon(at([(-0.1, 0), (-0.13, -0.5), (0.13, -0.5), (0.1, 0)]), dark, 0.35, c.u * 0.012)
    coat: list[Point] = [(-0.06, 0), (-0.13, 0.14), (-0.11, 0.4), (-0.1, 0.55), (-0.04, 0.6)]
    coat += [
        (0.04, 0.6),
        (0.1, 0.55),
        (0.11, 0.4),
        (0.13, 0.14),
        (0.06, 0),
        (0.03, 0.12),
        (0, 0.02),
        (-0.03, 0.12),
    ]
    c.polygon(at(coat), [mix(dark, c.palette.sky[1], 0.15), dark])
    head = at([(0, 0.67)])[0]
    c.disc(head[0], head[1], size * 0.055, dark)
    canopy: list[Point] = [
        (0.36 * math.cos(t / 16 * math.pi), 0.72 + 0.22 * math.sin(t / 16 * math.pi)) for t in range(17)
    ]
    scallops: list[Point] = [(-0.36 + 0.18 * n + 0.09, 0.755) for n in range(4)]
    c.polygon(
        at([*canopy, *scallops]),
        [mix(c.palette.accents[0], dark, 0.2), mix(c.palette.accents[0], dark, 0.65)],
    )
    c.line(at([(0, 0.94), (0.02, 0.5)]), max(1.0, size * 0.012), dark)


def still_life(c: Canvas) -> None:
    """A vase with a branch, fruit and a bowl on a table, light from one side."""
    table = c.h * c.chance.uniform(0.66, 0.74)
    wall = mix(c.palette.sky[2], c.palette.near, 0.25)
    c.mesh([mix(wall, c.palette.sky[-1], share) for share in (0.55, 0.3, 0.05, 0.4, 0.2, 0, 0.25, 0.1, 0)], 3)
    c.backdrop([mix(c.palette.far, c.palette.light, 0.25), mix(c.palette.far, c.palette.near, 0.7)], table)
    c.wash(c.band(table, c.u * 0.02), c.palette.near, 0.35)
    beam = [(c.w * 0.1, 0.0), (c.w * 0.42, 0.0), (c.w * 0.95, table), (c.w * 0.5, table)]
    c.polygon(beam, c.palette.light, 0.16, c.u * 0.02)
    x, foot, tall = (
        c.w * c.chance.uniform(0.34, 0.6),
        table + (c.h - table) * 0.3,
        c.u * c.chance.uniform(0.3, 0.4),
    )
    branch(c, x, foot - tall, c.u * 0.36)
    vase(c, x, foot, tall)
    for _ in range(c.form.randint(3, 6)):
        r = c.u * c.chance.uniform(0.04, 0.075)
        fx, fy = (
            x + c.u * c.chance.choice((-1, 1)) * c.chance.uniform(0.14, 0.4),
            table + (c.h - table) * c.chance.uniform(0.2, 0.6),
        )
        colour = c.chance.choice(c.palette.accents)
        c.ellipse(fx + r * 0.7, fy + r * 0.75, r * 1.5, r * 0.35, shade(c.palette.near, -0.3), 0.55, r * 0.3)
        sphere(c, fx, fy, r, [shade(colour, 0.6), shade(colour, 0.15), colour, shade(colour, -0.6)], 0.5)


def vase(c: Canvas, x: float, foot: float, tall: float) -> None:
    """Turned on a wheel: a profile mirrored, dark at both edges and lit at a third."""
    belly, neck, at = c.form.uniform(0.26, 0.36), c.form.uniform(0.06, 0.11), c.form.uniform(0.3, 0.5)
    right: list[Point] = []
    for step in range(33):
        t = step / 32
        swell = math.exp(-(((t - at) / 0.27) ** 2))
        lip = 0.05 * max(0.0, (t - 0.9) / 0.1)
        right.append(
            (tall * (neck + (belly - neck) * swell + lip + 0.05 * max(0.0, 1 - t * 9)), foot - tall * t)
        )
    colour = mix(c.palette.accents[c.form.randrange(3)], c.palette.sky[-1], c.form.choice((0.0, 0.6)))
    outline = [*((x + dx, y) for dx, y in right), *((x - dx, y) for dx, y in reversed(right))]
    c.ellipse(x + tall * 0.35, foot, tall * 0.55, tall * 0.07, shade(c.palette.near, -0.3), 0.6, tall * 0.05)
    c.polygon(outline, colour)
    tones = [
        shade(colour, -0.35),
        shade(colour, 0.1),
        shade(colour, 0.5),
        colour,
        shade(colour, -0.45),
        shade(colour, -0.65),
    ]
    c.across(outline, tones)


def branch(c: Canvas, x: float, y: float, reach: float) -> None:
    """Twigs with leaves or blossoms, drawn from the neck upwards."""
    wood = mix(c.palette.near, c.palette.far, 0.2)
    for _ in range(c.form.randint(3, 6)):
        angle = -math.pi / 2 + c.chance.uniform(-0.75, 0.75)
        points = [(x, y + reach * 0.1)]
        for _ in range(7):
            angle += c.chance.gauss(0, 0.16)
            points.append(
                (points[-1][0] + math.cos(angle) * reach / 7, points[-1][1] + math.sin(angle) * reach / 7)
            )
        c.line(points, max(1.2, reach * 0.012), wood)
        for px, py in points[2:]:
            for side in (-1, 1):
                size = reach * c.chance.uniform(0.035, 0.07)
                colour = mix(c.chance.choice(c.palette.accents), c.palette.light, c.chance.uniform(0.05, 0.5))
                c.ellipse(
                    px + side * size * 1.1,
                    py - size * 0.4,
                    size,
                    size * 0.7,
                    [shade(colour, 0.2), shade(colour, -0.25)],
                )
