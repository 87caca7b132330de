"""Pictures from Venice are untrusted bytes: checked, decoded once, made into both thumbnails from that decode."""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 40_000_000
# A WebP takes 16 bytes a pixel to decode, four times what other formats take. One that is larger than any 4K picture
# must hold enough bytes to be a picture; a bomb is a few thousand.
LARGE_WEBP = 17_500_000
PIXELS_PER_BYTE = 40
# Rows that are converted and reduced at a time: a whole picture with an alpha channel would be copied twice.
STRIP = 512
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
                if form == "webp" and width * height > max(LARGE_WEBP, PIXELS_PER_BYTE * len(data)):
                    raise UnusablePicture(f"{width} × {height} pixels cannot come from {len(data)} bytes.")
                # JPEG can skip most of the work of a size that is not needed; other formats ignore this.
                picture.draft("RGB", (1024, 1024))
                # load() and not verify(): verify() passes a JPEG that was cut.
                picture.load()
                ImageOps.exif_transpose(picture, in_place=True)
                thumbnails, color = _thumbnails(picture)
    except UnusablePicture:
        raise
    except Exception as error:  # Pillow raises whatever its plug-ins meet in hostile bytes
        raise UnusablePicture(f"The picture cannot be decoded ({type(error).__name__}).") from error
    # A JPEG that holds several pictures says another name, and is one all the same.
    return Decoded("jpeg" if form == "mpo" else form, width, height, color, thumbnails)


def _thumbnails(picture: "Image.Image") -> tuple[dict[int, bytes], str]:
    """Both sizes as WebP, and the dominant colour."""
    from PIL import Image

    small = _reduced(picture)
    thumbnails: dict[int, bytes] = {}
    for size in (512, 256):
        small.thumbnail((size, size), Image.Resampling.BICUBIC, reducing_gap=1.0)
        out = BytesIO()
        small.save(out, "WEBP", quality=QUALITY, method=METHOD)
        thumbnails[size] = out.getvalue()
    return thumbnails, _dominant(small.convert("RGB"))


def _reduced(picture: "Image.Image") -> "Image.Image":
    """RGB or RGBA, shrunk by a whole factor to what still fills the larger thumbnail."""
    from PIL import Image

    mode, factor = "RGBA" if "A" in picture.getbands() else "RGB", max(1, max(picture.size) // 512)
    width, height = picture.size
    small = Image.new(mode, (-(-width // factor), -(-height // factor)))
    rows = factor * max(1, STRIP // factor)
    for top in range(0, height, rows):
        strip = picture.crop((0, top, width, min(top + rows, height)))
        small.paste(strip.convert(mode).reduce(factor), (0, top // factor))
    return small


def _dominant(picture: "Image.Image") -> str:
    """The commonest colour of a small palette, as #rrggbb."""
    from PIL import Image

    palette = picture.resize((32, 32), Image.Resampling.BOX).quantize(8)
    colors = palette.getcolors() or [(1, 0)]
    _, index = max((count, number) for count, number in colors if isinstance(number, int))
    red, green, blue = (palette.getpalette() or [128] * 3)[index * 3 : index * 3 + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"
