"""Each byte is on the disk before the database hears of it: a kill cannot show that, the order of the calls does."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from gallery.models import State, User
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.pipeline.conftest import queue

pytestmark = pytest.mark.usefixtures("models_known")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of disk and database, in its order; every call is carried out."""
    seen: list[str] = []

    def short(path: Any) -> str:
        path = Path(os.readlink(f"/proc/self/fd/{path}")) if isinstance(path, int) else Path(path)
        if path.is_dir():
            return "spool/" if path.name == "spool" else "media/"
        name = "temporary" if path.name.startswith(".new-") else path.suffix
        return name if path.parent.name == "spool" else f"media {name}"

    def record(module: Any, name: str, verb: str) -> None:
        original = getattr(module, name)

        def recorded(*arguments: Any, **more: Any) -> Any:
            seen.append(f"{verb} {short(arguments[0])}")
            return original(*arguments, **more)

        monkeypatch.setattr(module, name, recorded)

    record(os, "fsync", "fsync")
    record(os, "rename", "rename")
    record(os, "replace", "rename")
    record(os, "unlink", "unlink")

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        verb, _, rest = sql.partition(" ")
        for table in ("generation", "attempt", "image"):
            if verb in ("UPDATE", "INSERT") and f'"gallery_{table}" ' in rest:
                state = next((str(p) for p in params or () if str(p) in State.values), "")
                seen.append(f"{verb.lower()} {table} {state}".strip())
        return result

    with connection.execute_wrapper(watch):
        yield seen


def test_an_answer_is_flushed_before_the_database_hears_of_it(
    worker_process: WorkerProcess, alice: User, calls: list[str]
) -> None:
    generation = queue(alice)
    calls.clear()

    worker_process.step()

    generation.refresh_from_db()
    assert generation.state == State.DONE
    wanted = [
        "update generation sending",
        "insert attempt",
        "fsync .part",
        "rename .part",
        "fsync spool/",
        "update generation received",
        *["fsync media temporary", "rename media temporary", "fsync media/"] * 3,
        "insert image",
        "update generation done",
        "unlink .raw",
    ]
    _in_this_order(calls, wanted)
    assert calls.count("insert image") == 1


def test_recovery_flushes_what_it_promotes(
    worker_process: WorkerProcess, alice: User, calls: list[str]
) -> None:
    queue(alice)
    claimed = worker_process.claim()
    assert claimed is not None
    attempt = worker_process.sender.begin(claimed)
    assert attempt is not None
    with worker_process.spool.part(attempt.pk).open("wb") as sink:
        worker_process.sender.client.send(claimed.operation, sink)
    calls.clear()

    worker_process.recover()

    wanted = ["fsync .part", "rename .part", "fsync spool/", "update generation received", "insert image"]
    _in_this_order(calls, wanted)


def _in_this_order(calls: list[str], wanted: list[str]) -> None:
    rest = iter(calls)
    for step in wanted:
        assert any(call == step for call in rest), f"{step!r} is missing or late in:\n" + "\n".join(calls)
