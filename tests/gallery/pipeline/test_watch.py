"""A web server that hangs is noticed, tells what it hung at, and is replaced; one that answers is left alone."""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gallery.pipeline.supervisor import Child
from gallery.pipeline.watch import TRIES, Watch
from tests.gallery.pipeline.test_supervisor import Served, served

__all__ = ["served"]

HANGING = """
import faulthandler, signal
faulthandler.register(signal.SIGUSR1)
print("up", flush=True)
while True:
    pass
"""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def looks(watch: Watch, seconds: float) -> bool:
    """Whether it found silence within so long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if watch.is_silent():
            return True
        time.sleep(0.01)
    return False


def test_who_never_answers_is_found_after_three_tries(listener: socket.socket) -> None:
    began = time.monotonic()
    with closing(Watch(listener, patience=0.2)) as watch:
        assert looks(watch, 30)
    assert time.monotonic() - began >= TRIES * 0.2


@pytest.mark.parametrize("answer", [b"HTTP/1.1 503 Service Unavailable\r\n\r\n", b""])
def test_who_answers_anything_is_there(listener: socket.socket, answer: bytes) -> None:
    seen: list[bytes] = []

    def serve() -> None:
        for _ in range(2):
            with listener.accept()[0] as connection:
                seen.append(connection.recv(200))
                connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    with closing(Watch(listener, patience=1)) as watch:
        while thread.is_alive():
            assert not watch.is_silent()
            time.sleep(0.01)
    assert [each.startswith(b"GET /healthz HTTP/1.1\r\n") for each in seen] == [True, True]


def test_what_hangs_is_written_and_said_in_one_line(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    child = Child("web", [sys.executable, "-c", HANGING], {})
    with caplog.at_level(logging.ERROR):
        child.keep_alive()
        first = child.process
        assert first
        while "up" not in capfd.readouterr().out:
            time.sleep(0.05)
        child.give_up(60)
        assert child.process is first, "it has only begun"
        assert child.runs
        child.give_up(0)
        child.keep_alive()
    assert "most recent call first" in capfd.readouterr().err
    assert [record.getMessage() for record in caplog.records] == [
        "web did not answer for 0 s (what its threads did is written above); starting it again"
    ]
    assert first.returncode == -signal.SIGKILL


@pytest.mark.long
def test_a_site_that_hangs_answers_again(served: Served) -> None:
    served.wait(lambda: served.health() == "ok")
    hung = served.children()["web"]
    assert Path(f"/proc/{hung}").exists()
    os.kill(hung, signal.SIGSTOP)

    deadline = time.monotonic() + 120
    while "web did not answer for 60 s" not in served.log.read_text():
        assert time.monotonic() < deadline, served.log.read_text()
        time.sleep(0.5)
    served.wait(lambda: served.health() == "ok")
    log = served.log.read_text()
    assert "most recent call first" in log
    assert log.count(" error ") == 1
    assert served.children()["web"] != hung
