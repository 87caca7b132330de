"""Who reads an answer says so, and what kills its readers is read no more."""

import threading
from pathlib import Path

import pytest
from django.db import OperationalError

from gallery.pipeline.spool import Spool
from tests.gallery.pipeline.conftest import until
from venice import BadResponse, ModelGone


class Killed(BaseException):
    """As a process ends, as far as the file can tell."""


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool(tmp_path / "spool")
    spool.open(has_history=False)
    return spool


def marks(spool: Spool) -> list[str]:
    return sorted(path.name for path in spool.folder.glob("*.reading"))


def die(spool: Spool, kind: type[BaseException] = Killed) -> None:
    with pytest.raises(kind), spool.reading(7):
        raise kind


def test_two_deaths_are_enough(spool: Spool) -> None:
    die(spool)
    with spool.reading(7):
        assert marks(spool) == ["7.reading"]
    assert marks(spool) == [], "who comes to the end clears the others too"
    die(spool)
    die(spool)
    with pytest.raises(BadResponse, match="died of it"), spool.reading(7):
        raise AssertionError("it must not be read")
    with spool.reading(8):
        pass
    spool.settle(7, keep=True)
    assert marks(spool) == []


@pytest.mark.parametrize("kind", [OSError, OperationalError, ModelGone])
def test_an_ordinary_failure_is_no_death(spool: Spool, kind: type[Exception]) -> None:
    for _ in range(5):
        die(spool, kind)
    assert marks(spool) == []


@pytest.mark.parametrize("kind", [MemoryError, ZeroDivisionError])
def test_what_nobody_expects_is_one(spool: Spool, kind: type[Exception]) -> None:
    die(spool, kind)
    die(spool, kind)
    die(spool, BadResponse)


def test_readers_take_turns_and_do_not_count_each_other(spool: Spool) -> None:
    inside, go_on, ends = threading.Event(), threading.Event(), []

    def first() -> None:
        with spool.reading(7):
            inside.set()
            go_on.wait(10)

    def second() -> None:
        try:
            with spool.reading(7):
                ends.append("read")
        except FileNotFoundError:
            ends.append("too late")

    threads = [threading.Thread(target=first)]
    threads[0].start()
    assert inside.wait(10)
    threads += [threading.Thread(target=second) for _ in range(3)]
    for thread in threads[1:]:
        thread.start()
    until(lambda: all(thread.is_alive() for thread in threads[1:]), "they do not wait")
    assert ends == []
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(ends) == 3
    assert marks(spool) == []


def test_a_folder_that_cannot_be_written_stops_no_reader(spool: Spool) -> None:
    (spool.folder / "7.reading").mkdir()
    with spool.reading(7):
        pass
