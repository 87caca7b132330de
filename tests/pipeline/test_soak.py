"""Half a minute of load with random kills of web and worker; `make soak` takes ten."""

import json
import subprocess
import sys

import pytest
from django.db import connection

from tests.pipeline.conftest import ROOT


def test_a_short_soak_breaks_no_promise() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("it brings its own SQLite installation: once is enough")
    command = [sys.executable, "benchmarks/soak.py", "--seconds", "30", "--kill-every", "4", "--seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400)

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["broken"] == 0
    assert set(told["kills"]) == {"web", "worker"}
    assert told["states"]["done"] > 0
