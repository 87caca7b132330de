"""`manage.py check_integrity`: do rows, files and indexes agree?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gallery.formats import counted
from gallery.media.storage import StorageAway
from gallery.pipeline import integrity


class Command(BaseCommand):
    help = "List what is missing, broken or left over among rows, files and indexes; exit 1 when there is something."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--repair",
            action="store_true",
            help="remake thumbnails, count prompts anew, write what a search finds anew, and move files that belong "
            "to nothing to DATA_DIR/quarantine, or quarantine/ of the bucket",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            remaining = integrity.check(repair=options["repair"], say=self.stdout.write)
        except StorageAway as error:
            raise CommandError(f"Not all could be looked at: {error.strerror}", returncode=2) from None
        if remaining:
            self.stderr.write(f"Left: {counted(remaining, 'problem')}.")
            raise SystemExit(1)
        self.stdout.write("Rows, files and indexes agree.")
