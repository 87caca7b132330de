"""The worker processes in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from gallery.admin.read_only import ReadOnlyAdmin
from gallery.formats import age
from gallery.models import State, Worker
from gallery.models.worker import DEAD_AFTER


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Who works, who fell silent, and what each has in hand."""

    list_display = (
        "name",
        "alive",
        "host",
        "process",
        "started_at",
        "seen",
        "deaths",
        "leased",
        "sending",
        "storing",
    )
    list_filter = ("host",)
    ordering = ("-seen_at",)
    sortable_by = ()
    readonly_fields = ("alive", "seen", "leased", "sending", "storing")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worker]:
        """With the counts of what is in hand."""
        states = {"leased": State.QUEUED, "sending": State.SENDING, "storing": State.RECEIVED}
        counts = {
            f"{name}_count": Count("generation", filter=Q(generation__state=state))
            for name, state in states.items()
        }
        workers: QuerySet[Worker] = super().get_queryset(request)
        return workers.annotate(**counts)

    @admin.display(boolean=True)
    def alive(self, worker: Worker) -> bool:
        return timezone.now() - worker.seen_at < DEAD_AFTER

    @admin.display(description="Last heartbeat")
    def seen(self, worker: Worker) -> str:
        return f"{age(timezone.now() - worker.seen_at)} ago"

    @admin.display(description="Leased")
    def leased(self, worker: Any) -> int:
        """About to be sent."""
        return int(worker.leased_count)

    @admin.display(description="Sending")
    def sending(self, worker: Any) -> int:
        """Calls in flight."""
        return int(worker.sending_count)

    @admin.display(description="Storing")
    def storing(self, worker: Any) -> int:
        """Answers on its disk."""
        return int(worker.storing_count)
