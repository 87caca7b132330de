"""Images to send, from wherever they are: what is read, what is seen of it, what is refused."""

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.venice.heads import jpeg, png, webp
from venice import Edit, InputImage, InvalidRequest, RemoveBackground, StyleReference, Upscale
from venice.dimensions import pixel_size, sniff_input
from venice.operations import operation_from
from venice.sources import MAX_FILE, read_image

PICTURE = png(640, 480)
ENCODED = base64.b64encode(PICTURE).decode()


def _refused(make: Callable[[], Any], field: str = "image") -> str:
    with pytest.raises(InvalidRequest) as caught:
        make()
    assert list(caught.value.field_errors) == [field]
    return caught.value.field_errors[field]


@pytest.mark.parametrize(
    ("data", "form", "size"),
    [
        (png(640, 480), "png", (640, 480)),
        (jpeg(640, 480), "jpeg", (640, 480)),
        (jpeg(640, 480)[:25], "jpeg", None),
        (b"\xff\xd8\xff" + b"\xff" * 5000, "jpeg", None),
        (b"\xff\xd8\xff\xe0\x00\x00" * 50, "jpeg", None),
        (webp(b"VP8X", b"\x00\x00\x00\x00\x7f\x02\x00\xdf\x01\x00"), "webp", (640, 480)),
        (webp(b"VP8 ", b"\x00\x00\x00\x9d\x01\x2a\x80\x02\xe0\x01"), "webp", (640, 480)),
        (webp(b"VP8L", b"\x2f\x7f\xc2\x77\x00" + b"\x00" * 5), "webp", (640, 480)),
        (webp(b"VP8L", b"\x2f"), "webp", None),
        (webp(b"????", b"\x00" * 10), "webp", None),
        (b"\x89PNG\r\n\x1a\n", "png", None),
        (png(0, 480), "png", None),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "heif", None),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", "avif", None),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00mp41", None, None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None, None),
        (b"GIF89a", None, None),
        (b"", None, None),
    ],
)
def test_format_and_size_are_read_from_the_first_bytes(
    data: bytes, form: str | None, size: tuple[int, int] | None
) -> None:
    assert sniff_input(data) == form
    assert pixel_size(data, sniff_input(data)) == size


def test_each_kind_of_source_is_the_same_image(tmp_path: Path) -> None:
    path = tmp_path / "picture of a gondola.bin"
    path.write_bytes(PICTURE)
    folded = "\n".join(ENCODED[start : start + 40] for start in range(0, len(ENCODED), 40))
    sources: list[Any] = [
        PICTURE,
        bytearray(PICTURE),
        memoryview(PICTURE),
        path,
        str(path),
        f"data:image/png;base64,{ENCODED}",
        f"DATA:;base64,{folded}",
        f"data:image/png;charset=utf-8;base64,{ENCODED}",
        read_image(PICTURE),
    ]
    images = {read_image(source) for source in sources}
    assert images == {InputImage(PICTURE, "", "png", 640, 480)}
    assert RemoveBackground(image=path).payload() == {"image": ENCODED}


def test_what_was_read_does_not_change_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(PICTURE)
    operation = Upscale(image=path)
    path.write_bytes(b"something else")
    assert operation.payload()["image"] == ENCODED
    path.unlink()
    assert operation.payload()["image"] == ENCODED


def test_a_url_is_left_to_venice() -> None:
    for url in ("https://example.org/a.png?b=c", "HTTP://8.8.8.8/a", "https://[2606:4700::1111]/x"):
        assert Edit(image=url, prompt="p").payload()["image"] == url
        assert RemoveBackground(image=url).payload() == {"image_url": url}


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "https://",
        "http:///path",
        "http://exa mple.org/",
        "http://example.org/\n",
        "https://example.org/ü",
        "https://[::1",
        "http://127.0.0.1/x",
        "http://10.0.0.7/x",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/x",
        "http://localhost:8000/x",
        "http://db.internal/x",
        "https://example.org/" + "x" * 2048,
    ],
)
def test_a_url_that_venice_cannot_fetch_is_refused(url: str) -> None:
    assert "URL" in _refused(lambda: Edit(image=url, prompt="p"))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("/no/such/file.png", "No such file"),
        ("/", "cannot be read|is not a file"),
        ("a\x00b", "no path"),
        (ENCODED * 200, "cannot be read"),
        (b"", "empty"),
        ("", "cannot be read"),
        (b"GIF89a" + b"x" * 90, "PNG, JPEG, WebP"),
        (b"<svg/>", "PNG, JPEG, WebP"),
        ("data:image/png,raw", "base64"),
        ("data:image/png;base64,####", "broken"),
        ("data:image/png;base64,", "empty"),
        (None, "must be a path"),
        (7, "must be a path"),
        (["x"], "must be a path"),
        (PICTURE + b"\x00" * MAX_FILE, "25 MB"),
        ("data:;base64," + "A" * (MAX_FILE * 2 + 2000), "25 MB"),
    ],
    ids=range(16),
)
def test_what_is_no_image_is_refused(source: Any, words: str) -> None:
    import re

    message = _refused(lambda: RemoveBackground(image=source))
    assert re.search(words, message), message
    assert len(message) < 400


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "not a file" in _refused(lambda: Upscale(image=tmp_path / "pipe"))


def test_a_large_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.write(PICTURE)
        file.truncate(10 * 1024**3)
    assert "25 MB" in _refused(lambda: Upscale(image=path))


@pytest.mark.parametrize(
    ("size", "edit", "upscale", "style"),
    [
        ((256, 256), True, True, True),
        ((255, 256), False, False, True),
        ((63, 2000), False, True, True),
        ((64, 1024), True, True, True),
        ((4096, 4096), True, True, True),
        ((4097, 4096), True, False, True),
        ((7680, 4320), True, False, True),
        ((7681, 4320), False, False, False),
    ],
)
def test_each_operation_has_its_bounds_of_pixels(
    size: tuple[int, int], edit: bool, upscale: bool, style: bool
) -> None:
    image = png(*size)
    for allowed, make in (
        (edit, lambda: Edit(image=image, prompt="p")),
        (upscale, lambda: Upscale(image=image)),
        (style, lambda: StyleReference(image=image)),
    ):
        if allowed:
            make()
        else:
            assert f"{size[0]} x {size[1]}" in _refused(make)


def test_not_being_strict_leaves_only_what_cannot_be_sent() -> None:
    assert Edit(image=b"a new format", prompt="p", strict=False).payload()["image"]
    assert Edit(image=png(1, 1), prompt="p", strict=False)
    assert Edit(image="http://127.0.0.1/x", prompt="p", strict=False)
    for source in (b"", None, "/no/such/file", "https://", "data:x"):
        _refused(lambda source=source: Edit(image=source, prompt="p", strict=False))  # type: ignore[misc]


def test_bytes_are_never_shown() -> None:
    operation = Edit(image=PICTURE, prompt="p")
    assert repr(operation.picture) == f"InputImage(png, 640x480, {len(PICTURE)} bytes)"
    assert "IHDR" not in repr(operation)
    assert "secret" not in repr(read_image("https://example.org/?token=secret"))
    assert "unknown" in repr(read_image(b"\x89PNG\r\n\x1a\n"))


def test_an_image_that_names_a_file_is_checked_and_priced_but_not_sent() -> None:
    named = InputImage(format="png", width=640, height=480, sha256="ab" * 32, size=len(PICTURE))
    edit, upscale = Edit(image=named, prompt="p"), Upscale(image=named, scale=4)

    assert [entry.image for entry in edit.inputs] == [named]
    assert edit.payload(images=False) == Edit(image=PICTURE, prompt="p").payload(images=False)
    assert upscale.effective_scale == Upscale(image=PICTURE, scale=4).effective_scale
    assert named.encoded_size == read_image(PICTURE).encoded_size
    assert repr(named) == f"InputImage(png, 640x480, {len(PICTURE)} bytes)"
    with pytest.raises(ValueError, match="cannot be sent"):
        edit.payload()
    assert operation_from("edit", edit.payload(images=False), [PICTURE]) == Edit(image=PICTURE, prompt="p")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"width": 63}, "at least 64 pixels a side"),
        ({"width": 9000, "height": 9000}, "at most 33177600 pixels"),
        ({"size": 26 * 1024 * 1024}, "larger than 25 MB"),
        ({"size": 0}, "is empty"),
        ({"format": None}, "no image in a format that Venice takes"),
    ],
)
def test_an_image_that_names_a_file_has_the_bounds_of_others(changes: dict[str, Any], words: str) -> None:
    described: dict[str, Any] = {
        "format": "png",
        "width": 640,
        "height": 480,
        "sha256": "ab" * 32,
        "size": 1000,
    }
    assert words in _refused(lambda: Edit(image=InputImage(**described | changes), prompt="p"))
