"""Answers that could not be used, in the admin: taken away, read again, or deleted before their time."""

import logging
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from gallery import formats
from gallery.admin.actions import Plan, action
from gallery.admin.columns import NOTHING, column, whole_text, words
from gallery.admin.filters import HostFilter
from gallery.admin.read_only import ReadOnlyAdmin
from gallery.display import kept_answers
from gallery.models import Attempt, KeptAnswer

log = logging.getLogger(__name__)


@admin.action(description="Read again (free)", permissions=["view"])
def read_again(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    """Have the workers of their hosts read them once more."""
    chosen = Attempt.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))
    count = chosen.ask_reading()
    messages.success(request, f"To be read again: {count}. The cards tell what came of it.")


def _discard_all(request: HttpRequest, chosen: list[int]) -> int:
    count = Attempt.objects.filter(pk__in=chosen).discard()
    log.info("kept answers deleted by user %s: %d", request.user.pk, count)
    return count


_DELETE = Plan(
    name="delete_for_good",
    question="Delete {what}, which may have been paid for?",
    done="Deleted: {count}. Pictures and states stay as they are.",
    act=_discard_all,
    noun="kept answer",
)


# The files go within a minute.
delete_for_good = action("Delete what is kept (for good)", _DELETE)


@admin.register(KeptAnswer)
class KeptAnswerAdmin(ReadOnlyAdmin):
    """What may be all that is left of what was paid, oldest last."""

    list_display = ("answer", "generation", "length", "age", "why", "kept_until", "host", "reading", "file")
    list_display_links = ("answer",)
    list_filter = (HostFilter,)
    list_select_related = ("generation",)
    sortable_by = ()
    actions = (read_again, delete_for_good)
    fields = ("generation", "host", "length", "age", "reason", "kept_until", "reading", "file")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).kept()  # type: ignore[attr-defined, no-any-return]

    answer = column("Answer", str)
    # Of what came.
    length = column("Size", lambda kept: formats.size(kept.kept_bytes or 0))
    # Since it came, or was given up.
    age = column("Age", lambda kept: _ago(kept.finished_at or kept.sent_at))
    why = column("Why it could not be used", lambda kept: words(kept.kept_reason))
    reason = column("Why it could not be used", lambda kept: whole_text(kept.kept_reason))

    @admin.display(description="Read again")
    def reading(self, kept: KeptAnswer) -> str:
        """Whether it waits for the worker of its host, or when that has read it last."""
        if kept.reading_asked_at:
            return "waits for its worker"
        return f"{_ago(kept.read_again_at)} ago" if kept.read_again_at else NOTHING

    @admin.display(description="File")
    def file(self, kept: KeptAnswer) -> str:
        """To take away, where we see its disk."""
        if not kept_answers.is_here(kept):
            return f"on host {kept.host}"
        return format_html('<a href="{}" download>Download</a>', reverse("answer", args=[kept.pk]))


def _ago(moment: datetime) -> str:
    return formats.age(timezone.now() - moment)
