"""Built scenes: a skyline, arches, a stair in the sun."""

import math

from PIL import ImageDraw

from venice.emulator.canvas import Canvas, Point
from venice.emulator.colour import Colour, mix, shade
from venice.emulator.landscapes import lamp, sky
from venice.emulator.water import reflect

Pen = tuple[ImageDraw.ImageDraw, int]


def skyline(c: Canvas) -> None:
    """Towers behind towers, their windows lit, over water or a haze of street light."""
    water = c.form.random() < 0.6
    ground = c.h * (c.chance.uniform(0.66, 0.78) if water else 1.02)
    horizon = ground * 0.86
    sky(c, horizon, low=True)
    c.backdrop([c.palette.sky[-1], mix(c.palette.sky[-1], c.palette.far, 0.5)], horizon, c.h)
    layers = 4
    for layer in range(layers):
        depth = layer / (layers - 1)
        colour = mix(mix(c.palette.far, c.palette.sky[-1], 0.45), c.palette.near, depth**0.8)
        with c.detail(0, ground + 2, fine=False) as pen:
            _towers(c, pen, ground, depth, colour)
        if depth < 1:
            bank = c.band(ground - c.u * 0.05, c.u * 0.2)
            c.wash(bank, mix(c.palette.sky[-1], c.palette.accents[0], 0.25), 0.4)
    if water:
        reflect(c, ground, 0.85)


def _towers(c: Canvas, pen: Pen, ground: float, depth: float, colour: Colour) -> None:
    draw, k = pen
    x, glass = -c.u * 0.05, mix(mix(c.palette.light, c.palette.accents[1], 0.3), colour, 0.18)
    peak = c.w * c.chance.uniform(0.25, 0.75)
    while x < c.w:
        wide = c.u * c.chance.uniform(0.035, 0.1) * (0.75 + 0.6 * depth)
        crowd = math.exp(-(((x - peak) / (c.w * 0.3)) ** 2))
        tall = (
            c.u
            * (0.1 + c.chance.random() ** 2 * 0.28 + 0.3 * crowd * c.chance.random())
            * (1.15 - 0.3 * depth)
        )
        top = ground - tall
        draw.rectangle((x * k, top * k, (x + wide) * k, ground * k), fill=colour)
        crown = c.chance.random()
        if crown < 0.2:
            spire = [(x + wide * 0.35, top), (x + wide * 0.5, top - tall * 0.28), (x + wide * 0.65, top)]
            draw.polygon([(px * k, py * k) for px, py in spire], fill=colour)
        elif crown < 0.45:
            inset = (x + wide * 0.2, top - tall * 0.08, x + wide * 0.8, top)
            draw.rectangle(tuple(edge * k for edge in inset), fill=colour)
        draw.rectangle(
            (x * k, top * k, (x + wide * 0.22) * k, ground * k), fill=mix(colour, shade(colour, 0.3), 0.24)
        )
        step = max(3.0, c.u * (0.007 + 0.005 * depth))
        share = (0.5 if c.palette.dark else 0.22) * c.chance.random() * (0.35 + 0.65 * depth)
        for row in range(int(tall / step) - 1):
            for column in range(int(wide / step) - 1):
                if c.chance.random() < share:
                    left, high = x + step * (column + 0.75), top + step * (row + 0.8)
                    box = (left, high, left + step * 0.42, high + step * 0.5)
                    draw.rectangle(tuple(edge * k for edge in box), fill=glass)
        x += wide * c.chance.uniform(0.85, 1.25)


def arches(c: Canvas) -> None:
    """One archway behind another, light from the last; a ball on the floor."""
    floor = c.h * c.chance.uniform(0.78, 0.86)
    middle = c.w * c.chance.uniform(0.36, 0.64)
    count = c.form.randint(4, 6)
    bright, dim = mix(c.palette.sky[-1], c.palette.light, 0.4), mix(c.palette.far, c.palette.near, 0.55)
    base = [c.palette.accents[0], c.palette.far, c.palette.sky[2]][c.form.randrange(3)]
    wall = mix(base, dim, 0.55)
    c.backdrop([shade(wall, 0.08), shade(wall, -0.22)])
    pointed = c.form.random() < 0.25
    for ring in range(count):
        share = ring / (count - 1)
        half = c.u * (0.44 - 0.33 * share**0.85)
        x = middle + (c.w / 2 - middle) * (1 - share) * 0.3
        ground = floor + (c.h - floor) * (1 - share) ** 1.5 * 1.1
        spring = ground - half * c.form.uniform(1.5, 1.55) - c.h * 0.06
        colour = mix(wall, bright, 0.12 + 0.75 * share)
        shape = arch_shape(x, ground, spring, half, pointed)
        shifted = [(px - c.u * 0.012, py) for px, py in shape]
        c.polygon(shifted, shade(mix(wall, bright, 0.6 * share), -0.35), 0.6, c.u * 0.008)
        last = ring == count - 1
        c.polygon(shape, c.palette.sky if last else [shade(colour, 0.1), colour, shade(colour, -0.2)])
        if last:
            sun = spring + (ground - spring) * 0.4
            c.glow(x, sun, half * 2.4, c.palette.light, 0.7)
            c.disc(x, sun, half * 0.34, c.palette.light)
        beam = [(x - half * 0.9, ground), (x + half * 0.9, ground)]
        c.polygon(
            [*beam, (x + half * 1.7 + c.u * 0.06, c.h + 2), (x - half * 1.1, c.h + 2)], [bright, wall], 0.16
        )
    ball(c, middle + c.u * c.chance.uniform(-0.26, 0.26), c.h * 0.93, c.u * c.chance.uniform(0.05, 0.085))


def arch_shape(x: float, ground: float, spring: float, half: float, pointed: bool) -> list[Point]:
    points: list[Point] = [(x + half, ground)]
    for step in range(33):
        angle = math.pi * step / 32
        rise = math.sin(angle) ** (0.8 if pointed else 1) * (1.5 if pointed else 1)
        points.append((x + half * math.cos(angle), spring - half * rise))
    return [*points, (x - half, ground)]


def ball(c: Canvas, x: float, y: float, r: float, colour: Colour | None = None) -> None:
    """A matt ball with its shadow."""
    colour = colour or c.palette.accents[c.form.randrange(len(c.palette.accents))]
    c.ellipse(x + r * 0.5, y + r * 0.92, r * 1.5, r * 0.3, shade(c.palette.near, -0.4), 0.5, r * 0.25)
    c.disc(x, y, r, [mix(colour, c.palette.light, 0.35), colour, shade(colour, -0.5)])
    c.disc(x - r * 0.32, y - r * 0.36, r * 0.3, c.palette.light, 0.5, r * 0.22)


def stairs(c: Canvas) -> None:
    """Plain walls in strong sun: a stair, a doorway, hard shadows, a disc of sky."""
    hues = [mix(accent, c.palette.sky[-1], 0.35) for accent in c.palette.accents] + [c.palette.sky[-2]]
    c.form.shuffle(hues)
    c.backdrop(c.palette.sky[:4])
    lamp(
        c,
        c.w * c.chance.uniform(0.2, 0.8),
        c.h * c.chance.uniform(0.12, 0.3),
        c.u * c.form.uniform(0.05, 0.11),
    )
    ground = c.h * c.chance.uniform(0.78, 0.86)
    side = c.chance.choice((-1, 1))
    edge = c.w * c.chance.uniform(0.46, 0.64)

    def across(x: float) -> float:
        return x if side > 0 else c.w - x

    top = c.h * c.chance.uniform(0.24, 0.4)
    c.polygon(
        [(across(-2), top), (across(edge), top), (across(edge), ground), (across(-2), ground)],
        [hues[0], mix(hues[0], c.palette.near, 0.15)],
    )
    low = c.h * c.chance.uniform(0.45, 0.58)
    c.polygon(
        [(across(edge), low), (across(c.w + 2), low), (across(c.w + 2), ground), (across(edge), ground)],
        [shade(hues[1], -0.12), mix(hues[1], c.palette.near, 0.35)],
    )
    c.box(
        -2, ground, c.w + 2, c.h + 2, [mix(hues[2], c.palette.light, 0.25), mix(hues[2], c.palette.near, 0.3)]
    )
    door = edge * c.chance.uniform(0.25, 0.4)
    wide = c.u * 0.075
    shape = arch_shape(across(door), ground, ground - c.u * 0.17, wide, False)
    c.polygon(shape, [mix(hues[0], c.palette.near, 0.85), mix(hues[0], c.palette.near, 0.6)])
    steps = c.form.randint(6, 9)
    run, rise = (c.w - edge) / (steps + 1.5), (ground - low) / steps
    for step in range(steps):
        x0, y = edge + run * (step + 1.2), ground - rise * (step + 1)
        tread = mix(hues[1], c.palette.light, 0.5)
        c.polygon(
            [(across(x0), y), (across(c.w + 2), y), (across(c.w + 2), ground + 1), (across(x0), ground + 1)],
            [tread, mix(tread, hues[1], 0.7)],
        )
        c.polygon(
            [
                (across(x0), y),
                (across(x0 + run * 0.22), y),
                (across(x0 + run * 0.22), ground),
                (across(x0), ground),
            ],
            mix(hues[1], c.palette.near, 0.45),
            0.55,
        )
    fall = c.u * c.chance.uniform(0.25, 0.42)
    c.polygon(
        [(across(edge), ground), (across(edge + fall), c.h + 2), (across(-2), c.h + 2), (across(-2), ground)],
        mix(hues[2], c.palette.near, 0.55),
        0.6,
    )
    ball(c, across(c.w * c.chance.uniform(0.5, 0.85)), ground + (c.h - ground) * 0.42, c.u * 0.05)
