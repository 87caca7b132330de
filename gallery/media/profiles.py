"""Colours as a browser paints them: an ICC profile of ours or of the picture's becomes a way to sRGB.

What says its colours without a profile (gamma, primaries, numbers of CICP) is written as a small profile, so that
there is one way for all of them.
"""

import struct
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

    Change = Callable[[Image.Image], Image.Image]

#: Chromaticities x and y of white, red, green and blue.
Primaries = tuple[float, float, float, float, float, float, float, float]
Matrix = tuple[tuple[float, float, float], ...]

_D65 = (0.3127, 0.329)
_BT709 = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
# By their number in ITU-T H.273.
_PRIMARIES: dict[int, Primaries] = {
    1: _BT709,
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    7: (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    9: (*_D65, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    12: (*_D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
# Of video: browsers take the curve of the screens that it is seen on (BT.1886).
_CURVES: dict[int, tuple[float, ...]] = {
    1: (2.4,),
    4: (2.2,),
    5: (2.8,),
    6: (2.4,),
    8: (1.0,),
    13: _SRGB_CURVE,
    14: (2.4,),
    15: (2.4,),
}
# Bradford's matrix to the responses of the eye's cones, its inverse, and the white that profiles are written for.
_CONES: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_D50 = (0.9642, 1.0, 0.8249)
# A profile that changes no colour by more than this is sRGB under another name.
_SAME = 1


def from_gamma(gamma: float, primaries: Primaries | None = None) -> bytes | None:
    """The profile of a picture encoded with the exponent `gamma` (0.45455 is usual); None for what makes no sense."""
    if not 0.01 <= gamma <= 10:
        return None
    return _write(primaries or _BT709, (1 / gamma,))


def from_cicp(primaries: int, transfer: int) -> bytes | None:
    """The profile of these numbers of H.273; None for sRGB, and for those that no display profile can tell."""
    colours, curve = _PRIMARIES.get(primaries), _CURVES.get(transfer)
    if colours is None or curve is None or (primaries, transfer) == (1, 13):
        return None
    return _write(colours, curve)


def to_srgb(profiles: Iterable[bytes], bands: str) -> "Change | None":
    """How strips of `bands` (L, RGB or CMYK) become RGB by the first profile that can be used; None to leave them.

    A change takes L, RGB, RGBA or CMYK, and gives RGB, or RGBA for RGBA. A profile for other bands is no use.
    """
    from PIL import ImageCms

    for profile in profiles:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            kind = source.profile.xcolor_space.strip()
            if kind == "RGB" and bands != "CMYK":
                return _rgb_change(source)
            if (kind, bands) in (("GRAY", "L"), ("CMYK", "CMYK")):
                return _change(source, bands, "RGB")
            # It is whole and speaks of other bands: a browser looks no further.
            return None
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            continue
    return None


def _rgb_change(source: object) -> "Change | None":
    plain, clear = _change(source, "RGB", "RGB"), _change(source, "RGBA", "RGBA")
    probe = _probe()
    if all(most <= _SAME for _, most in _difference(probe, plain(probe))):
        return None

    def change(strip: "Image.Image") -> "Image.Image":
        return clear(strip) if strip.mode == "RGBA" else plain(strip.convert("RGB"))

    return change


def _change(source: object, before: str, after: str) -> "Change":
    from PIL import ImageCms

    # Perceptual, as browsers do. Our sRGB is of version 2: with one of version 4 black points would be moved.
    transform = ImageCms.buildTransform(
        source,  # type: ignore[arg-type]
        ImageCms.ImageCmsProfile(BytesIO(_srgb())),
        before,
        after,
        ImageCms.Intent.PERCEPTUAL,
    )
    return transform.apply


def _probe() -> "Image.Image":
    """Colours from all over the cube."""
    from PIL import Image

    steps = range(0, 256, 51)
    return Image.frombytes(
        "RGB", (36, 6), bytes(v for r in steps for g in steps for b in steps for v in (r, g, b))
    )


def _difference(one: "Image.Image", other: "Image.Image") -> list[tuple[int, int]]:
    from PIL import ImageChops

    extrema = ImageChops.difference(one, other).getextrema()
    return [(int(low), int(high)) for low, high in extrema]  # type: ignore[misc]


@cache
def _srgb() -> bytes:
    return _write(_BT709, _SRGB_CURVE) or b""


def _write(primaries: Primaries, curve: tuple[float, ...]) -> bytes | None:
    """An ICC profile of version 2; None for primaries that span no colours."""
    try:
        columns = list(zip(*_to_d50(primaries), strict=True))
    except ZeroDivisionError:
        return None
    shape = struct.pack(">4sxxxxHxx", b"para", 3 if len(curve) > 1 else 0) + _fixed(curve)
    tags = {b"wtpt": _xyz(_D50)}
    tags |= {name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), shape)
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content
    head = struct.pack(">IxxxxI4s4s4s", start + len(body), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s28x", 2000, 1, 1, 0, 0, 0, b"acsp") + _fixed(_D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def _fixed(values: tuple[float, ...]) -> bytes:
    bound = (1 << 31) - 1
    return struct.pack(f">{len(values)}i", *(max(-bound, min(bound, round(v * 65536))) for v in values))


def _to_d50(primaries: Primaries) -> Matrix:
    """The matrix from linear red, green, blue to XYZ under D50."""
    white, *colors = (
        (x / y, 1.0, (1 - x - y) / y) for x, y in zip(primaries[::2], primaries[1::2], strict=True)
    )
    columns: Matrix = tuple(zip(*colors, strict=True))
    scale = _apply(_inverse(columns), white)
    rows = (tuple(v * s for v, s in zip(row, scale, strict=True)) for row in columns)
    matrix: Matrix = tuple(rows)  # type: ignore[arg-type]
    ratio = [new / old for new, old in zip(_apply(_CONES, _D50), _apply(_CONES, white), strict=True)]
    cones: Matrix = tuple(tuple(v * r for v in row) for row, r in zip(_CONES, ratio, strict=True))  # type: ignore[misc]
    return _multiply(_multiply(_inverse(_CONES), cones), matrix)


def _apply(matrix: Matrix, vector: Iterable[float]) -> tuple[float, ...]:
    given = tuple(vector)
    return tuple(sum(m * v for m, v in zip(row, given, strict=True)) for row in matrix)


def _multiply(left: Matrix, right: Matrix) -> Matrix:
    columns = [_apply(left, column) for column in zip(*right, strict=True)]
    return tuple(zip(*columns, strict=True))


def _inverse(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return tuple((x / whole, y / whole, z / whole) for x, y, z in rows)
