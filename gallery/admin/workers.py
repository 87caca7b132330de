"""The worker processes in the admin."""

from django.contrib import admin
from django.utils import timezone

from gallery.admin.reading import ReadOnlyAdmin
from gallery.models import Worker
from gallery.models.worker import DEAD_AFTER


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Who works, and who fell silent."""

    list_display = ("name", "host", "process", "started_at", "seen_at", "alive")
    ordering = ("-seen_at",)

    @admin.display(boolean=True)
    def alive(self, worker: Worker) -> bool:
        """Whether it was heard of lately."""
        return timezone.now() - worker.seen_at < DEAD_AFTER
