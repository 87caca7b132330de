"""A real SIGKILL at each step; then a restart, and the promise must hold."""

import json
import signal
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.test import Client

from gallery.models import Attempt, Generation, Outcome, State, User, Worker
from gallery.pipeline.spool import Spool
from tests.gallery.pipeline.conftest import Installation, queue, until
from tests.gallery.pipeline.test_answers import encoded


@dataclass(frozen=True)
class Kill:
    """Where workers are killed, one after the other; what becomes of the generation, and how often it was posted."""

    points: tuple[str, ...]
    state: State
    posts: int
    pictures: int = 0
    faults: str = ""
    variants: int = 1

    def __str__(self) -> str:
        return "+".join(self.points) + (f"-{self.faults}" if self.faults else "")


DONE, INTERRUPTED, FAILED = State.DONE, State.INTERRUPTED, State.FAILED

#: Run always: before, at and after each border between paid and unpaid, on disk and not, committed and not.
SHORT = [
    Kill(("leased",), DONE, 1, 1),
    Kill(("begun",), INTERRUPTED, 0),
    Kill(("flushed",), DONE, 1, 1),
    Kill(("body-half-written",), INTERRUPTED, 1, 1, variants=2),
    Kill(("renamed",), DONE, 1, 1),
    Kill(("rows-written",), DONE, 1, 1),
    Kill(("stored",), DONE, 1, 1),
    Kill(("renamed", "recovery-received"), DONE, 1, 1),
    Kill(("stored",), DONE, 1, 1, faults="cut-picture", variants=2),
    Kill(("kept-noted",), FAILED, 1, faults="html-200"),
]
LONG = [
    Kill(("reading",), DONE, 1, 1),
    Kill(("received", "reading"), DONE, 1, 1),
    Kill(("body-half-written", "salvaged", "reading"), INTERRUPTED, 1, 1, variants=2),
    Kill(("body-half-written", "reading", "reading"), INTERRUPTED, 1, 0, variants=2),
    Kill(("claiming",), DONE, 1, 1),
    Kill(("beginning",), DONE, 1, 1),
    Kill(("sent",), INTERRUPTED, 1),
    Kill(("headers",), INTERRUPTED, 1),
    Kill(("body-written",), DONE, 1, 1),
    Kill(("received",), DONE, 1, 1),
    Kill(("file-written",), DONE, 1, 1),
    Kill(("files-written",), DONE, 1, 4, variants=4),
    Kill(("settling",), FAILED, 1, faults="422"),
    Kill(("settled",), FAILED, 1, faults="422"),
    Kill(("settled",), DONE, 2, 1, faults="500:times=1"),
    Kill(("settled",), FAILED, 1, faults="empty"),
    Kill(("settled",), INTERRUPTED, 1, faults="502"),
    Kill(("put-aside",), FAILED, 1, faults="cut-picture"),
    Kill(("settled", "taken-up"), FAILED, 1, faults="html-200"),
    Kill(("rows-written",), DONE, 1, 1, faults="cut-picture", variants=2),
    Kill(("stored", "recovering"), DONE, 1, 1, faults="cut-picture", variants=2),
    Kill(("salvaged",), INTERRUPTED, 1, 1, faults="truncated", variants=2),
    Kill(("sent", "recovering"), INTERRUPTED, 1),
    Kill(("leased", "recovering"), DONE, 1, 1),
    Kill(("body-half-written", "salvaged"), INTERRUPTED, 1, 1, variants=2),
    Kill(("body-half-written", "settling"), INTERRUPTED, 1, 1, variants=2),
    Kill(("flushed", "flushed"), DONE, 1, 1),
    Kill(("flushed", "promoted"), DONE, 1, 1),
    Kill(("received", "files-written"), DONE, 1, 2, variants=2),
    Kill(("received", "rows-written"), DONE, 1, 1),
    Kill(("renamed", "stored"), DONE, 1, 1),
    Kill(("renamed", "taken-up"), DONE, 1, 1),
    Kill(("renamed", "recovery-received", "files-written", "rows-written", "stored"), DONE, 1, 1),
]


def _killed_and_restarted(installation: Installation, owner: User, kill: Kill) -> None:
    generation = queue(owner, faults=kill.faults, variants=kill.variants)

    for point in kill.points:
        assert installation.work(GALLERY_FAILPOINT=point).wait() == -signal.SIGKILL, installation.logs()
    worker = installation.work()
    installation.until_ended()
    worker.stop()

    installation.check()
    generation.refresh_from_db()
    assert generation.state == kill.state
    assert len(installation.emulator.ledger()) == kill.posts
    assert generation.images.count() == kill.pictures


@pytest.mark.one_in(3)
@pytest.mark.parametrize("kill", SHORT, ids=str)
def test_a_kill_loses_nothing_and_pays_nothing_twice(
    installation: Installation, alice: User, kill: Kill
) -> None:
    _killed_and_restarted(installation, alice, kill)


@pytest.mark.long
@pytest.mark.parametrize("kill", LONG, ids=str)
def test_a_kill_anywhere_loses_nothing(installation: Installation, alice: User, kill: Kill) -> None:
    _killed_and_restarted(installation, alice, kill)


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "points",
    [("read-again",), ("rows-written", "read-again"), ("file-written", "files-written")],
    ids="+".join,
)
def test_a_kill_while_an_answer_is_read_again_loses_nothing(
    installation: Installation, alice: User, points: tuple[str, ...]
) -> None:
    """An answer that was of no use, and that a better reader understands: its stored body is made whole."""
    generation = queue(alice, faults="cut-picture", variants=2)
    worker = installation.work()
    installation.until_ended()
    worker.stop()
    attempt = generation.attempts.get()
    path = Spool(Path(settings.SPOOL_DIR)).put_aside()[attempt.pk]
    head, _, body = path.read_bytes().partition(b"\n")
    answer = json.loads(body)
    good = encoded()[0]
    path.write_bytes(head + b"\n" + json.dumps(answer | {"images": [answer["images"][0], good]}).encode())
    assert Attempt.objects.filter(pk=attempt.pk).ask_reading()

    for point in points:
        assert installation.work(GALLERY_FAILPOINT=point).wait() == -signal.SIGKILL, installation.logs()
    worker = installation.work()
    until(lambda: not Attempt.objects.kept().exists(), installation.logs)
    worker.stop()

    installation.recover_twice()
    generation.refresh_from_db()
    assert (generation.state, generation.error_message) == (State.DONE, "")
    assert [image.index for image in generation.images.order_by("index")] == [0, 1]
    assert list(Path(settings.SPOOL_DIR).glob("*.kept")) == []
    assert len(installation.emulator.ledger()) == 1


@pytest.mark.long
def test_what_kills_its_reader_twice_is_kept_and_read_no_more(
    installation: Installation, alice: User
) -> None:
    generation = queue(alice)
    for _ in range(2):
        dying = installation.work(GALLERY_FAILPOINT="reading")
        assert dying.wait() == -signal.SIGKILL, installation.logs()
    # It would die a third time if it read the answer.
    worker = installation.work(GALLERY_FAILPOINT="reading")
    installation.until_state(generation, State.FAILED)

    assert generation.error_kind == "BadResponse"
    assert "died of it" in generation.error_message
    assert generation.doubtful, "it may have been charged"
    after = queue(alice)
    installation.until_state(after, State.SENDING, State.RECEIVED, State.DONE)
    assert worker.wait() == -signal.SIGKILL, "the next answer is read"
    installation.work()
    installation.until_ended()
    spool = installation.folder / "spool"

    def left() -> list[str]:
        return sorted(path.suffix for path in spool.iterdir() if path.suffix in (".kept", ".reading", ".raw"))

    # The answer of the other one goes after its row is done.
    until(lambda: left() == [".kept"], lambda: f"{left()}")
    installation.check()


def test_what_kills_the_decoder_is_kept_and_the_worker_goes_on(
    installation: Installation, alice: User
) -> None:
    generation = queue(alice)
    worker = installation.work(GALLERY_FAILPOINT="decoding")
    installation.until_state(generation, State.FAILED)

    assert (generation.error_kind, generation.attempts.get().outcome) == ("BadResponse", Outcome.UNKNOWN)
    assert "died of it" in generation.error_message
    worker.stop()
    assert len(list((installation.folder / "spool").glob("*.kept"))) == 1
    installation.check()


@pytest.mark.long
def test_healthz_knows_a_worker_that_only_starts_and_dies(installation: Installation, client: Client) -> None:
    def health() -> tuple[int, str]:
        answer = client.get("/healthz")
        return answer.status_code, answer.content.decode()

    for number in range(4):
        assert installation.work(GALLERY_FAILPOINT="recovering").wait() == -signal.SIGKILL
        assert Worker.objects.order_by("-id")[0].deaths == number
    # Half a minute later the first ones count as dead.
    Worker.objects.filter(deaths__lt=3).update(seen_at=Now() - timedelta(seconds=31))
    assert health() == (503, "worker")

    installation.work().ready()
    assert health() == (503, "worker"), "it has not lived for long either"
    Worker.objects.update(started_at=Now() - timedelta(minutes=2))
    assert health() == (200, "ok")


def test_a_kill_is_felt_by_the_others(installation: Installation, alice: User) -> None:
    """A second worker takes over at once, without a restart of the first."""
    queue(alice, faults="drip:30")
    first = installation.work()
    installation.until_state(Generation.objects.get(), State.SENDING)
    second = installation.work()
    first.kill()

    installation.until_ended(seconds=15)

    second.stop()
    installation.check()
    assert Generation.objects.get().state == State.INTERRUPTED
