"""The soak: how it measures lateness, and forty seconds of it; `make soak` takes ten minutes on each database."""

import json
import signal
import subprocess
import sys

import pytest

from benchmarks.soak.turns import Asked, Downtime, lateness
from tests.gallery.pipeline.conftest import ROOT

ALWAYS = Downtime([])


def asked(pk: int, created: float, finished: float, venice_s: float = 0, images: int = 1) -> Asked:
    return Asked(pk=pk, created=created, finished=finished, venice_s=venice_s, images=images)


def test_lateness_is_what_venice_does_not_explain() -> None:
    assert lateness([asked(1, 100, 103, venice_s=2)], 4, 99, ALWAYS) == {1: 1}
    assert lateness([asked(1, 100, 101, venice_s=2)], 4, 99, ALWAYS) == {1: 0}


def test_a_turn_comes_when_a_slot_is_free() -> None:
    """Two places, three that take 10 s each: the third one's turn is at 110."""
    three = [asked(number, 100, 100 + end, venice_s=10) for number, end in ((1, 10), (2, 10), (3, 25))]
    assert lateness(three, 2, 99, ALWAYS) == {1: 0, 2: 0, 3: 5}
    assert lateness(three, 3, 99, ALWAYS)[3] == 15


def test_a_turn_comes_when_the_minute_has_room() -> None:
    three = [asked(1, 100, 100, images=2), asked(2, 101, 101), asked(3, 102, 170)]
    assert lateness(three, 9, 3, ALWAYS) == {1: 0, 2: 0, 3: 10}
    assert lateness(three, 9, 4, ALWAYS)[3] == 68


def test_a_request_for_more_than_a_minute_goes_when_the_minute_is_empty() -> None:
    assert lateness([asked(1, 100, 100), asked(2, 110, 165, images=4)], 9, 3, ALWAYS)[2] == 5


def test_no_time_passes_while_no_worker_runs() -> None:
    down = Downtime([(130, 140), (105, 110), (108, 120)])
    assert down.running(100, 150) == 25
    assert down.running(112, 118) == 0
    assert down.holds(105)
    assert not down.holds(120)
    assert down.touches(100, 106)
    assert not down.touches(121, 129)
    assert down.running(150, 100) == 0
    assert down.advanced(106, 0) == 120
    assert down.advanced(100, 10) == 125
    # Sent at 100, killed at 105, and so on: 12 s of Venice's end at 127.
    assert lateness([asked(1, 100, 141, venice_s=12)], 4, 99, down) == {1: 4}


@pytest.mark.long
def test_a_short_soak_breaks_no_promise(request: pytest.FixtureRequest) -> None:
    """On a database of its own, of the kind that the other tests use."""
    database = "postgresql" if request.config.getoption("--postgresql") else "sqlite"
    command = [sys.executable, "-m", "benchmarks.soak", "--database", database, "--seconds", "40"]
    with subprocess.Popen(
        [*command, "--kill-every", "5", "--seed", "7"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as soak:
        try:
            out, complaints = soak.communicate(timeout=900)
        finally:
            # Not a kill: it stops what it has started.
            soak.send_signal(signal.SIGTERM)

    assert soak.returncode == 0, f"{complaints}\n{out}"
    report = json.loads(out)
    assert (report["database"], report["broken"]) == (database, 0)
    assert set(report["kills"]) == {"web", "worker"}
    assert report["states"]["done"] > 0
    assert report["states"]["failed"] > 0
    assert report["innocent"] > 0
    assert report["strangers"] >= 40
