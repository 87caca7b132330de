"""`manage.py work`: a worker alone; any number of them, on any number of hosts."""

import logging
import os
import signal
import sys
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from gallery.exposure import exposed
from gallery.formats import counted
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
        for line in exposed():
            log.warning(line)
        with Client(settings.VENICE_API_KEY or None, settings.VENICE_BASE_URL) as client:
            try:
                worker = WorkerProcess(client)
            except SpoolMissing as error:
                raise CommandError(str(error), returncode=2) from None

            def stop(number: int, frame: FrameType | None) -> None:
                # Straight to the file: what we interrupt may be in the middle of a write to the same stream.
                if worker.is_stopping:
                    # The second signal: leave at once; recovery does the rest.
                    os.write(sys.stderr.fileno(), b"worker: leaving at once\n")
                    os._exit(1)
                worker.is_stopping = True
                if not worker.in_hand:
                    return
                calls, patience = counted(len(worker.in_hand), "paid call"), int(client.deadlines.total)
                line = f"waiting for {calls}, at most {patience} s; "
                os.write(sys.stderr.fileno(), f"{line}again = stop now, they become interrupted\n".encode())

            signal.signal(signal.SIGTERM, stop)
            signal.signal(signal.SIGINT, stop)
            worker.run()
