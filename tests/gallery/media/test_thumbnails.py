"""Untrusted bytes become thumbnails, or a clear refusal."""

import ast
import hashlib
import re
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import ExifTags
from PIL import Image as Pillow

import gallery
from gallery.media.containers import bare, ended_jpeg, read_beside
from gallery.media.profiles import from_cicp
from gallery.media.storage import content_type, thumbnail_name
from gallery.media.thumbnails import NO_COLOR, SIZES, UnusablePicture, decode, fitted
from venice.dimensions import sniff


def encoded(form: str, size: tuple[int, int], mode: str = "RGB", color: object = "teal") -> bytes:
    out = BytesIO()
    Pillow.new(mode, size, color).save(out, form)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "AVIF", "GIF"])
@pytest.mark.parametrize("size", [(2048, 1024), (1, 1), (40, 1200), (300, 200), (1842, 1935), (200, 301)])
def test_it_makes_both_thumbnails_from_any_shape(form: str, size: tuple[int, int]) -> None:
    decoded = decode(encoded(form, size))

    assert (decoded.format, decoded.width, decoded.height) == (form.lower(), *size)
    assert tuple(decoded.thumbnails) == SIZES
    for longest, data in decoded.thumbnails.items():
        with Pillow.open(BytesIO(data)) as thumbnail:
            thumbnail.load()
            assert thumbnail.format == "WEBP"
            assert max(thumbnail.size) == min(longest, max(size))
            assert thumbnail.size == fitted(*size, longest)


def test_a_turned_picture_has_thumbnails_of_the_sides_that_are_seen() -> None:
    turned = Pillow.Exif()
    turned[ExifTags.Base.Orientation] = 6
    out = BytesIO()
    Pillow.new("RGB", (1935, 1842)).save(out, "JPEG", exif=turned)

    decoded = decode(out.getvalue())

    assert (decoded.width, decoded.height) == (1842, 1935)
    for longest, data in decoded.thumbnails.items():
        with Pillow.open(BytesIO(data)) as thumbnail:
            assert thumbnail.size == fitted(1842, 1935, longest)


def test_each_size_is_served_from_its_own_folder() -> None:
    digest = hashlib.sha256(b"a picture").hexdigest()

    assert [content_type(thumbnail_name(digest, size)) for size in SIZES] == ["image/webp"] * len(SIZES)
    assert content_type(thumbnail_name(digest, max(SIZES) + 1)) is None


@pytest.mark.parametrize(
    "path", ["media/storage.py", "media/pictures.py", "models/stored.py", "listing/tiles.py"]
)
def test_sizes_are_numbers_in_one_place_alone(path: str) -> None:
    tree = ast.parse((Path(gallery.__file__).parent / path).read_text())

    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    written = [str(each).replace("SHA-256", "") for each in constants]
    assert [each for each in written if re.search(r"\b(256|512)\b", each)] == []


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "I;16"])
def test_it_takes_every_colour_mode(mode: str) -> None:
    assert decode(encoded("PNG", (64, 64), mode, 1)).width == 64


def test_it_finds_the_dominant_colour() -> None:
    picture = Pillow.new("RGB", (100, 100), "#204060")
    picture.paste("#ff0000", (0, 0, 30, 30))
    out = BytesIO()
    picture.save(out, "PNG")

    red, green, blue = (int(decode(out.getvalue()).color[i : i + 2], 16) for i in (1, 3, 5))

    assert (abs(red - 0x20), abs(green - 0x40), abs(blue - 0x60)) < (20, 20, 20)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        encoded("PNG", (64, 64))[:-40],
        encoded("JPEG", (640, 640))[:-200],
        encoded("WEBP", (640, 640))[:-20],
        encoded("GIF", (64, 64))[:-10],
        encoded("AVIF", (64, 64))[:-10],
        encoded("BMP", (64, 64)),
        encoded("TIFF", (64, 64)),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_it_refuses_what_is_not_a_whole_picture(data: bytes) -> None:
    with pytest.raises(UnusablePicture):
        decode(data)


def test_it_refuses_a_bomb_by_its_header() -> None:
    with pytest.raises(UnusablePicture, match="megapixels"):
        decode(encoded("PNG", (7000, 6000), "1", 0))


def test_it_says_what_is_wrong_so_that_a_sentence_can_begin_with_the_picture() -> None:
    with pytest.raises(UnusablePicture, match=r"^cut off$"):
        decode(encoded("JPEG", (640, 640))[:-200])
    with pytest.raises(UnusablePicture, match=r"^no picture that can be read \(.+\)$"):
        decode(b"<svg xmlns='http://www.w3.org/2000/svg'/>")


def test_its_size_and_colour_are_those_of_what_is_seen() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    out = BytesIO()
    Pillow.new("RGB", (600, 400), "teal").save(out, "JPEG", exif=exif)
    hidden = Pillow.new("RGBA", (100, 100), (255, 0, 0, 0))
    hidden.paste((0, 0, 255, 255), (0, 0, 20, 20))
    palette = Pillow.new("P", (100, 100), 0)
    palette.putpalette((255, 0, 0, 0, 0, 255))
    palette.paste(1, (0, 0, 20, 20))
    files = [BytesIO(), BytesIO()]
    hidden.save(files[0], "PNG")
    palette.save(files[1], "PNG", transparency=0)

    turned = decode(out.getvalue())

    assert (turned.width, turned.height) == (400, 600)
    for file in files:
        assert decode(file.getvalue()).color == NO_COLOR


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "how",
    [{}, {"progressive": True}, {"optimize": True}, {"restart_marker_rows": 1}, {"subsampling": 0}],
    ids=str,
)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_an_end_mark_makes_a_cut_jpeg_no_whole_one(mode: str, how: dict[str, Any]) -> None:
    """Decoders fill with grey what was never told, and say nothing."""
    whole = noisy_jpeg(mode, **how)
    assert decode(whole).format == "jpeg"
    # What stands before or behind the mark and means nothing cuts nothing.
    for filled in (whole[:-2] + b"\xff" * 5 + whole[-2:], whole[:-2] + bytes(9) + whole[-2:], whole + whole):
        assert decode(filled).format == "jpeg"
    for share in (0.7, 0.9, 0.97):
        with pytest.raises(UnusablePicture, match=r"^cut off$"):
            decode(cut_off(whole, int(len(whole) * share)))


@pytest.mark.one_in(3)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_cut_where_a_row_ends_is_no_whole_one(mode: str) -> None:
    """There a decoder expects the mark of a restart and skips whatever stands in its place."""
    whole = noisy_jpeg(mode, restart_marker_rows=1)
    scan = whole.rindex(b"\xff\xda")
    rows = list(re.finditer(rb"\xff[\xd0-\xd7]", whole[scan:]))
    assert len(rows) >= 14
    for row in rows:
        for end in (row.start() - 1, row.start(), row.end(), row.end() + 1):
            for with_mark in (True, False):
                with pytest.raises(UnusablePicture, match=r"^cut off$"):
                    decode(cut_off(whole, scan + end, with_mark=with_mark))


def noisy_jpeg(mode: str, **how: Any) -> bytes:
    """320 × 240 pixels of noise, the same each time: every row and block of it differs from grey."""
    noise = Pillow.frombytes("L", (320, 240), Random(7).randbytes(320 * 240))
    out = BytesIO()
    Pillow.merge("RGB", (noise, noise.transpose(Pillow.Transpose.ROTATE_180), noise)).convert(mode).save(
        out, "JPEG", **how
    )
    return out.getvalue()


def cut_off(jpeg: bytes, end: int, *, with_mark: bool = True) -> bytes:
    return jpeg[:end].rstrip(b"\xff") + (b"\xff\xd9" if with_mark else b"")


def test_nothing_stands_behind_what_one_can_see_through() -> None:
    assert decode(encoded("PNG", (64, 64), "RGBA", (255, 0, 0, 0))).color == NO_COLOR
    assert decode(encoded("PNG", (64, 64), "RGBA", (255, 0, 0, 255))).color == "#ff0000"


@pytest.mark.parametrize("size", [(512, 256), (2000, 1500)])
def test_a_wide_profile_is_painted_in_srgb(size: tuple[int, int]) -> None:
    out = BytesIO()
    Pillow.new("RGB", size, (200, 100, 50)).save(out, "PNG", icc_profile=from_cicp(12, 13))

    red, green, blue = (int(decode(out.getvalue()).color[i : i + 2], 16) for i in (1, 3, 5))

    # As CSS Color 4 tells for color(display-p3 .784 .392 .196).
    assert max(abs(red - 215), abs(green - 93), abs(blue - 32)) <= 2


def test_reading_what_stands_beside_never_fails() -> None:
    """Every file cut at every place of its head, and with a byte changed there."""
    exif = Pillow.Exif()
    exif[0x0112] = 8
    for form in ("PNG", "JPEG", "WEBP", "AVIF", "GIF"):
        out = BytesIO()
        Pillow.new("RGB", (40, 30)).save(
            out, form, **({} if form == "GIF" else {"exif": exif, "icc_profile": from_cicp(9, 8)})
        )
        data = out.getvalue()
        for place in range(12, min(len(data), 700)):
            for spoilt in (data[:place], data[:place] + bytes((data[place] ^ 255,)) + data[place + 1 :]):
                if kind := sniff(spoilt):
                    assert 1 <= read_beside(spoilt, kind).orientation <= 8
                    bare(spoilt, kind)
                    ended_jpeg(spoilt)
