"""Pictures from Venice are untrusted bytes: checked, decoded once, made into both thumbnails from that decode."""

import warnings
from dataclasses import dataclass
from io import BytesIO

MAX_PIXELS = 40_000_000
QUALITY = 80
# libwebp's effort: 2 takes two thirds of the time of the default 4 at the same size on disk within a few percent.
METHOD = 2


class UnusablePicture(Exception):
    """The bytes are not a whole PNG, JPEG or WebP picture of a sane size."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one decode tells: `format` as sniffed, size in pixels, thumbnails as WebP bytes by their longest side."""

    format: str
    width: int
    height: int
    color: str
    thumbnails: dict[int, bytes]


def decode(data: bytes) -> Decoded:
    """Decode `data` once; raises UnusablePicture for anything but a whole picture of at most 40 megapixels."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
                width, height, form = *picture.size, (picture.format or "").lower()
                if width * height > MAX_PIXELS:
                    raise UnusablePicture(
                        f"{width} × {height} pixels are more than {MAX_PIXELS // 1_000_000} megapixels."
                    )
                # JPEG can skip most of the work of a size that is not needed; other formats ignore this.
                picture.draft("RGB", (1024, 1024))
                # load() and not verify(): verify() passes a JPEG that was cut.
                picture.load()
                small = ImageOps.exif_transpose(picture)
    except UnusablePicture:
        raise
    except Exception as error:  # Pillow raises whatever its plug-ins meet in hostile bytes
        raise UnusablePicture(f"The picture cannot be decoded ({type(error).__name__}).") from error
    small = (
        small
        if small.mode in {"RGB", "RGBA"}
        else small.convert("RGBA" if "A" in small.getbands() else "RGB")
    )
    thumbnails: dict[int, bytes] = {}
    for size in (512, 256):
        small.thumbnail((size, size), Image.Resampling.BICUBIC, reducing_gap=1.0)
        out = BytesIO()
        small.save(out, "WEBP", quality=QUALITY, method=METHOD)
        thumbnails[size] = out.getvalue()
    return Decoded(form, width, height, _dominant(small.convert("RGB")), thumbnails)


def _dominant(picture: "object") -> str:
    """The commonest colour of a small palette, as #rrggbb."""
    from PIL import Image

    assert isinstance(picture, Image.Image)  # noqa: S101 - for the type checker
    palette = picture.resize((32, 32), Image.Resampling.BOX).quantize(8)
    colors = palette.getcolors() or [(1, 0)]
    _, index = max((count, number) for count, number in colors if isinstance(number, int))
    red, green, blue = (palette.getpalette() or [128] * 3)[index * 3 : index * 3 + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"
