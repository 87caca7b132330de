"""Copies that are taken home: what is written into them, what is taken out, and that they look the same."""

import zlib
from collections.abc import Callable
from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageCms, ImageOps

from gallery.media.copies import NotStripped, copied
from tests.odd_pictures import before_end, chunk, encoded, scene, with_chunks

SECRET = b"somebody's secret"
WORDS = 'a heron, "dawn"\nNegative prompt: blurry\nSteps: 20, Seed: 42, Size: 640x480'
WIDE = "夜のヴェネツィア 🌊 " + WORDS
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def turned(value: int) -> Image.Exif:
    """Exif with a turn and something private."""
    found = Image.Exif()
    found[0x0112], found[0x010E] = value, SECRET.decode()
    return found


def frames() -> dict[str, object]:
    return {"save_all": True, "append_images": [scene("RGBA").rotate(90, expand=False)], "duration": 80}


def jpeg(**options: object) -> bytes:
    return encoded(scene(), "JPEG", icc_profile=PROFILE, exif=turned(6), comment=SECRET, **options)


def webp(mode: str = "RGB", **options: object) -> bytes:
    return encoded(scene(mode), "WEBP", exif=turned(6).tobytes(), xmp=SECRET, icc_profile=PROFILE, **options)


KINDS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "png": (
        "png",
        lambda: with_chunks(
            encoded(scene("RGBA"), "PNG", icc_profile=PROFILE, exif=turned(6)),
            chunk(b"tEXt", b"parameters\0" + SECRET),
            chunk(b"zTXt", b"Comment\0\0" + zlib.compress(SECRET)),
        ),
    ),
    "png with a trailer": (
        "png",
        lambda: before_end(encoded(scene("P"), "PNG"), chunk(b"tEXt", b"Comment\0" + SECRET)) + SECRET,
    ),
    "png, animated": ("png", lambda: encoded(scene("RGBA"), "PNG", **frames())),
    "jpeg": ("jpeg", jpeg),
    "jpeg, progressive": ("jpeg", lambda: jpeg(progressive=True) + SECRET),
    "jpeg, bare": ("jpeg", lambda: encoded(scene("L"), "JPEG")),
    "jpeg of four inks": ("jpeg", lambda: encoded(scene("CMYK"), "JPEG")),
    "webp": ("webp", webp),
    "webp, simple": ("webp", lambda: encoded(scene(), "WEBP")),
    "webp, simple, lossless": ("webp", lambda: encoded(scene("RGBA"), "WEBP", lossless=True)),
    "webp, simple, of odd length": ("webp", lambda: encoded(scene("RGB", (31, 7)), "WEBP", quality=1)),
    "webp, lossless": ("webp", lambda: webp("RGBA", lossless=True)),
    "webp, clear": ("webp", lambda: webp("RGBA")),
    "webp, animated": ("webp", lambda: webp("RGBA", **frames())),
}


def painted(data: bytes) -> list[tuple[bytes, str]]:
    """The pixels of every frame, turned as Exif says, and what colours they mean."""
    shown = []
    with Image.open(BytesIO(data)) as picture:
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            frame = ImageOps.exif_transpose(picture)
            profile = picture.info.get("icc_profile") or b""
            shown.append((frame.tobytes() + profile, f"{frame.mode} {frame.size}"))
    return shown


def made(kind: str, carry: str, words: str = WORDS) -> tuple[bytes, bytes, str]:
    form, make = KINDS[kind]
    data = make()
    return data, b"".join(copied(data, form, carry, lambda: words)), form


def told(data: bytes, form: str) -> str:
    """The words as common tools find them: in PNG's `parameters`, else in Exif's UserComment."""
    with Image.open(BytesIO(data)) as picture:
        picture.load()
        if form == "png":
            return str(picture.info["parameters"])
        comment = picture.getexif().get_ifd(0x8769)[0x9286]
    code, rest = comment[:8], comment[8:]
    return rest.decode({b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16-be"}[code])


def described(data: bytes) -> str:
    with Image.open(BytesIO(data)) as picture:
        packet = picture.info["xmp"]
    root = ElementTree.fromstring(packet)
    return next(each.text or "" for each in root.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"))


@pytest.mark.parametrize("words", [WORDS, WIDE], ids=["of ASCII", "of any script"])
@pytest.mark.parametrize("kind", KINDS)
def test_words_are_where_tools_look_and_the_picture_is_the_same(kind: str, words: str) -> None:
    data, copy, form = made(kind, "parameters", words)
    assert told(copy, form) == words
    assert form == "png" or described(copy) == words
    assert painted(copy) == painted(data)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_but_the_picture(kind: str) -> None:
    data, copy, form = made(kind, "nothing")
    assert SECRET not in copy
    assert painted(copy) == painted(data)
    with Image.open(BytesIO(copy)) as picture:
        picture.load()
        assert set(picture.getexif()) <= {0x0112}
        assert not set(picture.info) & {"parameters", "Comment", "comment", "xmp"}
    # What is stripped of it once has nothing more to lose.
    assert b"".join(copied(copy, form, "nothing", str)) == copy


@pytest.mark.parametrize("kind", KINDS)
def test_words_written_twice_are_there_once_and_go_again(kind: str) -> None:
    data, copy, form = made(kind, "parameters", "first words")
    again = b"".join(copied(copy, form, "parameters", lambda: "second words"))
    assert told(again, form) == "second words"
    assert b"first words" not in again
    bare = b"".join(copied(again, form, "nothing", str))
    assert b"second words" not in bare
    assert painted(bare) == painted(data)


@pytest.mark.parametrize("kind", KINDS)
def test_as_it_was_sent_is_to_the_byte(kind: str) -> None:
    data, copy, _ = made(kind, "as-sent")
    assert copy == data


@pytest.mark.parametrize("letter", ["x", "橘", "<"])
def test_the_longest_prompt_still_makes_a_picture(letter: str) -> None:
    words = letter * 32_768
    copy = made("jpeg", "parameters", words)[1]
    found = told(copy, "jpeg")
    assert found[:1000] == words[:1000]
    assert len(found) > 30_000
    assert described(copy)[:1000] == words[:1000]
    for kind in ("png", "webp"):
        data, copy, form = made(kind, "parameters", words)
        assert told(copy, form) == words
        assert painted(copy) == painted(data)


@pytest.mark.parametrize("carry", ["parameters", "nothing"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_cut_or_no_picture_is_handed_on_unless_nothing_else_is_wanted(kind: str, carry: str) -> None:
    data, _, form = made(kind, carry)
    if carry == "nothing":
        for broken, told in ((b"", form), (b"\0" * 100, form), (data, "gif")):
            with pytest.raises(NotStripped):
                copied(broken, told, carry, lambda: WORDS)
        return
    for broken in (b"", b"\0" * 100, data[:5], data[:13], data[:40]):
        b"".join(copied(broken, form, carry, lambda: WORDS))
