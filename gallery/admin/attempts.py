"""The ledger in the admin: one line for each POST to Venice."""

from django.contrib import admin

from gallery.admin.columns import column, time_taken, usd_of, whole_text
from gallery.admin.filters import ErrorKindFilter, HostFilter
from gallery.admin.read_only import ReadOnlyAdmin
from gallery.models import Attempt


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """What was sent, what came of it, what it cost."""

    list_display = (
        *("__str__", "generation", "sent_at", "model", "images_asked", "outcome", "status", "error_kind"),
        *("cost", "balance", "took", "host", "emulated"),
    )
    list_filter = ("outcome", HostFilter, ErrorKindFilter, "emulated")
    list_select_related = ("generation",)
    sortable_by = ()
    exclude = ("error_message", "price", "balance_before")
    readonly_fields = ("cost", "balance", "took", "words")

    cost = usd_of("price")
    balance = usd_of("balance_before", "Balance before")
    # From the first byte sent to the last received.
    took = column("Took", lambda attempt: time_taken(attempt.sent_at, attempt.finished_at))
    words = column("Venice's words", lambda attempt: whole_text(attempt.error_message))
