"""The audit of dependencies: what was not looked at is never said to be sound."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOUND = {"name": "one", "version": "1.0", "vulns": []}
SKIPPED = {"name": "two", "skip_reason": "Dependency not found on PyPI and could not be audited: two (2.0)"}
HOLE = {"name": "three", "version": "3.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1"]}]}


def audit(tmp_path: Path, script: str) -> subprocess.CompletedProcess[str]:
    program = tmp_path / "pip-audit"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    command = [sys.executable, ".ci/audit", "some.lock", str(program)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("packages", "status", "says"),
    [
        ([SOUND], 0, "1 of 1 packages audited, 0 known holes"),
        ([SOUND, *[SKIPPED] * 26], 3, "1 of 27 packages audited"),
        ([SOUND, HOLE], 1, "KNOWN HOLE: three 3.0: PYSEC-1 (fixed in 3.1)"),
        ([SKIPPED, HOLE], 1, "NOT AUDITED: two"),
        ([], 3, "0 of 0 packages audited"),
    ],
)
def test_it_passes_only_when_all_was_audited(
    tmp_path: Path, packages: list[object], status: int, says: str
) -> None:
    (tmp_path / "told").write_text(json.dumps({"dependencies": packages, "fixes": []}))
    done = audit(tmp_path, f"cat {tmp_path / 'told'}; exit {int(HOLE in packages)}")
    assert done.returncode == status, done.stdout + done.stderr
    assert says in done.stdout
    assert ("NOT AUDITED" in done.stdout) == (SKIPPED in packages)


@pytest.mark.parametrize("script", ["echo no network >&2; exit 1", "echo '[]'", "kill -9 $$", "echo '{}'"])
def test_one_that_could_not_run_audited_nothing(tmp_path: Path, script: str) -> None:
    done = audit(tmp_path, script)
    assert done.returncode == 3
    assert "NOT AUDITED: some.lock" in done.stdout
    assert not done.stderr


def test_the_check_uses_it() -> None:
    assert ".ci/audit requirements-full.lock" in (ROOT / "Makefile").read_text()
