"""`manage.py web`: a web server alone; `serve` starts it on a socket that it keeps open itself."""

import faulthandler
import logging
import signal
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from gallery.checks import broken_database, refuse_unusable, unshared
from gallery.models import schema
from gallery.web import server

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Serve the pages, on HOST and PORT, until stopped."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fd", type=int, help="a listening socket that was inherited, by its number")
        parser.add_argument(
            "--watch", type=int, help="a connection that was inherited, of who asks if we answer"
        )

    def handle(self, *args: Any, fd: int | None, watch: int | None, **options: Any) -> None:
        # Not at the top: who asks for help need not hear of static files that are not there yet.
        from gallery.wsgi import application

        # When we hang, whoever watches us asks with it what our threads do: it needs no thread of ours to answer.
        faulthandler.register(signal.SIGUSR1)
        refuse_unusable()
        # Under `serve` the worker says so.
        for warning in unshared() if fd is None else ():
            log.warning(warning)
        # A database that is away may come back; one that is broken or of another version does not change by itself.
        try:
            schema.refuse_older()
        except DatabaseError as error:
            if broken_database(error):
                raise
        connection.close()
        try:
            listener = server.listen(settings.HOST, settings.PORT) if fd is None else socket.socket(fileno=fd)
        except server.CannotListen as error:
            raise CommandError(str(error), returncode=2) from None
        server.run(application, listener, socket.socket(fileno=watch) if watch else None)
