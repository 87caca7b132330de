"""The ledger in the admin: one line for each POST to Venice."""

from django.contrib import admin
from django.utils.safestring import SafeString

from gallery.admin.filters import ErrorKindFilter, HostFilter
from gallery.admin.read_only import ReadOnlyAdmin, time_taken, whole_text
from gallery.formats import usd
from gallery.models import Attempt


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """What was sent, what came of it, what it cost."""

    list_display = (
        "__str__",
        "generation",
        "sent_at",
        "model",
        "images_asked",
        "outcome",
        "status",
        "error_kind",
        "cost",
        "balance",
        "took",
        "host",
        "emulated",
    )
    list_filter = ("outcome", HostFilter, ErrorKindFilter, "emulated")
    list_select_related = ("generation",)
    sortable_by = ()
    exclude = ("error_message", "price", "balance_before")
    readonly_fields = ("cost", "balance", "took", "words")

    @admin.display(description="Price")
    def cost(self, attempt: Attempt) -> str:
        """By the catalogue, when it was sent."""
        return usd(attempt.price) or "-"

    @admin.display(description="Balance before")
    def balance(self, attempt: Attempt) -> str:
        """As Venice's answer stated it."""
        return usd(attempt.balance_before) or "-"

    @admin.display(description="Took")
    def took(self, attempt: Attempt) -> str:
        """From the first byte sent to the last received."""
        return time_taken(attempt.finished_at - attempt.sent_at if attempt.finished_at else None)

    @admin.display(description="Venice's words")
    def words(self, attempt: Attempt) -> SafeString | str:
        """Of a refusal."""
        return whole_text(attempt.error_message)
