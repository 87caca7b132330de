"""A web server that hangs is noticed, tells what it hung at, and is replaced; one that answers is left alone."""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

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
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Of one connection: ours, and that of the process that is asked."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def looks(watch: Watch, seconds: float) -> bool:
    """Whether it found silence within so long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if watch.is_silent():
            return True
        time.sleep(0.01)
    return False


Ends = tuple[socket.socket, socket.socket]


def test_who_never_answers_is_found_after_three_tries(ends: Ends) -> None:
    began = time.monotonic()
    with closing(Watch(ends[0], patience=0.2)) as watch:
        assert looks(watch, 30)
    assert time.monotonic() - began >= TRIES * 0.2


def test_who_is_gone_does_not_answer(ends: Ends) -> None:
    ends[1].close()
    with closing(Watch(ends[0], patience=0.1)) as watch:
        assert looks(watch, 30)


def test_who_takes_nothing_any_more_is_found(ends: Ends) -> None:
    with suppress(BlockingIOError):
        while True:
            ends[0].send(bytes(65_536), socket.MSG_DONTWAIT)
    with closing(Watch(ends[0], patience=0.1)) as watch:
        assert looks(watch, 30)


def test_who_answers_anything_is_there(ends: Ends) -> None:
    seen: list[bytes] = []

    def serve() -> None:
        for _ in range(5):
            seen.append(ends[1].recv(200))
            ends[1].sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    with closing(Watch(ends[0], patience=0.5)) as watch:
        while thread.is_alive():
            assert not watch.is_silent()
            time.sleep(0.01)
    assert [each.startswith(b"GET /healthz HTTP/1.1\r\n") for each in seen] == [True] * 5


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
def test_a_web_process_that_hangs_is_replaced_and_the_other_is_left_alone(served: Served) -> None:
    served.wait(lambda: served.health() == "ok")
    hung, well = served.children()["web"]
    os.kill(hung, signal.SIGSTOP)

    served.wait(lambda: "web did not answer for 60 s" in served.log.read_text(), 120)
    served.wait(lambda: len(served.children().get("web", [])) == 2)
    assert served.health() == "ok"
    log = served.log.read_text()
    assert "most recent call first" in log
    assert log.count(" error ") == 1
    assert well in served.children()["web"]
    assert hung not in served.children()["web"]
