"""`manage.py work`: a worker alone; any number of them, on any number of hosts."""

import logging
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from gallery.checks import exposed, refuse_unusable, unshared
from gallery.formats import counted
from gallery.logs import as_json
from gallery.models import schema
from venice import Client

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Send queued generations to Venice and store what comes back, until stopped."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        from gallery.pipeline.spool import SpoolMissing
        from gallery.pipeline.worker import WorkerProcess

        if not settings.VENICE_API_KEY and not settings.VENICE_BASE_URL_GIVEN:
            raise CommandError("Set VENICE_API_KEY (or VENICE_BASE_URL for an emulator).", returncode=2)
        refuse_unusable()
        schema.refuse_older()
        for warning in (*exposed(), *unshared()):
            log.warning(warning)
        with Client(settings.VENICE_API_KEY or None, settings.VENICE_BASE_URL) as client:
            try:
                worker = WorkerProcess(client)
            except SpoolMissing as error:
                raise CommandError(str(error), returncode=2) from None

            def stop(number: int, frame: FrameType | None) -> None:
                if worker.is_stopping and number == signal.SIGHUP:
                    # A terminal that closes may say so more than once.
                    return
                if worker.is_stopping:
                    # The second signal: leave at once; recovery does the rest.
                    _say("warning", "worker: leaving at once")
                    os._exit(1)
                worker.is_stopping = True
                if not worker.in_hand:
                    return
                calls, patience = counted(len(worker.in_hand), "paid call"), int(client.deadlines.total)
                message = f"waiting for {calls}, at most {patience} s; "
                _say("info", f"{message}again = stop now, they become interrupted")

            signal.signal(signal.SIGTERM, stop)
            signal.signal(signal.SIGINT, stop)
            # One that is ignored, as after `nohup`, stays so.
            if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
                signal.signal(signal.SIGHUP, stop)
            worker.run()


def _say(level: str, line: str) -> None:
    """From a signal's handler straight to the file: what it interrupts may be in the middle of a write there."""
    line = as_json(level, __name__, line) if settings.LOG_FORMAT == "json" else line
    # A terminal that was closed takes nothing any more.
    with suppress(OSError):
        os.write(sys.stderr.fileno(), f"{line}\n".encode())
