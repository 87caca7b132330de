"""Pictures from Venice are untrusted bytes: checked, decoded once, made into both thumbnails from that decode.

Thumbnails, size and colour are what a browser paints: turned, in sRGB, with what is transparent left transparent.
"""

import hashlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, cast

from gallery.formats import sides
from gallery.media.containers import Beside, Key, bare, ended_jpeg, read_beside, tailed_jpeg
from gallery.media.profiles import to_srgb
from venice.dimensions import ImageFormat, sniff

if TYPE_CHECKING:
    from PIL import Image

    Box = tuple[int, int, int, int]

#: Raised when thumbnails, size or colour are made in another way: `manage.py remake_thumbnails` remakes older ones.
RECIPE = 2
#: The longest side of each thumbnail in pixels, the largest first: each of them has a folder of its own.
SIZES = (512, 256)
MAX_PIXELS = 40_000_000
# A WebP takes 16 bytes a pixel to decode, four times what other formats take, and an AVIF nearly as many. One that is
# larger than any 4K picture must hold enough bytes to be a picture; a bomb is a few thousand.
LARGE = 17_500_000
COSTLY = ("webp", "avif")
PIXELS_PER_BYTE = 40
# Pixels that are converted and reduced at a time: a whole picture with an alpha channel would be copied twice.
STRIP = 1 << 20
QUALITY = 80
# libwebp's effort: 2 takes two thirds of the time of the default 4 at the same size on disk within a few percent.
METHOD = 2
# What stands behind a picture that one can see through: nothing, so that it has the page's own ground.
NO_COLOR = "none"
_SEEN_THROUGH = 250
_LINES = 64


class UnusablePicture(Exception):
    """The bytes are not a whole picture of a known format and a sane size.

    Its words stand behind the picture and a colon: "Picture 2 of 4: cut off".
    """


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one decode tells: `format` as sniffed, size in pixels as painted, WebP thumbnails by their longest side.

    Of `difference`, 64 bits, few differ between pictures that look the same.
    """

    format: ImageFormat
    width: int
    height: int
    color: str
    thumbnails: dict[int, bytes]
    difference: int = 0


def fitted(width: int, height: int, size: int) -> tuple[int, int]:
    """The sides in pixels of the thumbnail of that size: of a picture that is no longer than it, its own."""
    longest = max(width, height, size)
    across, down = ((2 * side * size + longest) // (2 * longest) for side in (width, height))
    return max(1, across), max(1, down)


@lru_cache(maxsize=1000)
def widths(width: int, height: int) -> tuple[int, ...]:
    """How wide the thumbnails are, in the order of SIZES; one alone where the smaller would be no narrower."""
    return tuple(dict.fromkeys(fitted(width, height, size)[0] for size in SIZES))


def decode(data: bytes) -> Decoded:
    """Decode `data` once; raises UnusablePicture for anything but a whole picture of at most 40 megapixels.

    What is broken beside the pixels does not matter: then they are decoded without it.
    """
    form = sniff(data)
    if form is None:
        raise UnusablePicture("no picture that can be read (it is neither PNG, JPEG, WebP, AVIF nor GIF)")
    beside = read_beside(data, form)
    first: Exception | None = None
    for version in _versions(data, form):
        try:
            decoded = _decode(version, form, beside)
            if form == "jpeg" and _is_cut(version):
                raise UnusablePicture("cut off")
            return decoded
        except UnusablePicture:
            raise
        except Exception as error:  # Pillow raises whatever its plug-ins meet in hostile bytes
            first = first or error
    if first is not None and "truncated" in str(first).lower():
        raise UnusablePicture("cut off") from first
    raise UnusablePicture("no picture that can be read: its data is broken") from first


def _versions(data: bytes, form: ImageFormat) -> Iterator[bytes]:
    """The bytes as they are, then without what is beside the pixels, then with an end mark that is missing."""
    yield data
    stripped = bare(data, form)
    if stripped and stripped != data:
        yield stripped
    ended = ended_jpeg(stripped) if stripped and form == "jpeg" else None
    if ended and (seen := _digest(ended[0])) and seen == _digest(ended[1]):
        yield ended[0]


def _is_cut(jpeg: bytes) -> bool:
    """Whether its last rows were never told, though it has its end mark: decoders fill them with grey."""
    tailed = tailed_jpeg(jpeg)
    if tailed is None or not (seen := _digest(jpeg, is_rough=True)):
        return False
    return _digest(tailed, is_rough=True) not in (seen, b"")


def _digest(data: bytes, *, is_rough: bool = False) -> bytes:
    """A digest of all pixels of a JPEG; empty when it cannot be decoded or is too large.

    A rough one is of means of 8 × 8 pixels where these come cheaper: whole blocks that are lost change it.
    """
    from PIL import Image

    digest = hashlib.sha256()
    try:
        with Image.open(BytesIO(data), formats=("JPEG",)) as picture:
            _check_size(*picture.size, "jpeg", len(data))
            if is_rough and "progressive" not in picture.info:
                picture.draft(None, (picture.width // 8, picture.height // 8))
            picture.load()
            for top in range(0, picture.height, _LINES):
                lines = picture.crop((0, top, picture.width, min(top + _LINES, picture.height)))
                digest.update(lines.tobytes())
    except Exception:  # as in `decode`, which tells it
        return b""
    return digest.digest()


def _decode(data: bytes, form: ImageFormat, beside: Beside) -> Decoded:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=(form.upper(),)) as picture:
                _check_size(*picture.size, form, len(data))
                width, height = picture.size
                # JPEG can skip most of the work of a size that is not needed; other formats ignore this.
                picture.draft("RGB", (1024, 1024))
                if getattr(picture, "default_image", False):
                    # A PNG with a stand-in for those who know no animations: browsers begin with the animation.
                    picture.seek(1)
                frame = picture.tile[0][1] if form == "gif" else None
                # load() and not verify(): verify() passes a JPEG that was cut.
                picture.load()
                small, turn = _turned(_reduced(picture, beside, frame), _turn(picture, beside))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise UnusablePicture(f"more than {MAX_PIXELS // 1_000_000} megapixels") from error
    sides = (height, width) if turn >= 5 else (width, height)
    thumbnails, color = _thumbnails(small, *sides)
    return Decoded(form, *sides, color, thumbnails, _difference(small))


def _check_size(width: int, height: int, form: ImageFormat, length: int) -> None:
    if width * height > MAX_PIXELS:
        raise UnusablePicture(
            f"{sides(width, height)} pixels are more than {MAX_PIXELS // 1_000_000} megapixels"
        )
    if form in COSTLY and width * height > max(LARGE, PIXELS_PER_BYTE * length):
        raise UnusablePicture(f"{sides(width, height)} pixels cannot come from {length} bytes")


def _turn(picture: "Image.Image", beside: Beside) -> int:
    """1 to 8 as in EXIF. An AVIF tells its turn apart from EXIF, and Pillow gives it as if it stood there."""
    from PIL import ExifTags

    if picture.format != "AVIF":
        return beside.orientation
    turn = picture.getexif().get(ExifTags.Base.Orientation, 1)
    return turn if turn in range(1, 9) else 1


def _turned(picture: "Image.Image", turn: int) -> tuple["Image.Image", int]:
    from PIL.Image import Transpose

    ways = (
        Transpose.FLIP_LEFT_RIGHT,
        Transpose.ROTATE_180,
        Transpose.FLIP_TOP_BOTTOM,
        Transpose.TRANSPOSE,
        Transpose.ROTATE_270,
        Transpose.TRANSVERSE,
        Transpose.ROTATE_90,
    )
    return (picture.transpose(ways[turn - 2]) if turn > 1 else picture), turn


def _thumbnails(small: "Image.Image", width: int, height: int) -> tuple[dict[int, bytes], str]:
    """Each size of a picture of these sides as WebP, and the dominant colour."""
    from PIL import Image

    thumbnails: dict[int, bytes] = {}
    for size in SIZES:
        small = small.resize(fitted(width, height, size), Image.Resampling.BICUBIC, reducing_gap=1.0)
        out = BytesIO()
        small.save(out, "WEBP", quality=QUALITY, method=METHOD)
        thumbnails[size] = out.getvalue()
    return thumbnails, _dominant(small)


def _reduced(picture: "Image.Image", beside: Beside, frame: "Box | None") -> "Image.Image":
    """RGB or RGBA in sRGB, shrunk by a whole factor to what still fills the larger thumbnail.

    Around `frame`, where there is one, nothing is painted.
    """
    from PIL import Image

    width, height = picture.size
    frame = None if frame == (0, 0, width, height) else frame
    paint, mode = _painter(picture, beside, is_clear=frame is not None)
    factor = max(1, max(picture.size) // max(SIZES))
    small = Image.new(mode, (-(-width // factor), -(-height // factor)))
    rows = factor * max(1, STRIP // width // factor)
    for top in range(0, height, rows):
        strip = paint(picture.crop((0, top, width, min(top + rows, height))))
        if frame:
            strip = _framed(strip, (frame[0], max(0, frame[1] - top), frame[2], frame[3] - top))
        small.paste(strip.reduce(factor), (0, top // factor))
    return small


def _framed(strip: "Image.Image", frame: "Box") -> "Image.Image":
    from PIL import Image

    empty = Image.new("RGBA", strip.size)
    box = (frame[0], frame[1], min(frame[2], strip.width), min(frame[3], strip.height))
    if box[0] < box[2] and box[1] < box[3]:
        empty.paste(strip.crop(box), box)
    return empty


def _painter(
    picture: "Image.Image", beside: Beside, *, is_clear: bool
) -> tuple["Callable[[Image.Image], Image.Image]", str]:
    """What turns strips of this picture into RGB or RGBA in sRGB, and which of the two."""
    mode = "RGBA" if is_clear or picture.has_transparency_data else "RGB"
    bands = _bands(picture.mode)
    profiles = beside.profiles
    if picture.format == "AVIF" and "icc_profile" in picture.info:
        profiles = (picture.info["icc_profile"],)
    change = to_srgb(profiles, bands)

    def paint(strip: "Image.Image") -> "Image.Image":
        plain = _eight_bits(strip, beside.key)
        if change is None:
            return plain.convert(mode)
        if bands != "L" or mode == "RGB":
            # A profile is for the colours: those of a palette, and of grey where it is one of RGB.
            return change(plain if bands == "CMYK" or plain.mode == "L" else plain.convert(mode))
        grey = plain.convert("LA")
        painted = change(grey.getchannel("L"))
        painted.putalpha(grey.getchannel("A"))
        return painted

    return paint, mode


def _bands(mode: str) -> str:
    if mode == "CMYK":
        return "CMYK"
    return "L" if mode in ("1", "L", "LA", "La", "I", "F") or mode.startswith("I;16") else "RGB"


def _eight_bits(strip: "Image.Image", key: Key | None) -> "Image.Image":
    """A strip of 8 bits, with the transparent colour where it can be used."""
    if strip.mode.startswith("I;16") or strip.mode in ("I", "F"):
        wide = strip.convert("I")
        grey = wide.point([value >> 8 for value in range(1 << 16)], "L")
        if isinstance(key, int):
            grey.putalpha(wide.point([255 * (value != key) for value in range(1 << 16)], "L"))
        return grey
    if strip.mode == "1":
        strip = strip.convert("L")
    if key is not None and "transparency" in strip.info:
        strip.info["transparency"] = key
    return strip


def _difference(picture: "Image.Image") -> int:
    """A difference hash: of nine by eight greys, whether each is lighter than its neighbour at the right."""
    from PIL import Image

    greys = picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    pairs = (
        (greys[9 * row + column], greys[9 * row + column + 1]) for row in range(8) for column in range(8)
    )
    return sum((left > right) << bit for bit, (left, right) in enumerate(pairs))


def _dominant(picture: "Image.Image") -> str:
    """The commonest colour of a small palette, as #rrggbb, or NO_COLOR: it is painted behind the picture."""
    from PIL import Image

    tiny = picture.resize((32, 32), Image.Resampling.BOX)
    if tiny.mode == "RGBA":
        if cast("tuple[int, int]", tiny.getchannel("A").getextrema())[0] < _SEEN_THROUGH:
            return NO_COLOR
        tiny = tiny.convert("RGB")
    palette = tiny.quantize(8)
    colors = palette.getcolors() or [(1, 0)]
    _, index = max((count, number) for count, number in colors if isinstance(number, int))
    red, green, blue = (palette.getpalette() or [128] * 3)[index * 3 : index * 3 + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"
