"""`manage.py web`: a web server alone; `serve` starts it on a socket that it keeps open itself."""

import faulthandler
import signal
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from gallery.web import server
from gallery.wsgi import application


class Command(BaseCommand):
    help = "Serve the pages, on HOST and PORT, until stopped."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fd", type=int, help="a listening socket that was inherited, by its number")

    def handle(self, *args: Any, fd: int | None, **options: Any) -> None:
        # When we hang, whoever watches us asks with it what our threads do: it needs no thread of ours to answer.
        faulthandler.register(signal.SIGUSR1)
        try:
            listener = server.listen(settings.HOST, settings.PORT) if fd is None else socket.socket(fileno=fd)
        except server.CannotListen as error:
            raise CommandError(str(error), returncode=2) from None
        server.run(application, listener)
