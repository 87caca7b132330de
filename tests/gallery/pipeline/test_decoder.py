"""Hostile pictures: liars, bombs, cut files, polyglots; and a decoder that is killed at its work."""

import base64
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image as Pillow

from gallery.media.decoder import Decoder
from gallery.media.profiles import from_cicp
from gallery.media.thumbnails import RECIPE, UnusablePicture
from gallery.models import State, User
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.pipeline.checker import picture_problems
from tests.gallery.pipeline.conftest import Installation, queue, until
from tests.venice.conftest import Script, answer, script

__all__ = ["script"]
pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    running = Decoder()
    yield running
    running.close()


def picture(
    kind: str = "PNG", size: tuple[int, int] = (300, 200), mode: str = "RGB", **more: object
) -> bytes:
    out = BytesIO()
    Pillow.new(mode, size).save(out, kind, **more)
    return out.getvalue()


def noise(kind: str, size: tuple[int, int] = (300, 200), **more: object) -> bytes:
    out = BytesIO()
    Pillow.effect_noise(size, 90).convert("RGB").save(out, kind, **more)
    return out.getvalue()


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, data: bytes = b"", *, depth: int = 8, color: int = 0) -> bytes:
    """A PNG by hand, which may say anything of itself."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", data or zlib.compress(b""))
        + _chunk(b"IEND", b"")
    )


def zeros(width: int, height: int) -> bytes:
    """A whole grey PNG: a few kilobytes that become megabytes."""
    row = b"\0" * (width + 1)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return png(width, height, data)


def webp_header(width: int, height: int) -> bytes:
    """An extended WebP that says its canvas is this large."""
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


#: Made when they are asked for: some take a second, and whoever only looks for tests asks for none.
HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"not a picture",
    "html": lambda: b"<html><script>alert(1)</script></html>",
    "svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "bmp": lambda: picture("BMP"),
    "tiff": lambda: picture("TIFF"),
    "ico": lambda: picture("ICO", (32, 32)),
    "postscript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "png header alone": lambda: b"\x89PNG\r\n\x1a\n",
    "png that is a gif": lambda: b"\x89PNG\r\n\x1a\n" + picture("GIF"),
    "png of 40 000 × 40 000": lambda: png(40_000, 40_000),
    "png of no height": lambda: png(100, 0),
    "png of 2 147 483 647": lambda: png(2**31 - 1, 2**31 - 1),
    "png without its data": lambda: png(100, 100),
    "png of 41 megapixels": lambda: zeros(41_000, 1_000),
    "png cut": lambda: noise("PNG")[:-2000],
    "jpeg cut": lambda: noise("JPEG")[:-2000],
    "jpeg cut early": lambda: noise("JPEG")[:300],
    "webp cut": lambda: noise("WEBP", lossless=True)[:-2000],
    "webp of 16 383 × 16 383": lambda: webp_header(16_383, 16_383),
    "webp of 2²⁴ × 2²⁴": lambda: webp_header(1 << 24, 1 << 24),
    "webp of 39 megapixels": lambda: picture("WEBP", (6300, 6300), method=0),
    "webp of 39 megapixels, with alpha": lambda: picture("WEBP", (6300, 6300), "RGBA", lossless=True),
    "gif of 65 535 × 65 535": lambda: picture("GIF")[:6] + b"\xff" * 4 + picture("GIF")[10:],
    "gif whose frame is of 65 535 × 65 535": lambda: picture("GIF").replace(
        b"\x2c\0\0\0\0" + struct.pack("<HH", 300, 200), b"\x2c\0\0\0\0" + b"\xff" * 4
    ),
    "gif cut": lambda: noise("GIF")[:-2000],
    "avif of 39 megapixels": lambda: picture("AVIF", (6300, 6300), speed=10),
    "avif cut": lambda: noise("AVIF")[:-2000],
    "profile bomb without pixels": lambda: png(8, 8).replace(
        struct.pack(">I", 0) + b"IEND", struct.pack(">I", 50) + b"iCCP" + b"x" * 10
    ),
    "text chunk bomb": lambda: png(8, 8).replace(
        struct.pack(">I", 0) + b"IEND",
        _chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 50_000_000, 9)) + struct.pack(">I", 0) + b"IEND",
    ),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_sane_picture_is_refused(decoder: Decoder, make: Callable[[], bytes]) -> None:
    data = make()
    began = time.monotonic()
    with pytest.raises(UnusablePicture):
        decoder.decode(data)
    assert time.monotonic() - began < 20


SOUND: dict[str, tuple[Callable[[], bytes], str]] = {
    "png": (lambda: picture(), "png"),
    "jpeg": (lambda: picture("JPEG"), "jpeg"),
    "webp": (lambda: picture("WEBP"), "webp"),
    "gif": (lambda: picture("GIF"), "gif"),
    "avif": (lambda: picture("AVIF"), "avif"),
    "avif of 17 megapixels, with alpha": (
        lambda: picture("AVIF", (4180, 4180), "RGBA", subsampling="4:4:4", speed=10),
        "avif",
    ),
    "gif of 39 megapixels": (lambda: picture("GIF", (6300, 6300)), "gif"),
    "animated gif": (
        lambda: picture("GIF", save_all=True, append_images=[Pillow.new("RGB", (300, 200), "red")] * 50),
        "gif",
    ),
    "grey": (lambda: picture(mode="L"), "png"),
    "black and white": (lambda: picture(mode="1"), "png"),
    "16 bit": (lambda: picture(mode="I;16"), "png"),
    "palette": (lambda: picture(mode="P"), "png"),
    "palette with transparency": (lambda: picture(mode="P", transparency=0), "png"),
    "grey with alpha": (lambda: picture(mode="LA"), "png"),
    "cmyk": (lambda: picture("JPEG", mode="CMYK"), "jpeg"),
    "progressive": (lambda: noise("JPEG", progressive=True), "jpeg"),
    "animated webp": (
        lambda: picture("WEBP", save_all=True, append_images=[Pillow.new("RGB", (300, 200), "red")]),
        "webp",
    ),
    "several jpegs in one": (
        lambda: picture("MPO", save_all=True, append_images=[Pillow.new("RGB", (300, 200), "red")]),
        "jpeg",
    ),
    "one pixel": (lambda: picture(size=(1, 1)), "png"),
    "30 000 wide": (lambda: zeros(30_000, 1_000), "png"),
    "one line of 30 000": (lambda: zeros(30_000, 1), "png"),
    "4k": (lambda: picture("WEBP", (4096, 4096), method=0), "webp"),
    "larger than 4k": (lambda: noise("WEBP", (5000, 4000), quality=30, method=0), "webp"),
    "39 megapixels with alpha": (lambda: picture(size=(6300, 6300), mode="RGBA"), "png"),
    "html behind it": (lambda: picture() + b"<html><script>alert(1)</script></html>", "png"),
    "zip behind it": (lambda: picture("JPEG") + b"PK\x03\x04" + b"x" * 100, "jpeg"),
}


@pytest.mark.one_in(4)
@pytest.mark.parametrize(("make", "kind"), SOUND.values(), ids=SOUND.keys())
def test_an_odd_picture_is_stored_as_what_it_is(
    decoder: Decoder, make: Callable[[], bytes], kind: str
) -> None:
    decoded = decoder.decode(make())

    assert decoded.format == kind
    for size, thumbnail in decoded.thumbnails.items():
        with Pillow.open(BytesIO(thumbnail)) as small:
            assert small.format == "WEBP"
            assert max(small.size) == min(size, max(decoded.width, decoded.height))


def _child(decoder: Decoder) -> int:
    assert decoder._pool is not None
    return next(iter(decoder._pool._processes))


def test_a_decoder_that_is_killed_is_replaced(decoder: Decoder) -> None:
    decoder.decode(picture())
    before = _child(decoder)

    os.kill(before, signal.SIGKILL)

    assert decoder.decode(picture()).format == "png"
    assert _child(decoder) != before


def test_a_decoder_that_is_killed_at_its_work_does_it_again(decoder: Decoder) -> None:
    """The picture is not to blame for who killed it."""
    decoder.decode(picture())
    child = _child(decoder)
    os.kill(child, signal.SIGSTOP)
    formats = []
    thread = threading.Thread(target=lambda: formats.append(decoder.decode(noise("PNG")).format))
    thread.start()
    until(lambda: decoder._turn.locked(), "it does not begin")
    os.kill(child, signal.SIGKILL)
    thread.join(30)

    assert formats == ["png"]


def test_a_decoder_that_hangs_is_given_up() -> None:
    hanging = Decoder(patience=0.5)
    try:
        hanging.patience = 30
        hanging.decode(picture())
        child = _child(hanging)
        os.kill(child, signal.SIGSTOP)
        hanging.patience = 0.5
        with pytest.raises(UnusablePicture, match="longer"):
            hanging.decode(picture())
        assert not Path(f"/proc/{child}").exists()
        hanging.patience = 30
        assert hanging.decode(picture()).format == "png"
    finally:
        hanging.close()


def test_its_child_is_bounded(decoder: Decoder) -> None:
    decoder.decode(picture())

    assert resource.prlimit(_child(decoder), resource.RLIMIT_AS)[0] <= 1 << 30
    assert resource.prlimit(_child(decoder), resource.RLIMIT_CORE)[0] == 0
    assert resource.prlimit(_child(decoder), resource.RLIMIT_NOFILE) == (32, 32)
    assert resource.prlimit(_child(decoder), resource.RLIMIT_FSIZE) == (0, 0)
    assert 0 < resource.prlimit(_child(decoder), resource.RLIMIT_CPU)[0] < 1000


def test_its_child_holds_no_secret_and_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENICE_API_KEY", "key-of-nobody")
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:word@nowhere/none")
    apart = Decoder()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.set_inheritable(True)
        try:
            apart.decode(picture())
            proc = Path(f"/proc/{_child(apart)}")

            assert not (proc / "environ").read_bytes().strip(b"\0")
            assert "NoNewPrivs:\t1\n" in (proc / "status").read_text()
            descriptors = {int(entry.name): str(entry.readlink()) for entry in (proc / "fd").iterdir()}
            others = [name for number, name in descriptors.items() if number > 2]
            assert all(name.startswith("pipe:") or name == "/dev/null" for name in others), descriptors
        finally:
            apart.close()


def test_its_child_is_in_a_network_of_its_own(decoder: Decoder) -> None:
    """As far as the kernel grants one to who asks, which a process that only asks for it shows."""
    if not any(_may_unshare(*asked) for asked in (["--net"], ["--user", "--net"])):
        pytest.skip("the kernel gives this account no network of its own")
    decoder.decode(picture())

    assert _network(_child(decoder)) != _network(os.getpid())
    interfaces = Path(f"/proc/{_child(decoder)}/net/dev").read_text().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]


def _may_unshare(*asked: str) -> bool:
    try:
        return subprocess.run(["unshare", *asked, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        pytest.skip("util-linux tells whether the kernel gives a network of one's own")


def _network(process: int) -> str:
    return os.readlink(f"/proc/{process}/ns/net")


@pytest.mark.usefixtures("models_known")
def test_what_cannot_be_decoded_is_kept_beside_what_can(
    worker_process: WorkerProcess, script: Script, alice: User
) -> None:
    images = [base64.b64encode(data).decode() for data in (png(40_000, 40_000), picture("WEBP"))]
    script.plays(answer(json.dumps({"images": images}).encode()))
    worker_process.sender.client = type(worker_process.sender.client)("test-key", script.url)
    generation = queue(alice, variants=2)

    worker_process.step()

    generation.refresh_from_db()
    assert generation.state == State.DONE
    assert [image.index for image in generation.images.all()] == [1]
    assert len(list(worker_process.spool.folder.glob("*.kept"))) == 1


@pytest.mark.usefixtures("models_known")
def test_what_came_unasked_or_with_broken_metadata_is_stored_as_it_came(
    worker_process: WorkerProcess, script: Script, alice: User
) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    files = [
        picture("JPEG", exif=exif),
        picture("WEBP", exif=b"Exif\0\0LoremIpsum"),
        picture("GIF"),
        picture("AVIF"),
    ]
    script.plays(answer(json.dumps({"images": [base64.b64encode(data).decode() for data in files]}).encode()))
    worker_process.sender.client = type(worker_process.sender.client)("test-key", script.url)
    generation = queue(alice, variants=4)

    worker_process.step()

    images = list(generation.images.order_by("index"))
    assert [image.format for image in images] == ["jpeg", "webp", "gif", "avif"]
    assert [(image.width, image.height) for image in images] == [(200, 300)] + [(300, 200)] * 3
    assert {image.recipe for image in images} == {RECIPE}
    for image, data in zip(images, files, strict=True):
        with default_storage.open(image.name) as file:
            assert file.read() == data
        problems = list(picture_problems(image))
        assert not problems


def _memory(pid: int) -> int:
    """Resident bytes of a process and its children, at their highest."""
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = dict(line.split(":", 1) for line in (entry / "status").read_text().splitlines())
            except OSError:
                continue
            if pid in (int(status["Pid"]), int(status["PPid"])) and "VmHWM" in status:
                total += int(status["VmHWM"].split()[0]) * 1024
    return total


@pytest.mark.long
def test_what_costs_most_does_not_fill_the_memory(
    installation: Installation, script: Script, alice: User
) -> None:
    profile = from_cicp(12, 13)
    _decode_in_bounds(
        installation,
        script,
        alice,
        [
            HOSTILE["avif of 39 megapixels"](),
            HOSTILE["text chunk bomb"](),
            zeros(1_300, 30_000),
            picture("AVIF", (4180, 4180), "RGBA", subsampling="4:4:4", speed=10),
            picture(size=(6300, 6300), mode="RGBA", icc_profile=profile),
        ],
    )


@pytest.mark.long
def test_bombs_do_not_fill_the_memory(installation: Installation, script: Script, alice: User) -> None:
    bombs = [make() for name, make in HOSTILE.items() if " of " in name or "bomb" in name]
    wide = [zeros(30_000, 1_300), zeros(1_300, 30_000)]
    # Just under every limit, in the modes that cost most.
    large = [picture(size=(6300, 6300), mode=mode) for mode in ("RGBA", "LA", "P", "I;16", "1")]
    large.append(picture("WEBP", (4180, 4180), method=0))
    large.append(picture("GIF", (6300, 6300)))
    large.append(picture("AVIF", (4180, 4180), "RGBA", subsampling="4:4:4", speed=10))
    profile = from_cicp(12, 13)
    large.append(picture(size=(6300, 6300), mode="RGBA", icc_profile=profile))
    large.append(picture("JPEG", (6300, 6300), "CMYK", icc_profile=profile))
    _decode_in_bounds(installation, script, alice, [*bombs, *wide, *large])


def _decode_in_bounds(installation: Installation, script: Script, owner: User, files: list[bytes]) -> None:
    for data in files:
        script.plays(answer(json.dumps({"images": [base64.b64encode(data).decode()]}).encode()))
        queue(owner)
    worker = installation.work(VENICE_BASE_URL=script.url).ready()

    installation.until_ended()

    used = _memory(worker.pid)
    worker.stop()
    assert used <= 400 << 20, f"{used >> 20} MiB"
    assert "Traceback" not in worker.text
