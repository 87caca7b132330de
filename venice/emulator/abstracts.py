"""Scenes without a place: spheres, silk, marble, cut paper, facets, blossoms."""

import math
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from venice.emulator.canvas import BICUBIC, Canvas, Point
from venice.emulator.colour import Colour, mix, ramp, shade


def orbs(c: Canvas) -> None:
    """Glossy spheres that float before a soft wall of colour."""
    backdrop = [mix(c.palette.sky[c.chance.randrange(5)], c.palette.near, 0.12) for _ in range(12)]
    c.mesh(backdrop, 3)
    c.glow(c.w * c.chance.random(), c.h * c.chance.uniform(0, 0.4), c.u * 0.9, c.palette.light, 0.3)
    if c.form.random() < 0.5:
        x, y, r = c.w * c.chance.uniform(0.35, 0.65), c.h * c.chance.uniform(0.35, 0.6), c.u * 0.33
        c.disc(x, y, r, [mix(c.palette.light, c.palette.sky[-1], 0.5), c.palette.sky[2]], 0.75)
    placed: list[tuple[float, float, float]] = []
    for _ in range(90):
        r = c.u * (0.02 + 0.17 * c.chance.random() ** 2.2)
        x, y = c.w * c.chance.uniform(0.06, 0.94), c.h * c.chance.uniform(0.08, 0.92)
        if all(math.hypot(x - px, y - py) > (r + pr) * 1.04 for px, py, pr in placed):
            placed.append((x, y, r))
        if len(placed) == 16:
            break
    for x, y, r in sorted(placed, key=lambda item: item[2]):
        colour = mix(
            c.chance.choice(c.palette.accents), c.chance.choice(c.palette.sky), c.chance.uniform(0, 0.6)
        )
        c.ellipse(x + r * 0.35, y + r * 0.5, r * 1.05, r * 1.05, c.palette.near, 0.34, r * 0.28 + 2)
        sphere(c, x, y, r, [shade(colour, 0.75), shade(colour, 0.25), colour, shade(colour, -0.5)])


def sphere(c: Canvas, x: float, y: float, r: float, stops: list[Colour], gloss: float = 0.85) -> None:
    """A ball lit from the upper left: tones from the light's spot to the far rim."""
    size = 96
    light = Image.radial_gradient("L").crop((40, 48, 216, 224)).resize((size, size), BICUBIC)
    body = c.tones(light, [stops[0], *stops, mix(stops[-1], stops[1], 0.35)]).resize(
        (max(2, round(2 * r)),) * 2, BICUBIC
    )
    c.stamp(body, x, y)
    if gloss:
        c.ellipse(x - r * 0.34, y - r * 0.42, r * 0.24, r * 0.16, (255, 255, 255), gloss, max(2.1, r * 0.07))
        c.ellipse(x + r * 0.1, y + r * 0.8, r * 0.5, r * 0.09, stops[0], 0.3, max(2.1, r * 0.06))


def silk(c: Canvas) -> None:
    """Folds of cloth: strips between curves, light and dark as they turn."""
    wide, count, steps = 320, 150, 28
    high = max(8, round(wide * c.h / c.w))
    sway = [(c.chance.uniform(0.25, 1), c.chance.uniform(0, 6.3), c.chance.uniform(0.5, 1)) for _ in range(5)]
    folds = [(c.chance.uniform(2, 3.6) * (n + 1), c.chance.uniform(0, 6.3)) for n in range(3)]
    tilt, strong = c.chance.uniform(-0.7, 0.7), c.form.uniform(0.1, 0.2)

    def curve(part: float) -> list[Point]:
        points = []
        for step in range(steps + 1):
            u = step / steps
            bend = sum(
                math.sin(u * 6.28 * speed + phase + part * 4 * share) * share for speed, phase, share in sway
            )
            points.append((-1 + (wide + 2) * u, high * (part * 2 - 0.5 + tilt * (u - 0.5) + strong * bend)))
        return points

    relief = Image.new("L", (wide, high))
    pen = ImageDraw.Draw(relief)
    curves = [curve(strip / count) for strip in range(count + 1)]
    for strip, (above, below) in enumerate(pairwise(curves)):
        turns = (
            math.sin(strip / count * 6.28 * speed + phase) / (n + 1) for n, (speed, phase) in enumerate(folds)
        )
        level = max(0, min(255, round(128 + sum(turns) * 66)))
        pen.polygon([*above, *((x, y + 4) for x, y in reversed(below))], fill=level)
    sheen = c.warp(c.clouds(2, 2, field_width=wide), 0.1)
    relief = Image.blend(relief.filter(ImageFilter.GaussianBlur(1.6)), sheen.resize(relief.size), 0.16)
    p = c.palette
    c.image = c.colour_map(relief, [p.near, p.sky[0], p.sky[1], p.accents[0], p.sky[3], p.light])


def marble(c: Canvas) -> None:
    """Ink in water: veins of colour, bent until they swirl, with threads of metal."""
    wide = 512
    high = max(8, round(wide * c.h / c.w))
    bands = c.form.uniform(2.5, 5)
    rows = bytes(round(127 + 120 * math.sin(row / wide * bands * 6.28)) for row in range(high))
    stripes = Image.frombytes("L", (1, high), rows).resize((wide, high), BICUBIC)
    clouds = c.clouds(c.form.uniform(1.5, 2.6), 5, field_width=wide).resize((wide, high))
    field = Image.blend(stripes, clouds, c.form.uniform(0.45, 0.7))
    for strength, waves in ((0.2, 1.1), (0.12, 2.3), (0.05, 5)):
        field = c.warp(field, strength, waves)
    field = ImageOps.autocontrast(field, cutoff=1)
    p = c.palette
    tones = [p.near, p.sky[0], p.accents[0], p.sky[3], p.light, p.sky[-1], p.accents[-1], p.sky[1]]
    if c.form.random() < 0.5:
        tones = [p.light, p.sky[-1], p.sky[3], p.sky[2], p.near, p.sky[1], p.accents[1], p.light]
    c.image = c.colour_map(field, tones)
    for level, thin in ((c.chance.randint(60, 100), 4.5), (c.chance.randint(140, 190), 3.0)):
        vein = field.point([max(0, round(255 - abs(v - level) * 255 / thin)) for v in range(256)])
        c.wash(vein, mix(p.light, p.accents[1], 0.5), 0.75)


def strata(c: Canvas) -> None:
    """Sheets of cut paper, each with its shadow on the next."""
    layers = c.form.randint(5, 7)
    field = c.clouds(c.form.uniform(1.6, 2.4), 2)
    if c.form.random() < 0.65:
        x, y = c.chance.uniform(-0.25, 0.25), c.chance.uniform(-0.25, 0.25)
        part = (round(46 - 90 * x), round(46 - 90 * y), round(210 - 90 * x), round(210 - 90 * y))
        well = Image.radial_gradient("L").crop(part).resize(field.size, BICUBIC)
        field = ImageOps.autocontrast(Image.blend(field, well, 0.6))
    p = c.palette
    tones = ramp([p.light, p.sky[-1], p.sky[3], p.accents[0], p.sky[1], p.near], layers + 1)
    if c.form.random() < 0.45:
        tones = tones[::-1]
    c.image.paste(tones[0], (0, 0, c.w, c.h))
    # Eight bits would leave steps along the cuts.
    fine = field.filter(ImageFilter.GaussianBlur(2)).convert("F").resize((512, 512), BICUBIC)
    fine = fine.resize((c.w, c.h), Image.Resampling.BILINEAR)
    for layer in range(1, layers + 1):
        level = 255 * (layer - 0.3) / (layers + 0.5)
        steep = [max(0, min(255, round((v - level) * 60))) for v in range(256)]
        soft = ImageChops.offset(field.point(steep).filter(ImageFilter.GaussianBlur(3)), 2, 4)
        c.wash(soft, shade(p.near, -0.5), 0.5)
        cut = _threshold(fine, level)
        c.image.paste(Image.new("RGB", (c.w, c.h), tones[layer]), (0, 0), cut)


def _threshold(fine: Image.Image, level: float) -> Image.Image:
    """Where a field of mode F is above the level, with a soft edge of a pixel or two."""
    return fine.point(lambda value: value * 90 - level * 90).convert("L")


def facets(c: Canvas) -> None:
    """A net of triangles under one light."""
    columns = c.form.randint(9, 15)
    step = c.w / columns
    rows = max(2, round(c.h / step))
    tall = c.h / rows
    points = {
        (column, row): (
            step * (column + c.chance.uniform(-0.42, 0.42)) if 0 < column < columns else step * column,
            tall * (row + c.chance.uniform(-0.42, 0.42)) if 0 < row < rows else tall * row,
        )
        for column in range(columns + 1)
        for row in range(rows + 1)
    }
    tones = ramp([c.palette.near, *c.palette.sky, c.palette.light], 96)
    turn = c.chance.uniform(0, 6.28)
    ball = (c.w * c.chance.uniform(0.25, 0.75), c.h * c.chance.uniform(0.25, 0.75))
    with c.detail() as (pen, k):
        for row in range(rows):
            for column in range(columns):
                a, b = points[column, row], points[column + 1, row]
                d, e = points[column, row + 1], points[column + 1, row + 1]
                pair = ((a, b, d), (b, e, d)) if c.chance.random() < 0.5 else ((a, b, e), (a, e, d))
                for corner in pair:
                    x, y = sum(p[0] for p in corner) / 3, sum(p[1] for p in corner) / 3
                    flow = 0.45 + 0.42 * math.sin(
                        x / c.w * 3 * math.cos(turn) + y / c.h * 3 * math.sin(turn) + turn
                    )
                    near = math.exp(-((math.hypot(x - ball[0], y - ball[1]) / (c.u * 0.33)) ** 2))
                    position = flow * 0.72 + 0.34 * near + c.chance.gauss(0, 0.06)
                    colour = tones[max(0, min(95, round(95 * position)))]
                    if c.chance.random() < 0.12 + 0.2 * near:
                        colour = mix(colour, c.chance.choice(c.palette.accents), 0.6)
                    pen.polygon([(px * k, py * k) for px, py in corner], fill=colour)


def bloom(c: Canvas) -> None:
    """A large flower, smaller ones behind it, on a dark soft ground."""
    ground = [
        mix(
            c.palette.near, c.chance.choice((*c.palette.sky, *c.palette.accents)), c.chance.uniform(0.05, 0.4)
        )
        for _ in range(9)
    ]
    c.mesh(ground, 3)
    spots = [
        (c.w * c.chance.random(), c.h * c.chance.random(), c.u * c.chance.uniform(0.1, 0.2)) for _ in range(4)
    ]
    heart = (
        c.w * c.chance.uniform(0.38, 0.62),
        c.h * c.chance.uniform(0.38, 0.62),
        c.u * c.chance.uniform(0.36, 0.46),
    )
    leaves(c, heart)
    for index, (x, y, r) in enumerate([*spots, heart]):
        c.ellipse(x, y + r * 0.12, r * 0.95, r * 0.95, shade(c.palette.near, -0.5), 0.55, r * 0.12)
        flower(c, x, y, r, c.palette.accents[index % 2 if index < 4 else 0])


def leaves(c: Canvas, heart: tuple[float, float, float]) -> None:
    x, y, r = heart
    green = mix(c.palette.far, c.palette.accents[-1], 0.5)
    for _ in range(c.form.randint(5, 9)):
        angle, long = c.chance.uniform(0, 6.28), r * c.chance.uniform(1.1, 1.6)
        tone = mix(green, c.palette.near, c.chance.uniform(0.2, 0.6))
        c.polygon(petal(x, y, angle, long, long * 0.2), [shade(tone, 0.12), shade(tone, -0.3)])


#: Petals of a ring, their breadth in parts of their length, rings: from a daisy to a dahlia.
FLOWERS = ((21, 0.1, 3), (13, 0.22, 5), (9, 0.32, 6), (6, 0.46, 4), (12, 0.29, 7), (16, 0.15, 5))


def flower(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    """Rings of petals, the inner ones lighter and smaller, turned against one another."""
    large = r > c.u * 0.25
    petals, broad, rings = FLOWERS[c.form.randrange(len(FLOWERS))]
    rings -= 0 if large else 1
    tip, root = mix(colour, c.palette.light, 0.5), mix(shade(colour, -0.35), c.palette.near, 0.3)
    turn = c.chance.uniform(0, 6.28)
    top = max(0, round(y - r * 1.1))
    with c.detail(top, y + r * 1.1) as (pen, k):
        for ring in range(rings):
            share = ring / rings
            long, turn = r * (1 - share * 0.86), turn + 2.4
            for index in range(petals):
                angle = turn + index * 6.28 / petals + c.chance.gauss(0, 0.03)
                for layer in range(4 if large else 3):
                    inner = layer / 4
                    tone = mix(mix(root, colour, share * 0.8), tip, 0.15 * share + inner**1.2)
                    tone = mix(root, c.palette.near, 0.4) if layer == 0 else tone
                    shape = petal(
                        x, y, angle, long * (1 - 0.05 * layer), long * (broad - broad * 0.17 * layer)
                    )
                    pen.polygon([(px * k, (py - top) * k) for px, py in shape], fill=tone)
        for dot in range(30):
            angle, away, size = dot * 2.4, r * 0.13 * math.sqrt(dot / 30), r * 0.016
            cx, cy = x + math.cos(angle) * away, y + math.sin(angle) * away - top
            box = (cx - size, cy - size, cx + size, cy + size)
            pen.ellipse(tuple(edge * k for edge in box), fill=mix(c.palette.accents[1], tip, 0.3))


def petal(x: float, y: float, angle: float, long: float, wide: float) -> list[Point]:
    """A drop from (x, y) outwards."""
    cos, sin = math.cos(angle), math.sin(angle)
    points = []
    for t, half in _PETAL:
        along, across = long * t, wide * half
        points.append((x + along * cos - across * sin, y + along * sin + across * cos))
    return points


_PETAL = [(t / 7, math.sin(math.pi * (t / 7) ** 1.35) ** 0.8) for t in range(8)]
_PETAL += [(t, -half) for t, half in reversed(_PETAL[:-1])]
