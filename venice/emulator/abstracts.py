"""Scenes without a place: spheres, silk, marble, cut paper, facets, blossoms."""

import math
from itertools import pairwise

from PIL import Image, ImageChops, ImageFilter, ImageOps

from venice.emulator.canvas import BICUBIC, Canvas, Point
from venice.emulator.colour import Colour, mix, ramp, shade


def hues(c: Canvas) -> list[Colour]:
    """The palette as one row from dark to light, with an accent in it."""
    p = c.palette
    return [shade(p.near, -0.1), p.near, p.sky[0], p.accents[0], p.sky[2], p.accents[1], p.sky[-1], p.light]


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
    tones = ramp(
        [c.palette.near, c.palette.sky[1], c.palette.accents[0], c.palette.sky[3], c.palette.light], 64
    )
    count, steps = 90, 36
    sway = [
        (c.chance.uniform(0.4, 1.5), c.chance.uniform(0, 6.3), c.chance.uniform(0.5, 1)) for _ in range(5)
    ]
    folds = [(c.chance.uniform(1.2, 2.6) * (n + 1), c.chance.uniform(0, 6.3)) for n in range(3)]
    tilt = c.chance.uniform(-0.5, 0.5)
    strong = c.form.uniform(0.1, 0.2)

    def curve(line: float) -> list[Point]:
        points = []
        for step in range(steps + 1):
            u = step / steps
            bend = sum(
                math.sin(u * 6.28 * speed + phase + line * 4 * share) * share for speed, phase, share in sway
            )
            points.append((-2 + (c.w + 4) * u, c.h * (line * 1.9 - 0.45 + tilt * (u - 0.5) + strong * bend)))
        return points

    curves = [curve(line / count) for line in range(count + 1)]
    with c.detail() as (pen, k):
        for line, (above, below) in enumerate(pairwise(curves)):
            place = line / count
            turned = sum(
                math.sin(place * 6.28 * speed + phase) / (n + 1) for n, (speed, phase) in enumerate(folds)
            )
            tone = tones[max(0, min(63, round(32 + turned * 24)))]
            outline = [*above, *((x, y + c.h * 0.02) for x, y in reversed(below))]
            pen.polygon([(x * k, y * k) for x, y in outline], fill=tone)
    sheen = c.warp(c.clouds(2, 2), 0.1)
    c.wash(sheen.point([max(0, (v - 120) * 2) for v in range(256)]), c.palette.light, 0.18)
    c.wash(sheen.point([max(0, (110 - v) * 2) for v in range(256)]), c.palette.near, 0.3)


def marble(c: Canvas) -> None:
    """Ink in water: one field bent twice, turned into colours, with veins of metal."""
    field = c.warp(c.warp(c.clouds(c.form.uniform(1.5, 2.5), 4, field_width=512), 0.16), 0.13, 3)
    tones = [hues(c)[place] for place in (0, 2, 4, 6, 3, 1, 5, 7)]
    if c.form.random() < 0.5:
        tones = [
            c.palette.near,
            c.palette.sky[0],
            c.palette.sky[1],
            c.palette.sky[3],
            c.palette.light,
            c.palette.sky[2],
        ]
    c.image = c.colour_map(field, tones)
    for level, wide in ((c.chance.randint(70, 100), 3.2), (c.chance.randint(130, 190), 2.2)):
        vein = field.point([max(0, round(255 - abs(v - level) * 255 / wide)) for v in range(256)])
        c.wash(vein, mix(c.palette.light, c.palette.accents[1], 0.4), 0.8)


def strata(c: Canvas) -> None:
    """Sheets of cut paper, each with its shadow on the next."""
    layers = c.form.randint(6, 8)
    around = c.form.random() < 0.6
    field = c.clouds(c.form.uniform(1.6, 2.6), 2)
    if around:
        x, y = c.chance.uniform(0.3, 0.7), c.chance.uniform(0.3, 0.7)
        ball = Image.radial_gradient("L")
        moved = ImageChops.offset(ball, 0, 0).crop(
            (round(90 - 120 * x), round(90 - 120 * y), round(226 - 60 * x), round(226 - 60 * y))
        )
        field = ImageOps.autocontrast(Image.blend(field, moved.resize(field.size, BICUBIC), 0.62))
    tones = ramp(
        [
            c.palette.light,
            c.palette.sky[-1],
            c.palette.sky[3],
            c.palette.accents[0],
            c.palette.sky[1],
            c.palette.near,
        ],
        layers + 1,
    )
    if c.form.random() < 0.4:
        tones = tones[::-1]
    c.image.paste(tones[0], (0, 0, c.w, c.h))
    whole = field.resize((c.w, c.h), BICUBIC)
    for layer in range(1, layers + 1):
        level = 255 * (layer - 0.4) / (layers + 0.4)
        edge = [max(0, min(255, round((v - level) * 110))) for v in range(256)]
        soft = field.point(edge).filter(ImageFilter.GaussianBlur(3.2))
        drop = ImageChops.offset(soft, 2, 4).resize((c.w, c.h), BICUBIC)
        c.image.paste(shade(c.palette.near, -0.5), (0, 0), drop.point([round(v * 0.5) for v in range(256)]))
        c.image.paste(tones[layer], (0, 0), whole.point(edge))


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
                    flow = 0.5 + 0.32 * math.sin(
                        x / c.w * 3 * math.cos(turn) + y / c.h * 3 * math.sin(turn) + turn
                    )
                    near = math.exp(-((math.hypot(x - ball[0], y - ball[1]) / (c.u * 0.33)) ** 2))
                    place = flow * 0.75 + 0.3 * near + c.chance.gauss(0, 0.055)
                    colour = tones[max(0, min(95, round(95 * place)))]
                    if near > 0.75 and c.chance.random() < 0.5:
                        colour = mix(colour, c.chance.choice(c.palette.accents), 0.7)
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
    for place, (x, y, r) in enumerate([*spots, heart]):
        c.ellipse(x, y + r * 0.12, r * 0.95, r * 0.95, shade(c.palette.near, -0.5), 0.55, r * 0.12)
        flower(c, x, y, r, c.palette.accents[place % 2 if place < 4 else 0])


def leaves(c: Canvas, heart: tuple[float, float, float]) -> None:
    x, y, r = heart
    green = mix(c.palette.far, c.palette.accents[-1], 0.5)
    for _ in range(c.form.randint(5, 9)):
        angle, long = c.chance.uniform(0, 6.28), r * c.chance.uniform(1.1, 1.6)
        tone = mix(green, c.palette.near, c.chance.uniform(0.2, 0.6))
        c.polygon(petal(x, y, angle, long, long * 0.2), [shade(tone, 0.12), shade(tone, -0.3)])


def flower(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    """Rings of petals, the inner ones lighter and smaller, turned against one another."""
    rings, petals = c.form.randint(5, 8), c.form.randint(9, 15)
    tip, root = mix(colour, c.palette.light, 0.45), mix(colour, c.palette.near, 0.45)
    turn = c.chance.uniform(0, 6.28)
    with c.detail(y - r * 1.2, y + r * 1.2) as (pen, k):
        top = max(0, round(y - r * 1.2))
        for ring in range(rings):
            share = ring / rings
            long, turn = r * (1 - share * 0.86), turn + 2.4
            for index in range(petals):
                angle = turn + index * 6.28 / petals + c.chance.gauss(0, 0.03)
                for layer in range(5):
                    inner = layer / 5
                    tone = mix(mix(root, tip, share * 0.55), tip, inner**1.5)
                    tone = shade(tone, -0.14) if index % 2 and layer == 0 else tone
                    shape = petal(x, y, angle, long * (1 - 0.07 * layer), long * (0.27 - 0.045 * layer))
                    pen.polygon([(px * k, (py - top) * k) for px, py in shape], fill=tone)
    for dot in range(26):
        angle, away = dot * 2.4, r * 0.13 * math.sqrt(dot / 26)
        c.disc(
            x + math.cos(angle) * away,
            y + math.sin(angle) * away,
            r * 0.017,
            mix(c.palette.accents[1], tip, 0.3),
        )


def petal(x: float, y: float, angle: float, long: float, wide: float) -> list[Point]:
    """A drop from (x, y) outwards."""
    cos, sin = math.cos(angle), math.sin(angle)
    points = []
    for step in range(17):
        t = step / 8 if step <= 8 else (16 - step) / 8
        side = 1 if step <= 8 else -1
        along, across = long * t, side * wide * math.sin(math.pi * t**1.35) ** 0.8
        points.append((x + along * cos - across * sin, y + along * sin + across * cos))
    return points
