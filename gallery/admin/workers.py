"""The worker processes in the admin."""

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from gallery.admin.columns import column
from gallery.admin.read_only import ReadOnlyAdmin
from gallery.formats import age
from gallery.models import State, Worker
from gallery.models.worker import DEAD_AFTER


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Who works, who fell silent, and what each has in hand."""

    list_display = (
        *("name", "alive", "host", "process", "started_at", "seen"),
        *("deaths", "leased", "sending", "storing"),
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

    seen = column("Last heartbeat", lambda worker: f"{age(timezone.now() - worker.seen_at)} ago")
    # About to be sent, calls in flight, and answers on its disk.
    leased = column("Leased", lambda worker: worker.leased_count)
    sending = column("Sending", lambda worker: worker.sending_count)
    storing = column("Storing", lambda worker: worker.storing_count)
