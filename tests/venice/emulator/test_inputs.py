"""The pictures that requests bring, in whichever clothes; and forms."""

import base64
import struct
import time
import zlib
from typing import Any

import pytest
import requests

from tests.venice.emulator.conftest import Caller, drawn, encoded, opened
from venice.emulator.addresses import is_blocked
from venice.emulator.inputs import read_input
from venice.emulator.replies import Refusal

EDIT = "/image/edit"
FILE = drawn()


def _edit(caller: Caller, image: str, **fields: Any) -> requests.Response:
    return caller.send(EDIT, {"image": image, "prompt": "x", "aspect_ratio": "1:1", **fields})


def _bomb(width: int, height: int) -> bytes:
    """A PNG whose head promises far more than there is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
def test_formats_are_read(caller: Caller, kind: str) -> None:
    assert _edit(caller, encoded(drawn(kind=kind))).status_code == 200


def test_a_url_is_as_long_as_venice_takes_it() -> None:
    """Reading a host name takes long when it is a heap of marks."""
    before = time.thread_time()
    with pytest.raises(Refusal):
        read_input("http://a" + "\u0300" * 20_000 + "\u0323" * 20_000)
    assert time.thread_time() - before < 0.2


def test_base64_is_read_as_leniently_as_venice_does(caller: Caller) -> None:
    plain = _edit(caller, encoded(FILE)).content
    lines = base64.encodebytes(FILE).decode()
    for text in (lines, encoded(FILE).rstrip("="), base64.urlsafe_b64encode(FILE).decode()):
        assert _edit(caller, text).content == plain
    for head in ("data:image/png;base64,", "DATA:;base64,", "data:image/png;charset=utf-8;base64,"):
        assert _edit(caller, head + encoded(FILE)).content == plain


@pytest.mark.parametrize(
    ("file", "status", "text"),
    [
        (b"", 400, ""),
        (b"hello", 400, "The image file is corrupted or unreadable"),
        (FILE[:300], 400, "The image file is corrupted or unreadable"),
        (FILE[:8] + b"\xff" * 500, 400, "The image file is corrupted or unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 400, "The image file is corrupted or unreadable"),
        (drawn(kind="gif", mode="P"), 400, "The image file is corrupted or unreadable"),
        (drawn(63, 2000), 400, "Image dimensions are too small"),
        (drawn(255, 256), 400, "Image dimensions are too small"),
        (_bomb(7681, 4321), 422, "Image exceeds the maximum of 33177600 pixels"),
        (_bomb(60_000, 60_000), 422, "Image exceeds the maximum of 33177600 pixels"),
        (_bomb(100, 2_000_000_000), 422, "Image exceeds the maximum of 33177600 pixels"),
        (_bomb(1000, 1000), 400, "The image file is corrupted or unreadable"),
    ],
)
def test_bad_files_are_refused(caller: Caller, file: bytes, status: int, text: str) -> None:
    answer = _edit(caller, encoded(file))
    assert answer.status_code == status
    assert text in answer.json()["error"]
    assert caller.generate().status_code == 200


def test_a_large_picture_is_refused(caller: Caller) -> None:
    answer = _edit(caller, encoded(drawn(7000, 4000, "webp")))
    assert answer.status_code == 422
    assert "Image exceeds the maximum" in answer.json()["error"]
    assert caller.generate().status_code == 200


@pytest.mark.parametrize(
    "text", ["data:image/svg+xml;base64,AAAA", "data:image/png,AAAA", "data:", "not base64!", "é" * 40]
)
def test_bad_texts_are_refused(caller: Caller, text: str) -> None:
    answer = _edit(caller, text)
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "The image file is corrupted or unreadable"},
    )


BLOCKED = [
    *("localhost", "a.localhost", "127.0.0.1", "127.1", "0x7f.1", "2130706433", "0.0.0.0", "10.1.2.3"),
    *("192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "metadata.google.internal", "printer"),
    *("[::1]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "[2002:7f00:1::]", "224.0.0.1", "db.local"),
    *("LOCALHOST.", "x:99999", "x.com:0", "[::1", ""),
]


@pytest.mark.parametrize("host", BLOCKED)
def test_addresses_inside_are_blocked(caller: Caller, host: str) -> None:
    answer = _edit(caller, f"http://{host}/a.png")
    assert (answer.status_code, answer.json()) == (400, {"error": "The image URL is not allowed"})


@pytest.mark.parametrize("host", ["example.com", "8.8.8.8", "2606:4700::1111", "a.b.co.uk"])
def test_addresses_outside_are_not(host: str) -> None:
    assert not is_blocked(host)


def test_a_public_address_stands_for_a_painted_picture(caller: Caller) -> None:
    first, again, other = (_edit(caller, f"https://example.com/{n}.png").content for n in (1, 1, 2))
    assert first == again != other
    gone = _edit(caller, "https://nowhere.invalid/a.png")
    assert (gone.status_code, gone.json()) == (404, {"error": "The provider could not fetch the input media"})


def test_forms_are_read(caller: Caller) -> None:
    fields = {"prompt": "x", "aspect_ratio": "1:1", "safe_mode": "false", "enhance_prompt": "true"}
    plain = _edit(caller, encoded(FILE)).content
    uploaded = caller.send(EDIT, data=fields, files={"image": ("a.png", FILE, "image/png")})
    assert uploaded.content == plain
    assert caller.emulator.ledger()[1]["charged_usd"] == 0.08
    as_text = caller.send(EDIT, files={n: (None, v) for n, v in {**fields, "image": encoded(FILE)}.items()})
    assert as_text.content == plain
    scaled = caller.send("/image/upscale", data={"scale": "3"}, files={"image": ("a", FILE)})
    assert opened(scaled.content).size == (960, 720)
    cut = caller.send("/image/background-remove", files={"image": ("a", FILE)})
    assert opened(cut.content).mode == "RGBA"


def test_a_form_may_hold_several_files(caller: Caller) -> None:
    def send(count: int, **fields: str) -> requests.Response:
        files = [("images", (f"{number}.png", FILE)) for number in range(count)]
        return caller.send("/image/multi-edit", data={"prompt": "x", **fields}, files=files)

    assert send(3).status_code == 200
    assert send(6, modelId="nano-banana-2-edit").status_code == 200
    assert "images" in send(7, modelId="nano-banana-2-edit").json()["details"]
    assert send(11).json() == {"error": "At most 10 files may be uploaded"}
    text = caller.send("/image/multi-edit", files={"images": (None, encoded(FILE)), "prompt": (None, "x")})
    assert "images" in text.json()["details"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [({"safe_mode": "maybe"}, "safe_mode"), ({"prompt": ""}, "prompt"), ({"image": ""}, "image")],
)
def test_fields_of_forms_are_checked(caller: Caller, fields: dict[str, str], wrong: str) -> None:
    form = {"prompt": "x", "image": encoded(FILE), **fields}
    answer = caller.send(EDIT, files={name: (None, value) for name, value in form.items()})
    assert answer.status_code == 400
    assert wrong in answer.json()["details"]


@pytest.mark.parametrize("scale", ["x", "nan", "inf", "1", "1e999", ""])
def test_numbers_of_forms_are_checked(caller: Caller, scale: str) -> None:
    answer = caller.send("/image/upscale", data={"scale": scale}, files={"image": ("a", FILE)})
    assert answer.status_code == 400
    assert "scale" in answer.json()["details"]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nx'),
        ("multipart/form-data; boundary=b", b"--b\r\nnonsense--b--"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n\xff\r\n--b--',
        ),
        ("multipart/form-data; boundary=" + "b" * 300, b"--b--"),
    ],
)
def test_what_is_no_form_is_refused(caller: Caller, head: str, body: bytes) -> None:
    answer = caller.send(EDIT, data=body, headers={"Content-Type": head})
    assert (answer.status_code, answer.json()) == (400, {"error": "Invalid multipart request"})


def test_files_over_the_limit_get_413(caller: Caller) -> None:
    large = FILE + b"\0" * (25 * 1024 * 1024)
    expected = {"code": "PAYLOAD_TOO_LARGE", "error": "File exceeds the maximum allowed size of 25 MB."}
    for answer in (
        caller.send(EDIT, data={"prompt": "x"}, files={"image": ("a.png", large)}),
        caller.send(EDIT, data={"prompt": "x"}, files={"image": ("a.png", large + b"\0" * (11 << 20))}),
        _edit(caller, encoded(large)),
    ):
        assert (answer.status_code, answer.json()) == (413, expected)


def test_the_content_type_is_one_of_two(caller: Caller) -> None:
    answer = caller.send(EDIT, data=b"x", headers={"Content-Type": "text/plain"})
    assert answer.json() == {"error": "'Content-Type' must be 'application/json' or 'multipart/form-data'"}
    packed = caller.send(EDIT, {"prompt": "x"}, headers={"Content-Encoding": "br"})
    assert (packed.status_code, packed.json()) == (415, {"error": "Invalid request content-type"})
    form = caller.send("/image/generate", files={"prompt": (None, "x")})
    assert form.json() == {"error": "'Content-Type' must be 'application/json'"}
