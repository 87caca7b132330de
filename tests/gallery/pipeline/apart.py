"""The steps of a test whose database is not the test's own.

Run as `python -m tests.gallery.pipeline.apart prepare COUNT`, or `check`.

`prepare` makes the tables and queues generations; `check` reads the emulator's ledger from stdin, recovers twice and
holds everything against the promise. DATA_DIR and DATABASE_URL say where.
"""

import json
import os
import sys

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "gallery.settings"
    django.setup()
    {"prepare": prepare, "check": check}[sys.argv[1]]()


def prepare() -> None:
    from django.core.management import call_command

    from gallery import catalog
    from gallery.models import User
    from tests.gallery.pipeline.conftest import queue
    from venice import bundled_models

    call_command("migrate", verbosity=0)
    for kind in catalog.LISTS:
        catalog._keep_models([model for model in bundled_models() if model.type == kind], kind)
    alice = User.objects.create_user("alice")
    for number in range(int(sys.argv[2])):
        queue(alice, f"number {number}")


def check() -> None:
    from django.conf import settings

    from gallery.pipeline.worker import WorkerProcess
    from tests.gallery.pipeline.checker import assert_sound
    from venice import Client

    for _ in range(2):
        with Client("key", settings.VENICE_BASE_URL) as client:
            worker_process = WorkerProcess(client)
            worker_process.recover()
            worker_process.close()
    assert_sound(json.load(sys.stdin))


if __name__ == "__main__":
    main()
