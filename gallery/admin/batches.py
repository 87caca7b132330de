"""Clicks in the admin: who asked for what at once, and at which price."""

from dataclasses import replace
from functools import partial

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join

from gallery.admin.actions import FEW, RUN_AGAIN, Plan, action, run_all_again
from gallery.admin.columns import NOTHING, column, pretty_json, usd_of
from gallery.admin.read_only import ReadOnlyAdmin
from gallery.models import Batch, Generation, State

_WAITS = Q(Exists(Generation.objects.filter(batch=OuterRef("pk"), state=State.QUEUED)))


_PAUSE = Plan(
    name="pause",
    question="Pause {what}?",
    done="Paused: {count}. What is under way finishes.",
    fitting=_WAITS & Q(paused_at=None),
    ask_above=FEW,
    act=lambda request, chosen: Batch.objects.filter(pk__in=chosen).pause(),
    noun="click",
    is_final=False,
)
_RESUME = Plan(
    name="resume",
    question="Resume {what}?",
    done="Resumed: {count}.",
    fitting=Q(paused_at__isnull=False),
    ask_above=FEW,
    act=lambda request, chosen: Batch.objects.filter(pk__in=chosen).resume(),
    noun="click",
    is_final=False,
)
_CANCEL = Plan(
    name="cancel",
    question="Cancel what waits of {what}?",
    done="Cancelled: {count} generations. What a worker was quicker to send goes on.",
    fitting=_WAITS,
    act=lambda request, chosen: Generation.objects.filter(batch__in=chosen).cancel(),
    noun="click",
)
_RUN_AGAIN = replace(
    RUN_AGAIN,
    name="run_failed_again",
    fitting=RUN_AGAIN.fitting & Q(pk__in=Generation.objects.needing_attention().values("pk")),
    act=partial(run_all_again, as_clicks=True),
    rows=lambda clicks: Generation.objects.filter(batch__in=clicks.order_by().values("pk")),
)


pause = action("Pause", _PAUSE)
resume = action("Resume", _RESUME)
cancel = action("Cancel what waits", _CANCEL)
run_failed_again = action("Run again what failed", _RUN_AGAIN)


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """One line for each form that was sent."""

    list_display = ("__str__", "owner", "called", "title", "generations", "cost", "paused_at", "created_at")
    list_filter = ("kind", "owner", ("paused_at", admin.EmptyFieldListFilter))
    list_select_related = ("owner",)
    sortable_by = ()
    fields = (
        "owner",
        "called",
        "title",
        "cost",
        "varied",
        "members",
        "submission",
        "paused_at",
        "created_at",
    )
    actions = (pause, resume, cancel, run_failed_again)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        return Batch.objects.order_by(*self.ordering).annotate(count=Count("generations"))

    generations = column("Generations", lambda batch: batch.count)
    called = column("Kind", lambda batch: batch.called)
    # In all, as it was shown.
    cost = usd_of("price")
    varied = column("Axes", lambda batch: pretty_json(batch.axes))

    @admin.display(description="Generations")
    def members(self, batch: Batch) -> str:
        """In their order, each a link to its own page."""
        rows = batch.generations.order_by("position")
        links = ((reverse("admin:gallery_generation_change", args=[row.pk]), str(row)) for row in rows)
        return format_html_join(" ", '<a href="{}">{}</a>', links) or NOTHING
