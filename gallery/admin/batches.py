"""Clicks in the admin: who asked for what at once, and at which price."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from gallery.admin.reading import ReadOnlyAdmin, pretty_json
from gallery.formats import usd
from gallery.models import Batch


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """One line for each form that was sent."""

    list_display = ("__str__", "owner", "kind", "generations", "cost", "created_at")
    list_filter = ("kind", "owner")
    list_select_related = ("owner",)
    sortable_by = ()
    fields = ("owner", "kind", "title", "cost", "varied", "members", "submission", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        """With the number of generations."""
        return Batch.objects.order_by(*self.ordering).annotate(count=Count("generations"))

    @admin.display(description="Generations")
    def generations(self, batch: Batch) -> int:
        """How many requests it made."""
        return int(getattr(batch, "count", 0))

    @admin.display(description="Price")
    def cost(self, batch: Batch) -> str:
        """In all, as it was shown."""
        return usd(batch.price) or "-"

    @admin.display(description="Axes")
    def varied(self, batch: Batch) -> SafeString:
        """What was varied."""
        return pretty_json(batch.axes)

    @admin.display(description="Generations")
    def members(self, batch: Batch) -> SafeString | str:
        """In their order, each a link to its own page."""
        rows = batch.generations.order_by("position")
        links = ((reverse("admin:gallery_generation_change", args=[row.pk]), str(row)) for row in rows)
        return format_html_join(" ", '<a href="{}">{}</a>', links) or "-"
