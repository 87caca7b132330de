"""`manage.py sync_catalog`: models and styles from Venice into the database."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from gallery import catalog
from gallery.formats import counted
from venice import VeniceError


class Command(BaseCommand):
    help = "Fetch the list of models and styles from Venice (free)."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.VENICE_API_KEY and not settings.VENICE_BASE_URL_GIVEN:
            raise CommandError("Set VENICE_API_KEY (or VENICE_BASE_URL for an emulator).", returncode=2)
        # A database that refuses us is to refuse before anything is asked.
        connection.ensure_connection()
        try:
            report = catalog.sync()
        except (VeniceError, catalog.CatalogueUnusable) as error:
            raise CommandError(f"The catalogue was not fetched: {error}") from None
        self.stdout.write(f"{counted(report.models, 'model')}, {counted(report.styles, 'style')}")
