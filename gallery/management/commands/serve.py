"""`manage.py serve`: the whole product in one command."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gallery import supervisor
from gallery.server import CannotListen


class Command(BaseCommand):
    help = "Serve the site with its worker (and the emulator when there is no key); needs nothing before it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--signin", metavar="USER", help="print a sign-in link for USER once the site is up"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            status = supervisor.serve(options["signin"])
        except (supervisor.CannotServe, CannotListen) as error:
            raise CommandError(str(error), returncode=2) from None
        if status:
            raise SystemExit(status)
