"""Gates in the admin: what is held and why, opened by hand; and the pause of everything."""

import logging
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import localize
from django.views.decorators.http import require_POST

from gallery.admin.columns import column, words
from gallery.admin.read_only import ReadOnlyAdmin
from gallery.models import Gate
from gallery.pipeline import gates
from venice.text import clean_line

log = logging.getLogger(__name__)

REASON_LIMIT = 200
_LIST = "admin:gallery_gate_changelist"


@admin.action(description="Open now", permissions=["view"])
def open_now(model_admin: Any, request: HttpRequest, queryset: QuerySet[Gate]) -> None:
    """Let what it held go on; a gate whose cause is still there closes again at the next failure."""
    names = [str(gate) for gate in queryset]
    gates.open_by_hand(queryset)
    log.info("gates opened by user %s: %d", request.user.pk, len(names))
    messages.success(request, f"Open: {', '.join(names)}. What still fails closes its gate again.")


@admin.register(Gate)
class GateAdmin(ReadOnlyAdmin):
    """What is closed; a row whose time has come holds nothing any more."""

    list_display = ("kind", "model", "host", "why", "ends", "closed_at", "probed_at")
    list_filter = ("kind",)
    ordering = ("model", "closed_at")
    sortable_by = ()
    actions = (open_now,)
    change_list_template = "admin/gate_change_list.html"

    def get_urls(self) -> list[URLPattern]:
        """The list, its rows, and the addresses of the two buttons."""
        view = self.admin_site.admin_view
        own = [
            path("pause/", view(self.pause), name="gallery_gate_pause"),
            path("resume/", view(self.resume), name="gallery_gate_resume"),
        ]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Gate]:
        """What holds, and the breaker that waits for its probe: the others are open since their time came."""
        rows = super().get_queryset(request)
        return rows.filter(Q(pk__in=Gate.objects.closed()) | Q(kind=Gate.Kind.BREAKER))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the button that fits: one pauses, the other resumes."""
        context = {"paused": Gate.objects.filter(kind=Gate.Kind.PAUSE).first(), "reason_limit": REASON_LIMIT}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    @method_decorator(require_POST)
    def pause(self, request: HttpRequest) -> HttpResponse:
        """Send nothing more until somebody resumes; calls in flight end as they would."""
        reason = clean_line(request.POST.get("reason", ""), REASON_LIMIT).strip()
        Gate.objects.close(Gate.Kind.PAUSE, reason or f"paused by {request.user.get_username()}")
        log.info("sending paused by user %s", request.user.pk)
        messages.success(request, "Nothing is sent any more. Calls in flight end as they would.")
        return redirect(_LIST)

    @method_decorator(require_POST)
    def resume(self, request: HttpRequest) -> HttpResponse:
        if Gate.objects.open(Gate.Kind.PAUSE):
            log.info("sending resumed by user %s", request.user.pk)
            messages.success(request, "Sending goes on.")
        else:
            messages.warning(request, "Sending was not paused.")
        return redirect(_LIST)

    # In the words that people see.
    why = column("Reason", lambda gate: words(gate.reason))

    @admin.display(description="Until")
    def ends(self, gate: Gate) -> str:
        """When it ends, or what opens it; where its time has come, that one goes to try."""
        if gate.until is None:
            return words(gate.opens.removeprefix("until "))
        if gate.until <= timezone.now():
            return "its time has come: one goes to try"
        return localize(timezone.localtime(gate.until))
