"""What the scenes paint with: gradients, soft shapes, light, noise. Sizes in pixels, opacity from 0 to 1.

Everything soft is made small and enlarged; everything sharp is drawn at double size and reduced.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from venice.emulator.colour import Colour, ramp
from venice.emulator.palettes import Palette

Point = tuple[float, float]
#: One colour, or several that run from the top of the shape to its bottom.
Fill = Colour | Sequence[Colour]
FIELD = 256
BICUBIC = Image.Resampling.BICUBIC
NEAREST = Image.Resampling.NEAREST


class Canvas:
    """A picture while it is painted. `form` is the same for each seed of a prompt, `chance` is the seed's."""

    def __init__(self, width: int, height: int, palette: Palette, form: Random, chance: Random) -> None:
        self.w, self.h, self.u = width, height, min(width, height)
        self.palette = palette
        self.form = form
        self.chance = chance
        self.image = Image.new("RGB", (width, height), palette.near)
        self._sharpness = 2 if width * height <= 5_000_000 else 1

    def backdrop(self, stops: Sequence[Colour], top: float = 0, bottom: float | None = None) -> None:
        """Fill a band across the whole width with a vertical gradient."""
        y0, y1 = round(top), round(self.h if bottom is None else bottom)
        if y1 > y0:
            self.image.paste(self.gradient(stops, self.w, y1 - y0), (0, y0))

    def backdrop_veil(self, top: float, colour: Colour, above: float, below: float) -> None:
        """Darken what is under `top`: with opacity `above` there, `below` at the bottom edge."""
        y = round(top)
        levels = Image.new("L", (1, 16))
        levels.putdata([round(255 * (above + (below - above) * step / 15)) for step in range(16)])
        self.image.paste(colour, (0, y, self.w, self.h), levels.resize((self.w, self.h - y), BICUBIC))

    def gradient(self, stops: Sequence[Colour], width: int, height: int) -> Image.Image:
        strip = Image.new("RGB", (1, 33))
        strip.putdata(ramp(stops, 33))
        return strip.resize((1, max(1, height)), BICUBIC).resize((max(1, width), max(1, height)), NEAREST)

    def mesh(self, colours: Sequence[Colour], columns: int) -> None:
        """Cover all with a soft field of colours given row by row."""
        grid = Image.new("RGB", (columns, len(colours) // columns))
        grid.putdata(list(colours))
        self.image.paste(grid.resize((64, 64), BICUBIC).resize((self.w, self.h), BICUBIC))

    def polygon(self, points: Sequence[Point], fill: Fill, opacity: float = 1, soft: float = 0) -> None:
        self._shape(points, fill, opacity, soft, round_=False)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, fill: Fill, opacity: float = 1, soft: float = 0
    ) -> None:
        self._shape([(x - rx, y - ry), (x + rx, y + ry)], fill, opacity, soft, round_=True)

    def disc(self, x: float, y: float, r: float, fill: Fill, opacity: float = 1, soft: float = 0) -> None:
        self.ellipse(x, y, r, r, fill, opacity, soft)

    def box(self, x0: float, y0: float, x1: float, y1: float, fill: Fill, opacity: float = 1) -> None:
        self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], fill, opacity)

    def line(self, points: Sequence[Point], width: float, fill: Colour, opacity: float = 1) -> None:
        half = width / 2 + 1
        box = self._clip(points, half)
        if box:
            mask, draw, k = self._mask(box)
            moved = [((x - box[0]) * k, (y - box[1]) * k) for x, y in points]
            draw.line(moved, fill=round(255 * opacity), width=max(1, round(width * k)), joint="curve")
            self._lay(fill, box, mask.reduce(k))

    def glow(
        self, x: float, y: float, r: float, colour: Colour, strength: float = 1, squash: float = 1
    ) -> None:
        """Add light that fades with the distance; `squash` below 1 makes it lie down."""
        rx, ry = max(2, round(r)), max(2, round(r * squash))
        box = (round(x) - rx, round(y) - ry, round(x) + rx, round(y) + ry)
        seen = _intersection(box, (0, 0, self.w, self.h))
        if not seen:
            return
        scale_x, scale_y = FIELD / (2 * rx), FIELD / (2 * ry)
        part = (
            (seen[0] - box[0]) * scale_x,
            (seen[1] - box[1]) * scale_y,
            (seen[2] - box[0]) * scale_x,
            (seen[3] - box[1]) * scale_y,
        )
        size = (seen[2] - seen[0], seen[3] - seen[1])
        falloff = _FALLOFF.resize(size, BICUBIC, box=part)
        tint = Image.merge(
            "RGB", [falloff.point([round(v * c * strength / 255) for v in range(256)]) for c in colour]
        )
        self.image.paste(ImageChops.screen(self.image.crop(seen), tint), seen)

    def wash(self, mask: Image.Image, colour: Colour, opacity: float = 1) -> None:
        """Lay a colour over everything, as thick as the mask (L, any size) says."""
        levels = mask.point([round(v * opacity) for v in range(256)])
        bounds = levels.getbbox()
        if not bounds:
            return
        across, down = self.w / mask.width, self.h / mask.height
        # One more row and column, since enlarging carries light over the edge.
        box = (
            max(0, math.floor((bounds[0] - 1) * across)),
            max(0, math.floor((bounds[1] - 1) * down)),
            min(self.w, math.ceil((bounds[2] + 1) * across)),
            min(self.h, math.ceil((bounds[3] + 1) * down)),
        )
        part = (box[0] / across, box[1] / down, box[2] / across, box[3] / down)
        size = (box[2] - box[0], box[3] - box[1])
        self._lay(colour, box, levels.resize(size, Image.Resampling.BILINEAR, box=part))

    def _lay(self, fill: Image.Image | Colour, box: tuple[int, int, int, int], mask: Image.Image) -> None:
        # Pillow pastes a picture through a mask twice as fast as a colour.
        if not isinstance(fill, Image.Image):
            fill = Image.new("RGB", mask.size, fill)
        self.image.paste(fill, box, mask)

    @contextmanager
    def detail(
        self, top: float = 0, bottom: float | None = None, *, blend: bool = False, fine: bool = True
    ) -> Iterator[tuple[ImageDraw.ImageDraw, int]]:
        """A pen for thousands of small shapes in a band of the picture, drawn straight and smoothed at the
        end. Coordinates must be multiplied by the given factor, after `top` was taken from y. With `blend`
        colours may have an alpha, which is slower; upright boxes need not be `fine`."""
        y0 = max(0, min(self.h - 1, round(top)))
        y1 = max(y0 + 1, min(self.h, round(self.h if bottom is None else bottom)))
        k = self._sharpness if fine else 1
        part = self.image.crop((0, y0, self.w, y1))
        large = part.resize((part.width * k, part.height * k), NEAREST) if k > 1 else part
        yield ImageDraw.Draw(large, "RGBA" if blend else "RGB"), k
        self.image.paste(large.reduce(k) if k > 1 else large, (0, y0))

    @contextmanager
    def stencil(self, fill: Fill) -> Iterator[tuple[ImageDraw.ImageDraw, int]]:
        """The same for many shapes of one fill, over the whole picture: draw them with 255."""
        box = (0, 0, self.w, self.h)
        mask, draw, k = self._mask(box)
        yield draw, k
        self._lay(self._source(fill, [(0, 0), (0, self.h)], box), box, mask.reduce(k) if k > 1 else mask)

    def noise(self, columns: int, rows: int, random: Random | None = None) -> Image.Image:
        """Grey values, each by chance. (`Image.effect_noise` would differ from call to call.)"""
        columns, rows = max(1, columns), max(1, rows)
        return Image.frombytes("L", (columns, rows), (random or self.chance).randbytes(columns * rows))

    def clouds(
        self, cells: float, octaves: int = 4, stretch: float = 1, field_width: int = FIELD
    ) -> Image.Image:
        """Soft fractal noise over the whole canvas, at field size; `stretch` draws it out sideways."""
        size = (field_width, max(8, round(field_width * self.h / self.w)))
        field: Image.Image | None = None
        for octave in range(octaves):
            columns = max(2, round(cells * 2**octave / stretch))
            rows = max(2, round(cells * 2**octave * self.h / self.w))
            layer = self.noise(columns, rows).resize(size, BICUBIC)
            # Each octave is half as strong as the one before it.
            field = layer if field is None else Image.blend(field, layer, 1 / 2 ** (octave + 1))
        assert field is not None  # noqa: S101 (octaves is at least 1)
        return ImageOps.autocontrast(field, cutoff=1)

    def band(self, y: float, spread: float, mask: Image.Image | None = None) -> Image.Image:
        """A field-size mask that is full at y and fades within `spread`, times another mask."""
        rows = max(8, round(FIELD * self.h / self.w))
        values = bytes(
            round(255 * math.exp(-((((row + 0.5) / rows * self.h - y) / max(1, spread)) ** 2)))
            for row in range(rows)
        )
        strip = Image.frombytes("L", (1, rows), values).resize((FIELD, rows), NEAREST)
        return ImageChops.multiply(strip, mask) if mask else strip

    def colour_map(self, field: Image.Image, stops: Sequence[Colour]) -> Image.Image:
        """Turn a grey field into colours along the stops, at the canvas's size."""
        grey = field.resize((self.w, self.h), BICUBIC)
        grey.putpalette([channel for colour in ramp(stops, 256) for channel in colour])
        return grey.convert("RGB")

    def tones(self, field: Image.Image, stops: Sequence[Colour]) -> Image.Image:
        """As `colour_map`, at the field's own size."""
        grey = field.copy()
        grey.putpalette([channel for colour in ramp(stops, 256) for channel in colour])
        return grey.convert("RGB")

    def stamp(self, body: Image.Image, x: float, y: float) -> None:
        """Put a square picture there, cut to a disc."""
        size = body.width
        mask = Image.new("L", (size * 2, size * 2))
        ImageDraw.Draw(mask).ellipse((1, 1, size * 2 - 2, size * 2 - 2), fill=255)
        self.image.paste(body, (round(x - size / 2), round(y - size / 2)), mask.reduce(2))

    def across(self, points: Sequence[Point], stops: Sequence[Colour]) -> None:
        """Fill a shape with colours that run from its left to its right."""
        box = self._clip(points, 0)
        if box:
            mask, draw, k = self._mask(box)
            self._draw(draw, points, box, k, 255, round_=False)
            size = (box[2] - box[0], box[3] - box[1])
            row = self.gradient(stops, 1, size[0]).transpose(Image.Transpose.ROTATE_90)
            self.image.paste(row.resize(size, NEAREST), box, mask.reduce(k))

    def warp(self, field: Image.Image, strength: float, waves: float = 2) -> Image.Image:
        """Bend a field by smooth waves; strength in parts of its width."""
        wide, high = field.size
        sums = [
            (
                self.chance.uniform(0.5, 1) * waves,
                self.chance.uniform(0.5, 1) * waves,
                self.chance.uniform(0, 6.3),
            )
            for _ in range(6)
        ]

        def bent(x: float, y: float) -> Point:
            u, v = x / wide * 6.3, y / high * 6.3
            dx = sum(math.sin(a * v + b * u * 0.6 + c) for a, b, c in sums[:3]) / 3
            dy = sum(math.sin(a * u - b * v * 0.6 + c) for a, b, c in sums[3:]) / 3
            # Corners stay inside: what lies outside of the field would be black.
            return (
                min(wide - 1.0, max(0.0, x + dx * strength * wide)),
                min(high - 1.0, max(0.0, y + dy * strength * wide)),
            )

        cells = 16
        quads = []
        for row in range(cells):
            for column in range(cells):
                x0, x1 = wide * column // cells, wide * (column + 1) // cells
                y0, y1 = high * row // cells, high * (row + 1) // cells
                if x0 == x1 or y0 == y1:
                    continue
                corners = (*bent(x0, y0), *bent(x0, y1), *bent(x1, y1), *bent(x1, y0))
                quads.append(((x0, y0, x1, y1), corners))
        return field.transform(field.size, Image.Transform.MESH, quads, BICUBIC)

    def _shape(self, points: Sequence[Point], fill: Fill, opacity: float, soft: float, round_: bool) -> None:
        box = self._clip(points, soft * 2.5)
        if not box or opacity <= 0:
            return
        if soft > 2:
            mask = self._soft_mask(points, box, opacity, soft, round_)
        else:
            large, draw, k = self._mask(box)
            self._draw(draw, points, box, k, round(255 * min(1, opacity)), round_)
            mask = large.reduce(k) if k > 1 else large
        self._lay(self._source(fill, points, box), box, mask)

    def _soft_mask(
        self,
        points: Sequence[Point],
        box: tuple[int, int, int, int],
        opacity: float,
        soft: float,
        round_: bool,
    ) -> Image.Image:
        k = max(1 / 32, min(1.0, 4 / soft))
        wide, high = box[2] - box[0], box[3] - box[1]
        small = Image.new("L", (max(1, math.ceil(wide * k)), max(1, math.ceil(high * k))))
        self._draw(ImageDraw.Draw(small), points, box, k, round(255 * min(1, opacity)), round_)
        return small.filter(ImageFilter.GaussianBlur(soft * k)).resize((wide, high), BICUBIC)

    def _draw(
        self,
        draw: ImageDraw.ImageDraw,
        points: Sequence[Point],
        box: tuple[int, int, int, int],
        k: float,
        level: int,
        round_: bool,
    ) -> None:
        moved = [((x - box[0]) * k, (y - box[1]) * k) for x, y in points]
        if round_:
            draw.ellipse([moved[0], moved[1]], fill=level)
        else:
            draw.polygon(moved, fill=level)

    def _source(
        self, fill: Fill, points: Sequence[Point], box: tuple[int, int, int, int]
    ) -> Image.Image | Colour:
        if isinstance(fill[0], int):
            return fill  # type: ignore[return-value]
        top, bottom = min(y for _, y in points), max(y for _, y in points)
        height = max(1, round(bottom - top))
        whole = self.gradient(fill, 1, height)  # type: ignore[arg-type]
        offset = box[1] - round(top)
        column = whole.crop((0, offset, 1, offset + box[3] - box[1]))
        # Beyond the shape's own ends (where it is only soft) the end colours go on.
        if offset < 0:
            column.paste(whole.getpixel((0, 0)), (0, 0, 1, -offset))  # type: ignore[arg-type]
        if offset + box[3] - box[1] > height:
            last = whole.getpixel((0, height - 1))
            column.paste(last, (0, height - offset, 1, box[3] - box[1]))  # type: ignore[arg-type]
        return column.resize((box[2] - box[0], box[3] - box[1]), NEAREST)

    def _mask(self, box: tuple[int, int, int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw, int]:
        k = self._sharpness
        mask = Image.new("L", ((box[2] - box[0]) * k, (box[3] - box[1]) * k))
        return mask, ImageDraw.Draw(mask), k

    def _clip(self, points: Sequence[Point], margin: float) -> tuple[int, int, int, int] | None:
        xs, ys = [x for x, _ in points], [y for _, y in points]
        box = (
            math.floor(min(xs) - margin),
            math.floor(min(ys) - margin),
            math.ceil(max(xs) + margin) + 1,
            math.ceil(max(ys) + margin) + 1,
        )
        return _intersection(box, (0, 0, self.w, self.h))


def _intersection(
    a: tuple[int, int, int, int], b: tuple[int, int, int, int]
) -> tuple[int, int, int, int] | None:
    left, top, right, bottom = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    return (left, top, right, bottom) if left < right and top < bottom else None


# Pillow's gradient reaches 255 in the corners and 181 in the middle of an edge, where the light shall end.
_FALLOFF = Image.radial_gradient("L").point([round(255 * max(0.0, 1 - v / 180) ** 2.2) for v in range(256)])
