"""Answers that no server should give: each call ends with an error of the client's own, in bounded time and memory."""

import base64
import gzip
import json
import random
import socket
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from tests.venice.emulator.conftest import drawn
from venice import bundled_models, bundled_styles

ROOT = Path(__file__).resolve().parents[2]
PICTURE = base64.b64encode(drawn(kind="webp")).decode()
GOOD = [
    {
        "id": "generate-image-1",
        "images": [PICTURE] * 4,
        "timing": {"total": 5, "inferenceDuration": 4},
        "request": None,
    },
    {"data": [model.raw for model in bundled_models()[:20]], "object": "list"},
    {"data": bundled_styles(), "object": "list"},
    {"data": {"default": "z-image-turbo"}, "object": "list"},
    {"canConsume": True, "balances": {"usd": 1.5, "diem": None}},
    {
        "data": [{"timestamp": "2026-01-01T00:00:00Z", "amount": -0.01, "sku": "x", "units": 1}],
        "nextCursor": "abc",
    },
    {
        "error": "Invalid request parameters",
        "details": {"prompt": {"_errors": ["Required"]}},
        "issues": [{"path": ["a"]}],
    },
    {"error": {"message": "m", "type": "t", "code": None}},
    {"x402Version": 2, "error": "Authentication required", "accepts": []},
]
HEADERS = [
    (
        "Retry-After",
        ["1", "-5", "1e999", "99999999999999999999", "Wed, 21 Oct 2015 07:28:00 GMT", "\xff", "nan"],
    ),
    ("x-ratelimit-reset-requests", ["1766666666666", "30", "0x10", "9" * 400, "-1"]),
    ("x-ratelimit-limit-requests", ["20", "-1", "many", "١٢"]),
    ("x-venice-balance-usd", ["1.5", "NaN", "1e400", "Infinity", "--1"]),
    ("x-venice-is-content-violation", ["true", "false", "maybe", "true, false"]),
    ("x-venice-is-blurred", ["true", "TRUE", ""]),
    ("x-venice-enhanced-prompt", ["%ff%fe%00", "a%20b", "%" * 5000]),
    ("x-venice-model-deprecation-warning", ["gone", "\x1b[31m"]),
    ("x-venice-model-deprecation-date", ["2026-13-45", "2026-01-01T00:00:00Z"]),
    ("Content-Encoding", ["gzip", "br", "deflate", "gzip, gzip", "identity"]),
    ("Content-Type", ["image/png", "text/html", "application/json; charset=utf-16"]),
    ("Transfer-Encoding", ["chunked", "gzip", "chunked, chunked"]),
    ("Content-Length", ["0", "5", "99999999999", "-3", "abc", "1, 2"]),
    ("Location", ["https://example.org/", "file:///etc/passwd"]),
    ("Set-Cookie", ["a=b"]),
]

Mutation = Callable[[random.Random, bytes], bytes]


def _cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _flip(rng: random.Random, data: bytes) -> bytes:
    mutable = bytearray(data)
    for _ in range(rng.randint(1, 20)):
        if mutable:
            mutable[rng.randrange(len(mutable))] = rng.randrange(256)
    return bytes(mutable)


def _insert(rng: random.Random, data: bytes) -> bytes:
    position = rng.randrange(len(data) + 1)
    piece = rng.choice(
        [
            b"\0" * 50,
            b"\xff\xfe",
            b'"',
            b"[" * 5000,
            b"{" * 5000,
            b"9" * 5000,
            b"\\ud800",
            b"NaN",
            b"\xef\xbb\xbf",
        ]
    )
    return data[:position] + piece + data[position:]


def _swap_value(rng: random.Random, data: bytes) -> bytes:
    """Another type where a value stood."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return data
    odd = [None, True, -1, 1e308, "", [], {}, [[]], "x" * 100_000, {"a": {"b": [1]}}, "\u202e\0"]
    node = tree
    for _ in range(rng.randint(1, 4)):
        if not isinstance(node, dict | list) or not node:
            break
        key = rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if rng.random() < 0.5:
            node[key] = rng.choice(odd)
            break
        node = node[key]
    return json.dumps(tree).encode()


def _other(rng: random.Random, data: bytes) -> bytes:
    return rng.choice(
        [
            b"",
            b"<html><title>502 Bad Gateway</title></html>",
            b"[" * 100_000,
            b'{"images":[' + b'"",' * 50_000 + b'""]}',
            b'{"images":["' + b"A" * 2_000_000 + b'"]}',
            b"\x89PNG\r\n\x1a\n" + rng.randbytes(1000),
            b"RIFF\0\0\0\0WEBP" + rng.randbytes(1000),
            rng.randbytes(5000),
            b"null",
            b'"text"',
            json.dumps({"error": "x" * 1_000_000}).encode(),
            json.dumps({"data": [{"id": str(n), "type": "image"} for n in range(20_000)]}).encode(),
        ]
    )


def _packed(rng: random.Random, data: bytes) -> bytes:
    return rng.choice([gzip.compress(data, 1), zlib.compress(data, 1), _bomb(), gzip.compress(data, 1)[:-9]])


@cache
def _bomb() -> bytes:
    return gzip.compress(b'{"images":["' + b"A" * 300_000_000, 9)


MUTATIONS: list[Mutation] = [_cut, _flip, _insert, _swap_value, _swap_value, _other, _packed]
STATUSES = [
    *[200] * 12,
    201,
    204,
    302,
    307,
    400,
    401,
    402,
    403,
    404,
    410,
    413,
    415,
    422,
    429,
    429,
    500,
    502,
    503,
    504,
    599,
    999,
    0,
    -1,
]


def odd_answer(rng: random.Random) -> list[bytes | float]:
    """Bytes to send, with pauses between them."""
    body = json.dumps(rng.choice(GOOD)).encode()
    for _ in range(rng.randint(0, 3)):
        body = rng.choice(MUTATIONS)(rng, body)
    chosen = {name: rng.choice(values) for name, values in rng.sample(HEADERS, rng.randint(0, 5))}
    if rng.random() < 0.7:
        chosen["Content-Length"] = str(len(body))
    head = f"HTTP/1.{rng.choice('110')} {rng.choice(STATUSES)} Text\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in chosen.items())
    if rng.random() < 0.03:
        head += (
            f"x-long: {'y' * 200_000}\r\n"
            if rng.random() < 0.5
            else "".join(f"x-{n}: 1\r\n" for n in range(500))
        )
    if chosen.get("Transfer-Encoding") == "chunked" and rng.random() < 0.7:
        body = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    data = head.encode("utf-8", "replace") + b"\r\n" + body
    if rng.random() < 0.05:
        data = _flip(rng, data)
    if rng.random() < 0.03:
        data = rng.choice([b"", b"\r\n" * 50, b"HTTP/1.1\r\n\r\n", rng.randbytes(300), b"SSH-2.0-x\r\n"])
    if rng.random() < 0.03:
        position = rng.randrange(len(data) + 1)
        return [data[:position], 0.6, data[position:]]
    return [data]


@contextmanager
def serving(seed: int) -> Iterator[str]:
    """A server whose every answer is odd, one after the other from `seed`; yields its base URL."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    over = threading.Event()
    rng = random.Random(seed)

    def serve() -> None:
        while not over.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(
                target=answer, args=(sock, odd_answer(rng), rng.random() < 0.05), daemon=True
            ).start()

    def answer(sock: socket.socket, steps: list[bytes | float], with_reset: bool) -> None:
        with sock:
            try:
                sock.settimeout(5)
                sock.recv(1 << 16)
                for step in steps:
                    if isinstance(step, bytes):
                        sock.sendall(step)
                    else:
                        over.wait(step)
                if with_reset:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def fuzz(seed: int, seconds: float) -> None:
    # Made before the seconds begin.
    _bomb()
    with serving(seed) as url:
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-m", "tests.venice.fuzzing", url, str(seconds)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=False,
        )
    assert done.returncode == 0, f"seed {seed}\n{done.stderr[-5000:]}"
    report = json.loads(done.stdout)
    assert report["most_mb"] < 200, f"seed {seed}: {report}"
    assert report["longest_s"] < 10, f"seed {seed}: {report}"
    # It really met what it should: good answers, useless ones, torn ones and refusals.
    assert {"answered", "BadResponse", "Unanswered", "BadRequest"} <= report["ends"].keys(), report


def test_no_answer_surprises_the_client() -> None:
    fuzz(seed=1, seconds=5)


@pytest.mark.long
def test_no_answer_surprises_the_client_for_minutes() -> None:
    for seed in range(2, 8):
        fuzz(seed, seconds=20)
