"""`manage.py rebuild_search`: the index of pictures written anew, should it ever differ from them."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from django.db.models import Max

from gallery.formats import counted
from gallery.models import Image, ImageDocument
from gallery.search import index


class Command(BaseCommand):
    """May run while the site does: searches find less meanwhile, and what is stored meanwhile is written twice."""

    help = "Write the search index of all pictures anew."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Triggers first: what changes from then on is followed."""
        with connection.cursor() as cursor:
            index.follow(cursor.execute, connection.vendor)
        index.rebuild(connection, Image.objects.aggregate(newest=Max("pk"))["newest"] or 0)
        self.stdout.write(f"{counted(ImageDocument.objects.count(), 'picture')} can be found.")
