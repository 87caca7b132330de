"""Scenes with a horizon: mountains, sea, desert, northern lights, meadow."""

import math

from PIL import Image, ImageChops

from venice.emulator.canvas import BICUBIC, FIELD, Canvas, Point
from venice.emulator.colour import Colour, mix, shade
from venice.emulator.relief import ridge_line, wave_line
from venice.emulator.water import headland, path_of_light, reflect, sail


def ridges(c: Canvas) -> None:
    """Mountains behind mountains in haze, under a sun or a moon; sometimes over a lake."""
    lake = c.form.random() < 0.45
    horizon = c.h * c.chance.uniform(0.42, 0.6)
    sky(c, horizon)
    layers = c.form.randint(4, 6)
    ground = c.h * (c.chance.uniform(0.72, 0.8) if lake else 1.05)
    steep = c.form.uniform(0.5, 1.0)
    for layer in range(layers):
        depth = layer / (layers - 1)
        y = horizon + (ground - horizon) * depth**1.35 * 0.85
        tall = c.u * (0.16 + 0.12 * depth) * steep
        profile = ridge_line(c, y, tall, rough=0.62 - 0.14 * depth)
        top = mix(c.palette.far, c.palette.near, depth**1.2)
        haze = mix(top, c.palette.sky[-1], 0.55 * (1 - depth) + 0.12)
        c.polygon([*profile, (c.w + 2, ground + 2), (-2, ground + 2)], [top, mix(top, haze, 0.5), haze])
        if depth < 0.9:
            bank = c.band(y + tall * 0.75, tall * 0.5, c.clouds(2, 3, stretch=2.5))
            c.wash(bank, mix(c.palette.sky[-1], c.palette.light, 0.25), 0.55)
    if lake:
        reflect(c, ground, 0.86)
    elif c.form.random() < 0.7:
        pines(c, ground)


def sea(c: Canvas) -> None:
    """A sun over open water and its path of light; sails, or a headland."""
    horizon = c.h * c.chance.uniform(0.46, 0.62)
    x, _ = sky(c, horizon, low=True)
    if c.form.random() < 0.5:
        side = c.chance.choice((-1, 1))
        for step in range(3):
            tall = c.u * c.chance.uniform(0.05, 0.13)
            reach = c.w * c.chance.uniform(0.25, 0.6)
            colour = mix(c.palette.far, c.palette.near, 0.2 + 0.22 * step)
            headland(c, horizon + 1, reach, tall, side, colour)
    reflect(c, horizon, 0.9)
    path_of_light(c, x, horizon)
    for _ in range(c.chance.randint(0, 3)):
        sail(c, c.w * c.chance.uniform(0.12, 0.88), horizon + c.h * c.chance.uniform(0.015, 0.16))


def dunes(c: Canvas) -> None:
    """Sand in long curves, one side lit and the other in shadow."""
    horizon = c.h * c.chance.uniform(0.38, 0.55)
    x, _ = sky(c, horizon)
    side = 1 if x < c.w / 2 else -1
    layers = c.form.randint(3, 5)
    sand = mix(mix(c.palette.sky[-1], c.palette.far, 0.5), c.palette.accents[1], 0.2)
    for layer in range(layers):
        depth = (layer + 0.35) / layers
        base = horizon + (c.h - horizon) * depth**1.5 * 0.9
        tall = c.u * (0.05 + 0.24 * depth) * c.chance.uniform(0.7, 1.25)
        peak = c.w * (c.chance.uniform(-0.05, 0.45) + (0.6 * (layer % 2)))
        crest = dune_crest(c, base, tall, peak, c.w * c.chance.uniform(0.5, 0.85))
        lit = mix(mix(c.palette.light, sand, 0.35 + 0.4 * depth), c.palette.sky[-1], 0.35 * (1 - depth))
        dark = mix(mix(sand, c.palette.near, 0.35 + 0.4 * depth), c.palette.sky[-1], 0.4 * (1 - depth))
        c.polygon(
            [*crest, (c.w + 2, c.h + 2), (-2, c.h + 2)], [lit, mix(lit, dark, 0.4), mix(lit, dark, 0.75)]
        )
        shadow = slip_face(c, crest, peak, side, tall)
        c.polygon(shadow, [dark, mix(dark, c.palette.near, 0.25), mix(dark, lit, 0.2)], 0.94)


def dune_crest(c: Canvas, base: float, tall: float, peak: float, spread: float) -> list[Point]:
    """One large swelling with a long tail, and a slight sway."""
    phase, sway = c.chance.uniform(0, 6.3), tall * c.chance.uniform(0.04, 0.12)
    points = []
    for step in range(161):
        x = -2 + (c.w + 4) * step / 160
        away = abs(x - peak) / spread
        rise = 1 / (1 + (away * 2.1) ** 2)
        points.append((x, base - tall * rise - sway * math.sin(x / c.w * 7 + phase)))
    return points


def slip_face(c: Canvas, crest: list[Point], peak: float, side: int, tall: float) -> list[Point]:
    """The side that turns from the light: from the peak along the crest, and back along a curved spine."""
    ahead = [point for point in crest if (point[0] - peak) * side >= 0]
    ahead = ahead if side > 0 else ahead[::-1]
    if len(ahead) < 2:
        return [crest[0], crest[1], crest[2]]
    top = ahead[0]
    foot = (top[0] + side * (c.w * 0.25 + tall * 1.6), c.h + 2.0)
    bend = (top[0] + side * tall * c.chance.uniform(-0.1, 0.35), top[1] + tall * c.chance.uniform(0.9, 1.4))
    spine = [_bezier(foot, bend, top, step / 24) for step in range(25)]
    return [*ahead, (ahead[-1][0], c.h + 2.0), *spine]


def _bezier(start: Point, bend: Point, end: Point, t: float) -> Point:
    a, b, d = (1 - t) ** 2, 2 * t * (1 - t), t * t
    return a * start[0] + b * bend[0] + d * end[0], a * start[1] + b * bend[1] + d * end[1]


def aurora(c: Canvas) -> None:
    """Curtains of light over snow and still water."""
    horizon = c.h * c.chance.uniform(0.58, 0.7)
    c.backdrop(c.palette.sky[:3], 0, c.h)
    stars(c, horizon, 220)
    for layer in range(c.form.randint(3, 4)):
        curtain(c, c.palette.accents[layer % len(c.palette.accents)], horizon)
    c.glow(c.w * c.chance.random(), horizon, c.w * 0.7, c.palette.sky[-1], 0.35, 0.4)
    for layer in range(3):
        tall = c.u * (0.13 - 0.02 * layer)
        profile = ridge_line(c, horizon + c.u * (0.01 + 0.035 * layer), tall, 0.6)
        body = mix(c.palette.far, c.palette.near, 0.25 + 0.3 * layer)
        snow = mix(body, c.palette.light, 0.5 - 0.15 * layer)
        c.polygon([*profile, (c.w + 2, c.h), (-2, c.h)], [snow, body, shade(body, -0.3)])
    reflect(c, horizon + c.u * 0.1, 0.78)
    pines(c, c.h * 1.05)


def meadow(c: Canvas) -> None:
    """Rows of flowers that run to the horizon, hills and big clouds above them."""
    horizon = c.h * c.chance.uniform(0.4, 0.55)
    sky(c, horizon)
    for layer in range(3):
        colour = mix(c.palette.far, c.palette.near, 0.1 + 0.2 * layer)
        line = wave_line(c, horizon - c.u * (0.05 - 0.02 * layer), c.u * 0.05, 1.5)
        c.polygon([*line, (c.w + 2, c.h), (-2, c.h)], [colour, mix(colour, c.palette.sky[-1], 0.35)])
    trees(c, horizon + c.u * 0.02)
    green = mix(c.palette.near, c.palette.accents[-1], 0.35)
    c.backdrop([mix(green, c.palette.sky[-1], 0.5), green, shade(green, -0.35)], horizon + c.u * 0.02)
    flower_rows(c, c.w * c.chance.uniform(0.2, 0.8), horizon + c.u * 0.02)


def flower_rows(c: Canvas, meeting: float, top: float) -> None:
    """Furrows that meet at the horizon, each full of blossoms that grow towards the viewer."""
    bloom = [c.palette.accents[0], c.palette.accents[1], mix(c.palette.accents[0], c.palette.light, 0.5)]
    bloom.append(mix(c.palette.accents[0], c.palette.near, 0.35))
    gap = c.u * c.form.uniform(0.2, 0.32)
    with c.detail(top) as (pen, k):
        high = c.h - top
        for step in range(70):
            near = ((step + 0.5) / 70) ** 2.1
            y, size = near * high * 1.05, c.u * (0.0012 + 0.017 * near)
            spread = gap * (near + 0.012)
            first, last = math.floor((-meeting) / spread) - 1, math.ceil((c.w - meeting) / spread) + 1
            haze = 0.55 * (1 - near) ** 3
            for row in range(max(first, -70), min(last, 70) + 1):
                for _ in range(3):
                    x = meeting + spread * (row + c.chance.gauss(0, 0.13))
                    rise = y + c.chance.gauss(0, 0.5) * size
                    colour = mix(c.chance.choice(bloom), c.palette.sky[-1], haze)
                    box = (x - size * 1.1, rise - size * 0.8, x + size * 1.1, rise + size * 0.8)
                    pen.ellipse(tuple(edge * k for edge in box), fill=colour)


def trees(c: Canvas, ground: float) -> None:
    """A few round trees on the far edge of a field."""
    colour = mix(c.palette.near, c.palette.far, 0.35)
    for _ in range(c.form.randint(2, 7)):
        x, size = c.chance.uniform(0, c.w), c.u * c.chance.uniform(0.012, 0.04)
        c.polygon(
            [(x - size * 0.08, ground), (x, ground - size * 2), (x + size * 0.08, ground)],
            shade(colour, -0.3),
        )
        for _ in range(5):
            dx, dy = c.chance.gauss(0, 0.45) * size, c.chance.uniform(0.9, 2.1) * size
            c.disc(x + dx, ground - dy, size * 0.62, [mix(colour, c.palette.light, 0.18), colour])


def sky(c: Canvas, horizon: float, low: bool = False) -> Point:
    """A gradient, clouds, stars at night, and a lamp in the sky; the lamp's position."""
    c.backdrop(c.palette.sky, 0, horizon + c.h * 0.04)
    if horizon < c.h:
        c.box(0, horizon + c.h * 0.04 - 1, c.w, c.h, c.palette.sky[-1])
    if c.palette.dark:
        stars(c, horizon * 0.85, 150)
    x = c.w * c.chance.uniform(0.16, 0.84)
    y = horizon - c.u * (c.chance.uniform(0.02, 0.1) if low else c.chance.uniform(0.05, 0.33))
    lamp(c, x, y, c.u * c.form.choice((0.04, 0.055, 0.085, 0.13)))
    cover(c, horizon)
    return x, y


def lamp(c: Canvas, x: float, y: float, r: float) -> None:
    """A sun or a moon with its halo."""
    c.glow(x, y, r * 9, mix(c.palette.light, c.palette.accents[0], 0.35), 0.5)
    c.glow(x, y, r * 3.2, c.palette.light, 0.55)
    c.disc(x, y, r, c.palette.light, 0.97)
    if c.palette.dark:
        for _ in range(6):
            angle, away = c.form.uniform(0, 6.3), c.form.uniform(0.1, 0.62) * r
            spot = r * c.form.uniform(0.08, 0.22)
            c.disc(
                x + math.cos(angle) * away,
                y + math.sin(angle) * away,
                spot,
                c.palette.sky[-2],
                0.22,
                spot / 2,
            )


def cover(c: Canvas, horizon: float) -> None:
    """Clouds: lit from below near the horizon, thin above."""
    amount = c.form.uniform(0.25, 0.75)
    field = c.clouds(c.form.uniform(2, 4), 5, stretch=c.form.uniform(1.8, 3.5))
    wisps = field.point([max(0, min(255, round((v - 135) * 2.4))) for v in range(256)])
    low = c.band(horizon * c.chance.uniform(0.55, 0.85), horizon * 0.26, wisps)
    c.wash(low, mix(c.palette.light, c.palette.sky[-2], 0.35), amount)
    high = c.band(horizon * 0.28, horizon * 0.28, wisps)
    c.wash(high, mix(c.palette.sky[1], c.palette.light, 0.45), amount * 0.5)


def stars(c: Canvas, bottom: float, count: int) -> None:
    """Small points of light above `bottom`, denser and brighter by chance."""
    field = Image.new("L", (c.w, max(1, round(bottom))))
    dots = field.load()
    if dots is None:
        return
    size = max(1, c.u // 700)
    for _ in range(count):
        x, y = c.chance.randrange(c.w), c.chance.randrange(field.height)
        level = round(255 * c.chance.random() ** 2.5 * (1 - 0.75 * y / field.height))
        for dx in range(size):
            for dy in range(size):
                if x + dx < c.w and y + dy < field.height:
                    dots[x + dx, y + dy] = level
    c.image.paste(c.palette.light, (0, 0), field)


def pines(c: Canvas, ground: float) -> None:
    """A dark edge of firs along the bottom; it sinks in the middle so that the view stays open."""
    colour = shade(c.palette.near, -0.25)
    dense = c.chance.uniform(0.6, 1.4)
    top = ground - c.u * 0.42
    with c.detail(top) as (pen, k):
        x = -c.u * 0.05
        while x < c.w + c.u * 0.05:
            tall = c.u * c.chance.uniform(0.08, 0.3) * (0.35 + 0.65 * abs(x / c.w - 0.5) * 2)
            outline = pine(x, ground, tall, c.u)
            pen.polygon([(px * k, (py - max(0, round(top))) * k) for px, py in outline], fill=colour)
            x += c.u * c.chance.uniform(0.015, 0.07) * dense
    c.box(0, ground - c.u * 0.08, c.w, c.h, [colour, shade(colour, -0.3)], 0.9)


def pine(x: float, ground: float, tall: float, unit: float) -> list[Point]:
    top, tiers = ground - tall - unit * 0.05, 6
    left: list[Point] = []
    right: list[Point] = []
    for tier in range(tiers):
        low = top + (ground - top) * (tier + 1) / tiers
        wide = tall * 0.24 * (tier + 1) / tiers
        left += [(x - wide, low), (x - wide * 0.55, low - tall * 0.03)]
        right += [(x + wide, low), (x + wide * 0.55, low - tall * 0.03)]
    return [(x, top), *right, *reversed(left)]


def curtain(c: Canvas, colour: Colour, horizon: float) -> None:
    """One veil of the northern lights: a wandering line from which rays rise and fade."""
    wide, high = FIELD, FIELD
    rays = c.noise(96, 1).resize((wide, 1), BICUBIC)
    crest = wave_line(c, 0, 1, c.chance.uniform(0.8, 1.6))
    middle, sway = c.chance.uniform(0.45, 0.8), c.chance.uniform(0.08, 0.22)
    veil = Image.new("L", (wide, high))
    for column in range(wide):
        foot = (middle + sway * crest[column // 2][1]) * high
        strong = rays.getpixel((column, 0)) / 255  # type: ignore[operator]
        tall = max(8, round(high * (0.25 + 0.45 * strong)))
        fall = _RAY.resize((1, tall), BICUBIC).point(_RAY_LEVELS[round(strong * 15)])
        veil.paste(fall, (column, round(foot) - tall))
    light = veil.resize((c.w, round(horizon * 1.1)), BICUBIC)
    tint = Image.merge("RGB", [light.point([v * channel // 255 for v in range(256)]) for channel in colour])
    area = (0, 0, c.w, light.height)
    c.image.paste(ImageChops.screen(c.image.crop(area), tint), area)


_RAY = Image.new("L", (1, 32))
_RAY.putdata([round(235 * (step / 31) ** 2 * min(1.0, (31 - step) / 4)) for step in range(32)])
_RAY_LEVELS = [[round(v * (0.3 + 0.7 * step / 15)) for v in range(256)] for step in range(16)]
