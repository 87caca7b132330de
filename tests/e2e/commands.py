"""Management commands of a running site, in one process that stays: to start Django takes longer than most of them."""

import json
import os
import subprocess
import sys
import threading
import traceback
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
# Seconds that one command may take.
PATIENCE = 300.0


class Commands:
    """`manage.py` for one environment, whose process starts with the first command."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None

    def run(self, *arguments: str) -> str:
        """What a management command prints. Raises AssertionError with its traceback when it fails."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.commands"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        process = self._process
        assert process.stdin
        assert process.stdout
        patience = threading.Timer(PATIENCE, process.kill)
        patience.start()
        try:
            process.stdin.write(json.dumps(arguments) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        finally:
            patience.cancel()
        assert answer, f"manage.py {arguments[0]} took too long, or ended its process"
        printed, error = json.loads(answer)
        assert not error, error
        return str(printed).strip()

    def close(self) -> None:
        if self._process:
            # At the end of its input it ends.
            self._process.communicate()


def _serve(orders: IO[str], answers: IO[str]) -> None:
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gallery.settings")
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    for order in orders:
        printed, error = StringIO(), ""
        try:
            with redirect_stdout(printed):
                call_command(*json.loads(order))
        except (Exception, SystemExit):
            error = traceback.format_exc()
        # Like a command of its own, it leaves no lock behind.
        connections.close_all()
        answers.write(json.dumps([printed.getvalue(), error]) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve(sys.stdin, sys.stdout)
