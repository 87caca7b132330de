"""Venice itself: palaces along a canal, a church at its end, a gondola."""

import math
from collections.abc import Callable

from PIL import ImageDraw

from venice.emulator.canvas import Canvas, Point
from venice.emulator.colour import Colour, mix, shade
from venice.emulator.landscapes import cover, lamp, stars
from venice.emulator.water import ripple

Pen = tuple[ImageDraw.ImageDraw, int]
#: From depth and height (in parts of the near facade) to a point on the canvas.
Project = Callable[[float, float], Point]


def canal(c: Canvas) -> None:
    """Palaces along a canal in perspective, a dome at its end, lit windows, a gondola."""
    level = c.h * c.chance.uniform(0.6, 0.7)
    middle = c.w * c.chance.uniform(0.38, 0.62)
    c.backdrop(c.palette.sky, 0, level)
    if c.palette.dark:
        stars(c, level * 0.6, 110)
    lamp(
        c,
        middle + c.u * c.chance.uniform(-0.16, 0.16),
        level - c.u * c.chance.uniform(0.12, 0.3),
        c.u * 0.035,
    )
    cover(c, level)
    c.backdrop([*reversed(c.palette.sky)], level)
    dome(c, middle + c.u * c.chance.uniform(-0.05, 0.05), level, c.u * c.form.uniform(0.11, 0.17))
    sides = [_side(c, middle, level, side) for side in (-1, 1)]
    with c.detail(blend=True) as pen:
        for project, houses in sides:
            for house in houses:
                _house(c, pen, project, house, mirrored=True)
    c.backdrop_veil(level, mix(c.palette.near, c.palette.sky[0], 0.5), 0.12, 0.62)
    ripple(c, round(level))
    with c.detail(blend=True) as pen:
        for project, houses in sides:
            for house in houses:
                _house(c, pen, project, house, mirrored=False)
    c.wash(c.band(level, c.u * 0.03), mix(c.palette.light, c.palette.sky[-1], 0.6), 0.25)
    gondola(
        c, middle + c.w * c.chance.uniform(-0.16, 0.16), level + (c.h - level) * c.chance.uniform(0.4, 0.7)
    )
    poles(c, level)


House = tuple[float, float, float, Colour, int]


def _side(c: Canvas, middle: float, level: float, side: int) -> tuple[Project, list[House]]:
    """How one row of houses is projected, and its houses from the far one to the near one."""
    half, tall = c.w * c.chance.uniform(0.52, 0.66), c.h * c.chance.uniform(0.62, 0.8)

    def project(depth: float, height: float) -> Point:
        scale = 1 / (1 + depth)
        return middle + side * half * scale, level + c.u * 0.1 * scale - tall * height * scale

    paints = [mix(c.palette.accents[0], c.palette.far, 0.45), mix(c.palette.accents[1], c.palette.far, 0.5)]
    paints += [
        c.palette.far,
        mix(c.palette.far, c.palette.light, 0.35),
        mix(c.palette.sky[2], c.palette.far, 0.5),
    ]
    houses: list[House] = []
    depth = -0.35
    while depth < 7:
        length = c.chance.uniform(0.22, 0.5) * (1 + depth * 0.45)
        haze = 1 - 1 / (1 + max(0.0, depth) * 0.32)
        colour = mix(c.chance.choice(paints), c.palette.near, 0.38 if side < 0 else 0.52)
        colour = mix(colour, c.palette.sky[-1], haze)
        houses.append((depth, depth + length, c.chance.uniform(0.62, 1.05), colour, c.chance.randint(3, 5)))
        depth += length
    return project, houses[::-1]


def _house(c: Canvas, pen: Pen, project: Project, house: House, mirrored: bool) -> None:
    """One facade with its roof edge, floors of windows and a water stain; or its image in the water."""
    near, far, height, colour, floors = house
    draw, k = pen

    def at(depth: float, up: float) -> Point:
        x, y = project(depth, up)
        if mirrored:
            y = 2 * project(depth, 0)[1] - y
        return x * k, y * k

    def quad(z0: float, z1: float, low: float, high: float, fill: tuple[int, ...]) -> None:
        draw.polygon([at(z0, low), at(z1, low), at(z1, high), at(z0, high)], fill=fill)

    quad(near, far, 0, height, colour)
    quad(near, far, height * 0.97, height * 1.02, shade(colour, -0.25))
    quad(near, far, 0, height * 0.07, (*shade(colour, -0.5), 150))
    lit, unlit = mix(c.palette.light, c.palette.accents[1], 0.3), shade(colour, -0.45)
    columns = max(2, round((far - near) / (0.085 * (1 + near * 0.4))))
    seeded = _windows(house, floors, columns)
    share = 0.42 if c.palette.dark else 0.14
    for floor in range(floors):
        low = height * (0.14 + 0.82 * floor / floors)
        high = low + height * 0.5 / floors
        for column in range(columns):
            z0 = near + (far - near) * (column + 0.28) / columns
            z1 = near + (far - near) * (column + 0.72) / columns
            bright = seeded[(floor * 7 + column * 3) % len(seeded)] < share
            quad(z0, z1, low, high, (*lit, 235) if bright else (*unlit, 170))
            if not mirrored and bright and near < 1.2:
                quad(z0, z1, low - height * 0.02, low, (*shade(lit, -0.3), 160))


def _windows(house: House, floors: int, columns: int) -> list[float]:
    """Which windows are lit: the same for a house and its reflection."""
    near, far, height, _, _ = house
    return [
        math.modf(math.sin((near * 91 + far * 47 + height * 13) * (n + 1) * 12.9898) * 43758.5)[0] % 1
        for n in range(floors * columns + 5)
    ]


def dome(c: Canvas, x: float, base: float, size: float) -> None:
    """A church far off: drum, dome and lantern, with towers beside it."""
    colour = mix(c.palette.far, c.palette.sky[-1], 0.35)
    dark = mix(colour, c.palette.near, 0.35)
    for flip in (1, -1):
        fill = [mix(colour, c.palette.light, 0.2), dark] if flip > 0 else [dark, colour]

        def up(height: float, flip: int = flip) -> float:
            return base - flip * size * height

        for offset, wide, tall in ((-0.95, 0.2, 1.35), (0.88, 0.16, 0.8), (0, 1.5, 0.42), (0, 0.9, 0.68)):
            left, right = x + size * (offset - wide / 2), x + size * (offset + wide / 2)
            c.polygon([(left, up(0)), (left, up(tall)), (right, up(tall)), (right, up(0))], fill)
        c.polygon(
            [(x - size * 1.05, up(1.35)), (x - size * 0.95, up(1.75)), (x - size * 0.85, up(1.35))], fill
        )
        arc = [
            (x + size * 0.45 * math.cos(t / 20 * math.pi), up(0.66 + 0.52 * math.sin(t / 20 * math.pi)))
            for t in range(21)
        ]
        c.polygon(arc, fill)
        c.polygon(
            [
                (x - size * 0.06, up(1.1)),
                (x - size * 0.06, up(1.3)),
                (x, up(1.55)),
                (x + size * 0.06, up(1.3)),
                (x + size * 0.06, up(1.1)),
            ],
            fill,
        )


def gondola(c: Canvas, x: float, y: float) -> None:
    """The boat, its rower, and their dark image in the water."""
    size = c.u * 0.13 * c.chance.uniform(0.8, 1.25)
    dark = shade(c.palette.near, -0.35)
    face = c.chance.choice((-1, 1))

    def placed(points: list[Point], flip: int = 1) -> list[Point]:
        return [(x + face * size * px, y - flip * size * py) for px, py in points]

    hull: list[Point] = [(-1.25, 0.42), (-1.1, 0.14), (-0.7, 0.06), (0.7, 0.06), (1.1, 0.16), (1.3, 0.5)]
    hull += [(1.26, 0.2), (0.95, -0.05), (0.5, -0.1), (-0.6, -0.1), (-1.0, -0.03), (-1.2, 0.15)]
    body: list[Point] = [(-0.72, 0.05), (-0.66, 0.5), (-0.7, 0.62), (-0.56, 0.66), (-0.5, 0.5), (-0.52, 0.05)]
    c.polygon(placed(hull, -1), dark, 0.45)
    c.polygon(placed(body, -1), dark, 0.35)
    c.polygon(placed(hull), dark)
    c.polygon(placed(body), dark)
    head = placed([(-0.62, 0.74)])[0]
    c.disc(head[0], head[1], size * 0.07, dark)
    c.line(placed([(-0.3, 0.62), (-1.05, -0.12)]), max(1.0, size * 0.022), dark)
    cushion = placed([(-0.1, 0.06), (-0.05, 0.2), (0.3, 0.2), (0.35, 0.06)])
    c.polygon(cushion, mix(c.palette.accents[0], dark, 0.35))


def poles(c: Canvas, level: float) -> None:
    """Mooring poles in front, striped."""
    side = c.chance.choice((-1, 1))
    for _ in range(c.form.randint(2, 4)):
        x = c.w * (0.5 + side * c.chance.uniform(0.3, 0.47))
        top, foot, wide = (
            level - c.u * c.chance.uniform(0, 0.1),
            c.h * c.chance.uniform(0.86, 1.02),
            c.u * 0.011,
        )
        c.polygon(
            [(x - wide, top), (x + wide, top), (x + wide * 1.2, foot), (x - wide * 1.2, foot)],
            [mix(c.palette.near, c.palette.far, 0.4), shade(c.palette.near, -0.3)],
        )
        step = c.u * 0.05
        for stripe in range(3):
            y = top + step * (0.2 + stripe)
            c.polygon(
                [
                    (x - wide, y),
                    (x + wide, y - wide),
                    (x + wide, y + step * 0.4 - wide),
                    (x - wide, y + step * 0.4),
                ],
                mix(c.palette.accents[0], c.palette.near, 0.25),
            )
