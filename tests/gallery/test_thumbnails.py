"""Untrusted bytes become thumbnails, or a clear refusal."""

from io import BytesIO

import pytest
from PIL import Image as Pillow

from gallery.thumbnails import UnusablePicture, decode


def encoded(form: str, size: tuple[int, int], mode: str = "RGB", color: object = "teal") -> bytes:
    out = BytesIO()
    Pillow.new(mode, size, color).save(out, form)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(2048, 1024), (1, 1), (40, 1200), (300, 200)])
def test_it_makes_both_thumbnails_from_any_shape(form: str, size: tuple[int, int]) -> None:
    decoded = decode(encoded(form, size))

    assert (decoded.format, decoded.width, decoded.height) == (form.lower(), *size)
    for longest, data in decoded.thumbnails.items():
        with Pillow.open(BytesIO(data)) as thumbnail:
            thumbnail.load()
            assert thumbnail.format == "WEBP"
            assert max(thumbnail.size) == min(longest, max(size))


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
        encoded("GIF", (64, 64)),
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
