"""A database of another version is refused in one line, by whatever command, before anything is asked or paid."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from gallery.models import User, schema
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import a_generation
from venice.emulator import Emulator

ROOT = Path(__file__).resolve().parents[3]
NEWER = "9999_from_the_future"


class Installation:
    """A DATA_DIR of our own and the Venice that its commands would call."""

    def __init__(self, data: Path, emulator: Emulator) -> None:
        self.data, self.emulator = data, emulator
        self.environment = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(data),
            "VENICE_API_KEY": "test-key",
            "VENICE_BASE_URL": emulator.url,
            "PORT": "1",
        }

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def sql(self, statement: str) -> None:
        import sqlite3

        with sqlite3.connect(self.data / "gallery.sqlite3") as database:
            database.execute(statement)
        database.close()


@pytest.fixture
def installation(migrated: Path, tmp_path: Path) -> Iterator[Installation]:
    shutil.copytree(migrated, tmp_path / "data")
    with Emulator(port=0) as emulator:
        yield Installation(tmp_path / "data", emulator)


COMMANDS = [
    ["serve"],
    ["web"],
    ["work"],
    ["signin", "admin", "--create"],
    ["sync_catalog"],
    ["check_integrity"],
    ["remake_thumbnails"],
    ["fill_gallery", "--images", "1"],
    ["migrate"],
    ["shell", "-v0", "-c", "from gallery.models import User; print(User.objects.count())"],
]


@pytest.mark.one_in(5)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command[0]))
def test_what_a_newer_version_wrote_is_refused(installation: Installation, command: list[str]) -> None:
    installation.sql(
        f"INSERT INTO django_migrations (app, name, applied) VALUES ('gallery', '{NEWER}', '2030-01-01')"
    )
    installation.environment["PORT"] = str(_free_port())

    done = installation.manage(*command)

    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert NEWER in done.stderr
    assert not done.stdout
    assert installation.emulator.ledger() == []


@pytest.mark.one_in(5)
@pytest.mark.parametrize("is_cut", [False, True], ids=["garbage", "cut"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command[0]))
def test_a_file_that_is_no_whole_database_is_named_in_one_line(
    installation: Installation, command: list[str], is_cut: bool
) -> None:
    installation.environment["PORT"] = str(_free_port())
    file = installation.data / "gallery.sqlite3"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2] if is_cut else b"garbage " * 9000)

    done = installation.manage(*command)

    assert done.returncode in {1, 2}, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert f"{file} is no whole database" in done.stderr
    assert installation.emulator.ledger() == []


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("command", ["web", "work"])
def test_who_serves_but_does_not_migrate_refuses_an_older_one(
    installation: Installation, command: str
) -> None:
    last = max(schema._own_migrations())
    installation.sql(f"DELETE FROM django_migrations WHERE app = 'gallery' AND name = '{last}'")
    installation.environment["PORT"] = str(_free_port())

    done = installation.manage(command)

    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert last in done.stderr
    assert "migrate" in done.stderr


def test_an_entry_of_another_app_is_not_ours_to_judge(installation: Installation) -> None:
    installation.sql(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('axes', '9999_more', '2030-01-01')"
    )
    assert installation.manage("signin", "admin", "--create").returncode == 0


def test_another_python_than_the_site_s_is_told_of_the_right_one(tmp_path: Path) -> None:
    """One without packages stands for the machine's own, which is what a newcomer types."""
    done = subprocess.run(
        [sys.executable, "-S", "manage.py", "signin", "admin"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert ".venv/bin/python manage.py" in done.stderr


@pytest.mark.django_db(transaction=True)
def test_a_worker_stops_when_another_host_migrates(
    worker_process: WorkerProcess, emulator: Emulator, alice: User
) -> None:
    """It has begun with a database of its own version: what waits then is not sent."""
    MigrationRecorder(connection).record_applied("gallery", NEWER)
    try:
        waiting = a_generation(alice)
        started = time.monotonic()
        with pytest.raises(schema.NewerDatabase):
            worker_process.run()
        assert time.monotonic() - started < 30
    finally:
        MigrationRecorder(connection).record_unapplied("gallery", NEWER)
    waiting.refresh_from_db()
    assert waiting.state == "queued"
    assert not waiting.attempts.exists()
