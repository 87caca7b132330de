"""Real worker processes on a real database against a real Venice of our own; each is surely ended."""

import os
import signal
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import connection

from gallery.models import ACTIVE_STATES, CatalogModel, Generation, State, User
from gallery.pipeline import reingest, retention
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.pipeline.checker import assert_sound
from venice import Client, Generate
from venice.emulator import Emulator

ROOT = Path(__file__).resolve().parents[3]
KEY = "VENICE_INFERENCE_KEY_canary-0123456789"
TINY = Generate(model="z-image-turbo", prompt="-", width=64, height=64, seed=42, format="webp")


def until(condition: Callable[[], Any], what: str, seconds: float = 60, pause: float = 0.05) -> Any:
    """The first true value of `condition`; states are waited for, not time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what() if callable(what) else what}"
        time.sleep(pause)
    return value


class Process:
    """One `manage.py work` and what it logged."""

    def __init__(self, number: int, folder: Path, environment: dict[str, str]) -> None:
        self.log = folder / f"worker-{number}.log"
        with self.log.open("w") as out:
            self._popen = subprocess.Popen(
                [sys.executable, "manage.py", "work"], cwd=ROOT, env=environment, stdout=out, stderr=out
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def text(self) -> str:
        return self.log.read_text()

    def wait(self, seconds: float = 60) -> int:
        """Its exit status; minus the signal's number when one killed it."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the worker does not end:\n{self.text}") from None

    def runs(self) -> bool:
        return self._popen.poll() is None

    def signal(self, number: int) -> None:
        self._popen.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, also when it is stopped, and wait."""
        if self.runs():
            self._popen.kill()
        self._popen.wait(10)

    def ready(self) -> "Process":
        """Wait until it works, and would take a signal."""
        until(lambda: " at once" in self.text or not self.runs(), lambda: self.text)
        return self

    def stop(self) -> None:
        """SIGTERM; it must end well."""
        self.ready().signal(signal.SIGTERM)
        assert self.wait() == 0, self.text


@dataclass
class Installation:
    """Database, folders and Venice of one test, and the worker processes that it starts."""

    folder: Path
    emulator: Emulator
    environment: dict[str, str]
    processes: list[Process] = field(default_factory=list)

    def work(self, **environment: str) -> Process:
        """Start a worker; keyword arguments are settings of its environment."""
        process = Process(len(self.processes), self.folder, self.environment | environment)
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            process.kill()

    def logs(self) -> str:
        return "\n".join(process.text for process in self.processes)

    def until_ended(self, seconds: float = 60) -> None:
        """Wait until no generation is under way."""
        active = Generation.objects.filter(state__in=ACTIVE_STATES)
        until(lambda: not active.exists(), lambda: f"{active.values('pk', 'state')}\n{self.logs()}", seconds)

    def until_state(self, generation: Generation, *states: str, seconds: float = 60) -> None:
        def reached() -> bool:
            generation.refresh_from_db()
            return generation.state in states

        until(reached, lambda: f"{generation.state}, not {states}\n{self.logs()}", seconds)

    def recover_twice(self) -> None:
        """Two recoveries in this process, as two more workers would do."""
        for _ in range(2):
            with Client(KEY, self.emulator.url) as client:
                worker_process = WorkerProcess(client)
                worker_process.recover()
                reingest.read_asked(worker_process.answers)
                retention.tend(worker_process.spool, worker_process.heart.host)
                worker_process.close()

    def check(self, *, all_ended: bool = True) -> None:
        """Recover twice more, then every invariant; no traceback and no key in any log."""
        self.recover_twice()
        assert_sound(self.emulator.ledger(), all_ended=all_ended)
        logs = self.logs()
        assert "Traceback" not in logs, logs
        assert "canary" not in logs, logs


@pytest.fixture
def installation(
    transactional_db: None,
    models_known: None,
    emulator: Emulator,
    tmp_path: Path,
    settings: LazySettings,
    request: pytest.FixtureRequest,
) -> Iterator[Installation]:
    """An empty installation; its workers are killed before the database is emptied."""
    settings.VENICE_API_KEY = KEY
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VENICE_", "GALLERY_"))}
    environment = kept | {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": database_url(request),
        "VENICE_BASE_URL": emulator.url,
        "VENICE_API_KEY": KEY,
        "VENICE_REQUESTS_PER_MINUTE": "10000",
    }
    running = Installation(tmp_path, emulator, environment)
    yield running
    running.end()


def database_url(request: pytest.FixtureRequest) -> str:
    """The test's own database, as a worker process names it."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    parts = urllib.parse.urlsplit(request.getfixturevalue("postgresql_url"))
    return urllib.parse.urlunsplit(parts._replace(path=f"/{name}"))


def queue(owner: User, prompt: str = "", *, faults: str = "", **changes: Any) -> Generation:
    """A tiny generation with a prompt of its own, which markers of faults may follow."""
    marks = "".join(f"[[fault:{name}]]" for name in faults.split())
    asked = {"prompt": f"{prompt or uuid4().hex} {marks}".strip()} | changes
    operation = Generate.from_payload(TINY.payload() | asked)
    price = CatalogModel.objects.price(operation)
    return Generation.objects.enqueue(owner, operation, price=price)[0]


def states() -> dict[str, int]:
    """How many generations are in each state."""
    states = Generation.objects.order_by().values_list("state", flat=True)
    return {str(State(state)): list(states).count(state) for state in set(states)}
