"""Clicks in the admin: who asked for what at once, and at which price."""

import uuid
from typing import Any, cast

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from gallery import access
from gallery.admin.actions import FEW, MANY, MANY_PAID, Bill, Plan, carry_out, not_run_again
from gallery.admin.read_only import ReadOnlyAdmin, pretty_json
from gallery.formats import usd
from gallery.media.pictures import LostFile
from gallery.models import Batch, Generation, State, User

_WAITS = Q(Exists(Generation.objects.filter(batch=OuterRef("pk"), state=State.QUEUED)))


def _pause_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return sum(batch.pause() for batch in Batch.objects.filter(pk__in=chosen))


def _resume_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return sum(batch.resume() for batch in Batch.objects.filter(pk__in=chosen))


def _cancel_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return Generation.objects.filter(batch__in=chosen).cancel()


def _run_failed_again(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    """`chosen` are generations; those of one batch become one again. Stops at the pace of who asks.

    Raises PriceRefused, before anything is queued, when they cost more than the confirmation said.
    """
    started, user = 0, cast(User, request.user)
    rows = not_run_again(chosen)
    if not rows:
        return 0
    bill = Bill.of(rows)
    bill.check(request)
    for batch in Batch.objects.filter(generations__in=rows).distinct().order_by("pk"):
        prices = {
            row.pk: bill.prices[row.pk] for row in rows if row.batch_id == batch.pk and row.pk in bill.prices
        }
        try:
            with transaction.atomic():
                access.check_pace(user)
                made = batch.run_again(user, prices, submission=uuid.uuid5(form_id, str(batch.pk)))
        except access.TooManySubmissions as error:
            messages.warning(request, f"{error} Try the rest again in {error.retry_after} s.")
            break
        except LostFile:
            messages.warning(
                request, f"A picture that batch {batch.pk} starts from is lost; nothing was sent of it."
            )
            continue
        started += len(made)
    return started


_PAUSE = Plan(
    name="pause",
    question="Pause {what}?",
    done="Paused: {count}. What is under way finishes.",
    fitting=_WAITS & Q(paused_at=None),
    most=MANY,
    ask_above=FEW,
    act=_pause_all,
    noun="click",
    is_final=False,
)
_RESUME = Plan(
    name="resume",
    question="Resume {what}?",
    done="Resumed: {count}.",
    fitting=Q(paused_at__isnull=False),
    most=MANY,
    ask_above=FEW,
    act=_resume_all,
    noun="click",
    is_final=False,
)
_CANCEL = Plan(
    name="cancel",
    question="Cancel what waits of {what}?",
    done="Cancelled: {count} generations. What a worker was quicker to send goes on.",
    fitting=_WAITS,
    most=MANY,
    ask_above=0,
    act=_cancel_all,
    noun="click",
)
_RUN_AGAIN = Plan(
    name="run_failed_again",
    question="Run {what} again?",
    done="Queued again: {count}. What was run again before is left as it is.",
    fitting=Q(state__in=(State.FAILED, State.INTERRUPTED), dismissed_at=None, repeats=None),
    most=MANY_PAID,
    ask_above=0,
    act=_run_failed_again,
    spends=True,
)


@admin.action(description="Pause", permissions=["view"])
def pause(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """Send nothing more of them for now."""
    return carry_out(model_admin, request, queryset, _PAUSE)


@admin.action(description="Resume", permissions=["view"])
def resume(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """Send the rest of them."""
    return carry_out(model_admin, request, queryset, _RESUME)


@admin.action(description="Cancel what waits", permissions=["view"])
def cancel(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """Cancel what no worker has sent yet."""
    return carry_out(model_admin, request, queryset, _CANCEL)


@admin.action(description="Run again what failed", permissions=["view"])
def run_failed_again(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """Queue anew what failed or was interrupted of them; always asks first, because it spends."""
    members = Generation.objects.filter(batch__in=queryset.order_by().values("pk"))
    return carry_out(model_admin, request, members, _RUN_AGAIN)


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
        """With the number of generations."""
        return Batch.objects.order_by(*self.ordering).annotate(count=Count("generations"))

    @admin.display(description="Generations")
    def generations(self, batch: Batch) -> int:
        """How many requests it made."""
        return int(getattr(batch, "count", 0))

    @admin.display(description="Kind")
    def called(self, batch: Batch) -> str:
        """What made several requests of it."""
        return batch.called

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
