"""No answer takes more than 400 MB of a worker, whatever it holds, nor do four at once."""

import base64
import gzip
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Pillow

from gallery.models import State, User
from tests.gallery.pipeline.conftest import Installation, queue
from tests.venice.conftest import Script, script

__all__ = ["script"]
pytestmark = pytest.mark.one_database

MB = 1_000_000
MOST = 400 << 20


def repeated(begin: bytes, piece: bytes, size: int, end: bytes, *, missing: int = 0) -> list[bytes]:
    """An answer whose body is `begin`, then `piece` up to about `size` bytes, then `end`, in steps to send.

    Its head tells of `missing` bytes more: it is torn.
    """
    block = piece * max(1, (1 << 20) // len(piece))
    blocks = [block] * max(1, size // len(block))
    length = len(begin) + len(block) * len(blocks) + len(end)
    return [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (length + missing) + begin, *blocks, end]


def noise(side: int) -> bytes:
    """A PNG that hardly packs: about three bytes a pixel."""
    out = BytesIO()
    channels = [Pillow.effect_noise((side, side), 90 + number) for number in range(3)]
    Pillow.merge("RGB", channels).save(out, "PNG", compress_level=0)
    return out.getvalue()


def pictures(side: int, count: int) -> list[bytes]:
    text = b'"' + base64.b64encode(noise(side)) + b'"'
    body = [b'{"id":"x","images":[', text, *[b"," + text] * (count - 1), b"]}"]
    return [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % sum(map(len, body)), *body]


def packed(data: bytes) -> list[bytes]:
    body = gzip.compress(data, 9)
    return [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body), body]


Make = Callable[[], list[bytes]]
NONE = {
    "lists": lambda: repeated(b'{"images":[', b"[],", 80 * MB, b"[]]}"),
    "lists beside": lambda: repeated(b'{"images":["a"],"x":[', b"[],", 80 * MB, b"[]]}"),
    "objects": lambda: repeated(b'{"data":[', b'{"a":1},', 80 * MB, b"{}]}"),
    "names": lambda: repeated(b'{"images":[],"x":{', b'"a":1,', 80 * MB, b'"b":2}}'),
    "numbers": lambda: repeated(b'{"images":[', b"1,", 80 * MB, b"1]}"),
    "depths": lambda: repeated(b'{"images":[', b"[" * 50 + b"]" * 50 + b",", 80 * MB, b"1]}"),
    "nested": lambda: repeated(b'{"images":' + b"[" * 10**6, b" ", MB, b"]" * 10**6 + b"}"),
    "only open": lambda: repeated(b"", b"[", 250 * MB, b""),
    "one text": lambda: repeated(b'{"images":["', b"A", 250 * MB, b'"]}'),
    "one text like a picture": lambda: repeated(b'{"images":["iVBORw0KGgoAAAAN', b"A", 250 * MB, b'"]}'),
    "one escaped text": lambda: repeated(b'{"images":["', b"\\u0041", 250 * MB, b'"]}'),
    "one picture": lambda: repeated(b"\x89PNG\r\n\x1a\n", b"\0", 250 * MB, b""),
    "texts": lambda: repeated(b'{"images":[', b'"a",', 250 * MB, b'"a"]}'),
    "one number": lambda: repeated(b'{"images":[', b"9", 250 * MB, b"]}"),
    "page": lambda: repeated(b"<html>", b"<p>", 250 * MB, b"</html>"),
    "packed lists": lambda: packed(b'{"images":[' + b"[]," * (30 * MB) + b"[]]}"),
    "packed nothing": lambda: packed(bytes(250 * MB)),
}
SOME = {"64 pictures": lambda: pictures(980, 64), "large pictures": lambda: pictures(4400, 3)}
SHORT = ("lists", "one text like a picture", "packed lists")


def highest(pid: int) -> int:
    """The most that a process ever had in memory, in bytes."""
    return int(re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0]) * 1024


@pytest.mark.one_in(3)
@pytest.mark.parametrize("name", SHORT)
def test_an_answer_takes_a_bounded_amount_of_memory(
    installation: Installation, script: Script, alice: User, name: str
) -> None:
    _read(installation, script, alice, NONE[name], times=1, state=State.FAILED)


def test_the_emulators_litter_and_long_heads_are_read(installation: Installation, alice: User) -> None:
    litter, long_head = queue(alice, faults="litter:20"), queue(alice, faults="long-head")
    worker = installation.work()
    installation.until_ended()

    litter.refresh_from_db()
    long_head.refresh_from_db()
    assert (litter.state, long_head.state) == (State.FAILED, State.DONE)
    assert "6666667 pictures; none could be read: Picture 1 of" in litter.error_message
    used = highest(worker.pid)
    worker.stop()
    assert used <= MOST, f"{used >> 20} MiB"
    installation.check()


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in NONE if name not in SHORT])
def test_any_answer_takes_a_bounded_amount_of_memory(
    installation: Installation, script: Script, alice: User, name: str
) -> None:
    _read(installation, script, alice, NONE[name], times=1, state=State.FAILED)


@pytest.mark.long
@pytest.mark.parametrize(
    ("begin", "piece"), [(b'{"images":[', b"[],"), (b'{"images":["iVBORw0KGgoAAAAN', b"A"), (b"", b"[")]
)
def test_a_torn_answer_takes_a_bounded_amount_of_memory(
    installation: Installation, script: Script, alice: User, begin: bytes, piece: bytes
) -> None:
    def make() -> list[bytes]:
        return repeated(begin, piece, 200 * MB, b"", missing=9)

    _read(installation, script, alice, make, times=1, state=State.INTERRUPTED)


@pytest.mark.long
@pytest.mark.parametrize("name", SOME)
def test_large_answers_are_stored_in_a_bounded_amount_of_memory(
    installation: Installation, script: Script, alice: User, name: str
) -> None:
    _read(installation, script, alice, SOME[name], times=2, state=State.DONE)


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["lists", "one text like a picture", "one escaped text", "packed lists", "texts"]
)
def test_four_at_once_do_not_add_up(
    installation: Installation, script: Script, alice: User, name: str
) -> None:
    _read(installation, script, alice, NONE[name], times=4, state=State.FAILED)


def _read(
    installation: Installation, script: Script, owner: User, make: Make, *, times: int, state: State
) -> None:
    script.plays(*make())
    generations = [queue(owner) for _ in range(times)]
    worker = installation.work(VENICE_BASE_URL=script.url).ready()
    for generation in generations:
        installation.until_state(generation, State.DONE, State.FAILED, State.INTERRUPTED, seconds=240)
        assert generation.state == state, generation.error_message
    used = highest(worker.pid)
    worker.stop()
    assert used <= MOST, f"{used >> 20} MiB"
    assert "Traceback" not in worker.text
