"""The surfaces that styles give a picture: print, film, ink, glass, paper, paint."""

import math

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from venice.emulator.canvas import BICUBIC, NEAREST, Canvas
from venice.emulator.colour import Colour, mix, ramp, shade
from venice.emulator.finish import BILINEAR, corners, edges, glowing, grained, hatch, laid, tiled, toned

INK = (24, 18, 34)


def film(c: Canvas) -> Image.Image:
    """Faded blacks, warm lights, coarse grain, dark corners."""
    return grained(corners(toned(c.image, (30, 22, 34), (250, 240, 222)), 0.5), c.chance, 15)


def cinema(c: Canvas) -> Image.Image:
    """Teal shadows, warm lights, a soft glow."""
    return corners(glowing(toned(c.image, (0, 14, 28), (255, 244, 226)), 0.3), 0.6)


def monochrome(c: Canvas) -> Image.Image:
    """Black and white with deep shadows."""
    grey = ImageOps.autocontrast(c.image.convert("L"), cutoff=2)
    grey = grey.point([round(255 * (v / 255) ** 1.25) for v in range(256)])
    return grained(corners(grey.convert("RGB"), 0.75), c.chance, 20)


def duotone(c: Canvas) -> Image.Image:
    """Two inks."""
    p = c.palette
    tones = [shade(p.near, -0.4), p.accents[0], mix(p.accents[0], p.light, 0.6), p.light]
    return c.tones(ImageOps.autocontrast(c.image.convert("L"), cutoff=1), tones)


def silhouette(c: Canvas) -> Image.Image:
    """Everything dark is black, everything light glows."""
    p, dark = c.palette, (12, 9, 16)
    tones = [dark, dark, dark, mix(p.accents[0], dark, 0.4), p.accents[1], p.light]
    return c.tones(ImageOps.autocontrast(c.image.convert("L"), cutoff=2), tones)


def comic(c: Canvas) -> Image.Image:
    """Flat tones, ink lines, and dots in the shadows."""
    flat = ImageOps.posterize(ImageEnhance.Color(c.image).enhance(1.45), 3)
    cell = max(5, c.u // 130)
    dot = Image.new("L", (cell * 4, cell * 4))
    ImageDraw.Draw(dot).ellipse((cell, cell, cell * 3, cell * 3), fill=255)
    dots = tiled(dot.resize((cell, cell), BICUBIC), c.w, c.h)
    dark = c.image.convert("L").point([150 if v < 95 else 0 for v in range(256)])
    return laid(laid(flat, INK, ImageChops.multiply(dots, dark)), INK, edges(c.image, 5))


def anime(c: Canvas) -> Image.Image:
    """Clean bright colour with bloom and thin lines."""
    bright = (
        ImageEnhance.Color(c.image)
        .enhance(1.35)
        .point([min(255, round(v * 1.08 + 6)) for v in range(256)] * 3)
    )
    return glowing(laid(bright, shade(c.palette.near, -0.2), edges(c.image, 2.2)), 0.22)


def pixels(c: Canvas) -> Image.Image:
    """Large square pixels in few colours."""
    across = 128
    small = c.image.resize((across, max(1, round(across * c.h / c.w))), Image.Resampling.BOX)
    return small.quantize(24, dither=Image.Dither.NONE).convert("RGB").resize((c.w, c.h), NEAREST)


def blocks(c: Canvas) -> Image.Image:
    """Cubes seen from above, each lit at two edges."""
    side = max(6, c.w // 64)
    across, down = -(-c.w // side), -(-c.h // side)
    small = c.image.resize((across, down), Image.Resampling.BOX)
    picture = small.resize((across * side, down * side), NEAREST).crop((0, 0, c.w, c.h))
    light, dark = Image.new("L", (side, side)), Image.new("L", (side, side))
    edge = max(1, side // 7)
    for box, level in (((0, 0, side, edge - 1), 90), ((0, 0, edge - 1, side), 70)):
        ImageDraw.Draw(light).rectangle(box, fill=level)
    for box, level in (((0, side - edge, side, side), 110), ((side - edge, 0, side, side), 90)):
        ImageDraw.Draw(dark).rectangle(box, fill=level)
    return laid(laid(picture, (255, 255, 255), tiled(light, c.w, c.h)), INK, tiled(dark, c.w, c.h))


def lowpoly(c: Canvas) -> Image.Image:
    return _mosaic(c, 34, lead=0)


def stained(c: Canvas) -> Image.Image:
    """Glass in lead."""
    return glowing(ImageEnhance.Color(_mosaic(c, 13, lead=4)).enhance(1.7), 0.25)


def watercolour(c: Canvas) -> Image.Image:
    """Runny pale colour on rough paper, with a white edge."""
    wet = c.image.resize((c.w // 4 + 1, c.h // 4 + 1), BICUBIC).filter(ImageFilter.MedianFilter(7))
    wet = toned(c.warp(wet, 0.006, 9).resize((c.w, c.h), BICUBIC), (58, 56, 64), (255, 253, 248))
    pools = c.warp(c.clouds(5, 4), 0.05)
    washed = laid(wet, (252, 249, 241), pools.point([max(0, min(120, (v - 130) * 2)) for v in range(256)]))
    frame = Image.new("L", (128, 128), 255)
    ImageDraw.Draw(frame).rectangle((9, 9, 118, 118), fill=0)
    rough = c.noise(40, 40).resize((128, 128), BICUBIC).point([v // 3 for v in range(256)])
    ragged = ImageChops.add(frame.filter(ImageFilter.GaussianBlur(3)), rough, 1, -40)
    paper = ragged.point([max(0, min(255, (v - 100) * 5)) for v in range(256)])
    return grained(laid(washed, (252, 250, 244), paper), c.chance, 14)


def brush(c: Canvas) -> Image.Image:
    """Short thick strokes laid over one another."""
    return _strokes(c, 5200, 0.034, 0.24)


def dabs(c: Canvas) -> Image.Image:
    """Round points of pure colour."""
    return _strokes(c, 9000, 0.0072, 1)


def sketch(c: Canvas) -> Image.Image:
    """Ink lines on paper with a breath of colour."""
    pale = Image.blend(c.image, Image.new("RGB", (c.w, c.h), (247, 242, 231)), 0.8)
    dark = c.image.convert("L").point([max(0, 200 - 2 * v) for v in range(256)])
    lines = ImageChops.multiply(tiled(hatch(max(6, c.u // 120)), c.w, c.h), dark)
    return laid(laid(pale, (52, 46, 58), lines), (34, 30, 40), edges(c.image, 7))


def neon(c: Canvas) -> Image.Image:
    """The picture at night, its outlines of light."""
    night = ImageEnhance.Color(c.image.point([round(v * 0.6) for v in range(256)] * 3)).enhance(1.5)
    lines = laid(Image.new("RGB", (c.w, c.h)), c.palette.accents[0], edges(c.image, 4))
    return glowing(ImageChops.screen(night, lines), 0.9)


def paper(c: Canvas) -> Image.Image:
    """The tones as sheets of paper, one above the other."""
    grey = c.image.convert("L").resize((384, max(1, round(384 * c.h / c.w))), BICUBIC)
    grey = ImageOps.autocontrast(grey.filter(ImageFilter.GaussianBlur(2)), cutoff=1)
    p, count = c.palette, 6
    tones = ramp([p.near, p.sky[1], p.accents[0], p.sky[3], p.light], count)
    whole = grey.resize((c.w, c.h), BICUBIC)
    picture = Image.new("RGB", (c.w, c.h), tones[0])
    for layer in range(1, count):
        level = 255 * layer / count
        steep = grey.point([max(0, min(255, round((v - level) * 30))) for v in range(256)])
        drop = ImageChops.offset(steep.filter(ImageFilter.GaussianBlur(3)), 2, 4)
        picture = laid(picture, (8, 6, 14), drop, 0.5)
        cut = whole.point([max(0, min(255, round((v - level) * 40))) for v in range(256)])
        picture = laid(picture, tones[layer], cut)
    return grained(picture, c.chance, 12)


def clay(c: Canvas) -> Image.Image:
    """Soft matt forms with thumb marks."""
    small = c.image.resize((max(1, c.w // 3), max(1, c.h // 3)), BICUBIC).filter(ImageFilter.MedianFilter(7))
    soft = small.resize((c.w, c.h), BICUBIC)
    dents = c.warp(c.clouds(14, 3), 0.03).filter(ImageFilter.EMBOSS).resize((c.w, c.h), BICUBIC)
    relief = Image.blend(
        small.convert("L").filter(ImageFilter.EMBOSS).resize((c.w, c.h), BICUBIC), dents, 0.5
    )
    return ImageChops.overlay(soft, Image.merge("RGB", (relief,) * 3))


def weave(c: Canvas) -> Image.Image:
    """Threads of canvas over the colours."""
    pitch = max(3, c.u // 260)
    thread = Image.new("L", (pitch * 2, pitch * 2), 124)
    pen = ImageDraw.Draw(thread)
    for box, level in (((0, 0, pitch - 1, pitch - 1), 150), ((pitch, pitch, 2 * pitch, 2 * pitch), 140)):
        pen.rectangle(box, fill=level)
    pen.line((0, pitch, 2 * pitch, pitch), fill=106)
    cloth = tiled(thread, c.w, c.h)
    return grained(ImageChops.overlay(c.image, Image.merge("RGB", (cloth,) * 3)), c.chance, 14)


def tilt(c: Canvas) -> Image.Image:
    """A toy world: sharp in a band, blurred above and below."""
    vivid = ImageEnhance.Color(c.image).enhance(1.4)
    small = vivid.resize((max(1, c.w // 6), max(1, c.h // 6)), BICUBIC).filter(ImageFilter.GaussianBlur(2.2))
    sharp = c.band(c.h * 0.62, c.h * 0.2).resize((c.w, c.h), BILINEAR)
    return Image.composite(vivid, small.resize((c.w, c.h), BICUBIC), sharp)


def long_exposure(c: Canvas) -> Image.Image:
    """What moves is drawn out sideways."""
    thin = c.image.resize((max(1, c.w // 48), c.h), Image.Resampling.BOX).resize((c.w, c.h), BICUBIC)
    return glowing(Image.blend(c.image, thin, 0.6), 0.35)


def clear(c: Canvas) -> Image.Image:
    """Crisp and saturated, with local contrast."""
    small = c.image.resize((max(1, c.w // 8), max(1, c.h // 8)), BICUBIC).filter(ImageFilter.GaussianBlur(4))
    around = small.resize((c.w, c.h), BILINEAR)
    return ImageEnhance.Color(Image.blend(around, c.image, 1.35)).enhance(1.25)


def dream(c: Canvas) -> Image.Image:
    """Veiled light, pale shadows."""
    return glowing(toned(c.image, (40, 34, 52), (255, 250, 252)), 0.75)


def gloom(c: Canvas) -> Image.Image:
    """Little colour, much darkness, fog."""
    grey = ImageEnhance.Color(c.image).enhance(0.45).point([round(v * 0.8) for v in range(256)] * 3)
    fog = c.clouds(2.4, 4, stretch=2).point([max(0, v - 90) for v in range(256)])
    return grained(corners(laid(grey, (126, 130, 138), fog, 0.5), 0.85), c.chance, 22)


def cycle(c: Canvas) -> Image.Image:
    """Colours that run round and round through the tones."""
    bent = c.warp(c.clouds(2, 3), 0.12).resize((c.w, c.h), BICUBIC)
    grey = ImageOps.autocontrast(Image.blend(c.image.convert("L"), bent, 0.3))
    p = c.palette
    wheel: list[Colour] = [p.accents[0], p.accents[1], p.light, p.accents[2], p.near]
    return ImageEnhance.Color(c.tones(grey, wheel * 2)).enhance(1.4)


def collage(c: Canvas) -> Image.Image:
    """Torn pieces, each moved and turned a little, on paper."""
    p = c.palette
    board = Image.blend(c.image, Image.new("RGB", (c.w, c.h), (246, 241, 230)), 0.75)
    two = c.tones(c.image.convert("L"), [p.near, p.accents[1], p.light])
    for _ in range(15):
        wide, high = round(c.w * c.chance.uniform(0.22, 0.45)), round(c.h * c.chance.uniform(0.18, 0.4))
        x, y = c.chance.randint(0, c.w - wide), c.chance.randint(0, c.h - high)
        source = two if c.chance.random() < 0.3 else c.image
        piece = source.crop((x, y, x + wide, y + high))
        framed = ImageOps.expand(piece, max(2, c.u // 150), (250, 247, 240)).convert("RGBA")
        turned = framed.rotate(c.chance.uniform(-8, 8), BICUBIC, expand=True)
        shadow = turned.getchannel("A").point([round(v * 0.4) for v in range(256)])
        board.paste((10, 8, 16), (x + c.u // 130, y + c.u // 90), shadow)
        board.paste(turned, (x, y), turned)
    return board


def _mosaic(c: Canvas, columns: int, lead: int) -> Image.Image:
    """Triangles in the colour at their middle, with lead of that width between them."""
    step = c.w / columns
    rows = max(2, round(c.h / step))
    small = c.image.resize((columns * 4, rows * 4), Image.Resampling.BOX)

    def moved(index: int, count: int) -> float:
        return index + (c.chance.uniform(-0.4, 0.4) if 0 < index < count else 0)

    net = [
        [(step * moved(x, columns), c.h / rows * moved(y, rows)) for x in range(columns + 1)]
        for y in range(rows + 1)
    ]
    width = max(1, round(lead * c.u / 700))
    with c.detail() as (pen, k):
        for y in range(rows):
            for x in range(columns):
                a, b, d, e = net[y][x], net[y][x + 1], net[y + 1][x], net[y + 1][x + 1]
                for shape in ((a, b, d), (b, e, d)):
                    middle_x, middle_y = sum(p[0] for p in shape) / 3, sum(p[1] for p in shape) / 3
                    tone = _at(small, middle_x / c.w, middle_y / c.h)
                    outline = [(px * k, py * k) for px, py in shape]
                    pen.polygon(outline, fill=tone)
                    if lead:
                        pen.line([*outline, outline[0]], fill=INK, width=width * k)
    return c.image


def _strokes(c: Canvas, count: int, long: float, flat: float) -> Image.Image:
    """Dots, or strokes that follow a slow swirl, in the colour beneath them."""
    small = c.image.resize((max(1, c.w // 4), max(1, c.h // 4)), BICUBIC)
    picture = Image.blend(c.image, Image.new("RGB", (c.w, c.h), c.palette.far), 0.12)
    pen = ImageDraw.Draw(picture)
    speed, phase = c.chance.uniform(2, 5), c.chance.uniform(0, 6.3)
    for _ in range(count):
        u, v = c.chance.random(), c.chance.random()
        x, y, light = u * c.w, v * c.h, c.chance.gauss(0, 11)
        red, green, blue = _at(small, u, v)
        tone = (max(0, round(red + light)), max(0, round(green + light)), max(0, round(blue + light)))
        size = c.u * long * c.chance.uniform(0.6, 1.3)
        if flat == 1:
            pen.ellipse((x - size, y - size, x + size, y + size), fill=tone)
            continue
        turn = 1.6 * math.sin(u * speed + phase) + math.sin(v * speed - phase)
        dx, dy = math.cos(turn) * size / 2, math.sin(turn) * size / 2
        pen.line((x - dx, y - dy, x + dx, y + dy), fill=tone, width=max(2, round(size * flat)))
    return picture


def _at(picture: Image.Image, u: float, v: float) -> Colour:
    """The colour at a point given in parts of width and height."""
    point = (
        max(0, min(picture.width - 1, int(u * picture.width))),
        max(0, min(picture.height - 1, int(v * picture.height))),
    )
    colour: Colour = picture.getpixel(point)  # type: ignore[assignment]
    return colour
