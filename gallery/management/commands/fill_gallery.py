"""`manage.py fill_gallery --images N`: many pretend pictures, for trying and measuring."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from gallery.formats import counted
from gallery.logs import database_refusal
from gallery.synthetic import MAX_IMAGES, fill


class Command(BaseCommand):
    """Needs a migrated database and nothing else: no catalogue, key, worker or network."""

    help = "Add N pretend pictures with their generations, prompts and members. They never count as money."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        # Read as text: argparse's own complaints come with lines of usage.
        parser.add_argument("--images", metavar="N", required=True, help=f"how many, 1 to {MAX_IMAGES}")
        parser.add_argument(
            "--seed", metavar="S", default="1", help="the same seed gives the same data (default 1)"
        )

    def handle(self, *args: Any, images: str, seed: str, **options: Any) -> None:
        """Exit status 2, with one line on stderr, for a bad number."""
        count, start = _whole("--images", images, 1, MAX_IMAGES), _whole("--seed", seed, 0, 2**63)
        began = reported = time.monotonic()

        def progress(done: int) -> None:
            nonlocal reported
            now = time.monotonic()
            if now - reported >= 2 or done == count:
                reported = now
                rate = round(done / (now - began))
                self.stderr.write(
                    f"{done} of {counted(count, 'picture')}, {rate} a second", self.style.SUCCESS
                )

        try:
            fill(count, start, progress)
        except DatabaseError as error:
            raise CommandError(database_refusal(error)) from None


def _whole(name: str, text: str, low: int, high: int) -> int:
    digits = text.isascii() and text.isdigit() and len(text) <= 20
    if not digits or not low <= int(text) <= high:
        problem = f"{name} must be a whole number from {low} to {high}, not {text[:40]!r}."
        raise CommandError(problem, returncode=2)
    return int(text)
