"""The emulator as a process of its own."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from venice.emulator import Emulator


@contextmanager
def running(*flags: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process and the base URL that it printed; killed in the end."""
    command = [sys.executable, "-m", "venice.emulator", "--port", "0", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def generate(url: str, key: str = "k", **fields: object) -> requests.Response:
    body = {"model": "chroma", "prompt": "a lake", "seed": 5, "width": 64, "height": 64, **fields}
    headers = {"Authorization": f"Bearer {key}"}
    return requests.post(f"{url}/image/generate", json=body, headers=headers, timeout=20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_its_first_line_is_its_address_and_it_ends_on_a_signal(number: signal.Signals) -> None:
    with running() as (process, url):
        assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+/api/v1", url)
        assert generate(url).status_code == 200
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(5) == 0
        assert time.monotonic() - began < 5


def test_a_signal_does_not_wait_for_a_slow_call() -> None:
    with running() as (process, url):
        with pytest.raises(requests.Timeout):
            requests.post(
                f"{url}/image/generate",
                json={"model": "chroma", "prompt": "[[fault:slow:60]]"},
                headers={"Authorization": "Bearer k"},
                timeout=0.3,
            )
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(6) == 0


def test_flags() -> None:
    flags = ("--key", "right", "--balance-usd", "0.015", "--rate-limit", "1", "--latency-ms", "120")
    with running(*flags, "--error-budget", "1") as (_, url):
        assert generate(url, "wrong").status_code == 401
        first = generate(url, "right")
        assert first.json()["timing"]["total"] >= 120
        assert first.headers["x-venice-balance-usd"] == "0.015"
        assert first.headers["x-ratelimit-limit-requests"] == "1"
        assert [generate(url, "right").status_code for _ in range(3)] == [402, 402, 429]


def test_two_processes_paint_the_same() -> None:
    digests = set()
    for _ in range(2):
        with running() as (_, url):
            images = generate(url).json()["images"]
            digests.add(hashlib.sha256(images[0].encode()).hexdigest())
    assert len(digests) == 1


def test_a_port_in_use_is_reported_in_one_line() -> None:
    with Emulator() as emulator:
        command = [sys.executable, "-m", "venice.emulator", "--port", str(emulator.port)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=10)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"venice.emulator: port {emulator.port}: ")
    assert ended.stderr.count("\n") == 1


def test_bad_flags_are_refused() -> None:
    for flags in (
        ("--balance-usd", "many"),
        ("--latency-ms", "-1"),
        ("--port", "99999"),
        ("--rate-limit", "-1"),
    ):
        command = [sys.executable, "-m", "venice.emulator", *flags]
        assert subprocess.run(command, capture_output=True, timeout=10).returncode == 2
