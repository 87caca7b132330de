"""Answers that could not be used, in the admin: taken away, read again, or deleted before their time."""

import logging
import uuid
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gallery import formats
from gallery.admin.actions import MANY, Plan, action
from gallery.admin.filters import HostFilter
from gallery.admin.read_only import ReadOnlyAdmin, whole_text, words
from gallery.display import kept_answers
from gallery.models import Attempt, KeptAnswer

log = logging.getLogger(__name__)


@admin.action(description="Read again (free)", permissions=["view"])
def read_again(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    """Have the workers of their hosts read them once more."""
    chosen = Attempt.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))
    count = chosen.ask_reading()
    messages.success(request, f"To be read again: {count}. The cards tell what came of it.")


def _discard_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    count = Attempt.objects.filter(pk__in=chosen).discard()
    log.info("kept answers deleted by user %s: %d", request.user.pk, count)
    return count


_DELETE = Plan(
    name="delete_for_good",
    question="Delete {what}, which may have been paid for?",
    done="Deleted: {count}. Pictures and states stay as they are.",
    fitting=Q(),
    most=MANY,
    ask_above=0,
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
    readonly_fields = ("length", "age", "reason", "reading", "file")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).kept()  # type: ignore[attr-defined, no-any-return]

    @admin.display(description="Answer")
    def answer(self, kept: KeptAnswer) -> str:
        return str(kept)

    @admin.display(description="Size")
    def length(self, kept: KeptAnswer) -> str:
        """Of what came."""
        return formats.size(kept.kept_bytes or 0)

    @admin.display(description="Age")
    def age(self, kept: KeptAnswer) -> str:
        """Since it came, or was given up."""
        return formats.age(timezone.now() - (kept.finished_at or kept.sent_at))

    @admin.display(description="Why it could not be used")
    def why(self, kept: KeptAnswer) -> SafeString | str:
        return words(kept.kept_reason)

    @admin.display(description="Why it could not be used")
    def reason(self, kept: KeptAnswer) -> SafeString | str:
        return whole_text(kept.kept_reason)

    @admin.display(description="Read again")
    def reading(self, kept: KeptAnswer) -> str:
        """Whether it waits for the worker of its host, or when that has read it last."""
        if kept.reading_asked_at:
            return "waits for its worker"
        return f"{formats.age(timezone.now() - kept.read_again_at)} ago" if kept.read_again_at else "-"

    @admin.display(description="File")
    def file(self, kept: KeptAnswer) -> SafeString | str:
        """To take away, where we see its disk."""
        if not kept_answers.is_here(kept):
            return f"on host {kept.host}"
        return format_html('<a href="{}" download>Download</a>', reverse("answer", args=[kept.pk]))
