"""The admin's frame: our titles, the gallery's own sign-in page, an index that tells staff what is where."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db.models import Count, Max, Q
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from gallery import catalog, events
from gallery.admin_values import CheckedAdmin, checked
from gallery.models import Generation, Worker
from gallery.models.worker import DEAD_AFTER
from gallery.web.callers import client_address

# What Django answers further out to what a view raises; to all else, 500.
_ANSWERS: dict[type[Exception], int] = {
    Http404: 404,
    PermissionDenied: 403,
    MultiPartParserError: 400,
    BadRequest: 400,
    SuspiciousOperation: 400,
}


class GalleryAdminSite(admin.AdminSite):
    """Django's admin without a second door: who is not signed in is sent to the gallery's sign-in page."""

    site_header = "Venice Gallery"
    site_title = "Venice Gallery"
    index_title = "Administration"
    index_template = "admin/gallery_index.html"
    enable_nav_sidebar = True

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's, a refusal of what no row can have, and a line in the log for each thing that is done here."""
        inner: Callable[..., HttpResponseBase] = super().admin_view(checked(view), cacheable)

        def recorded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method != "POST":
                return inner(request, *args, **kwargs)
            # django-axes sets it at a sign-in, and its own action in the list of attempts asks for it.
            request.axes_attempt_time = timezone.now()  # type: ignore[attr-defined]
            return _recorded(request, lambda: inner(request, *args, **kwargs))

        return update_wrapper(recorded, inner)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Django's; each table, of whichever package, checks the values that it is asked for."""
        own = admin_class or admin.ModelAdmin
        both = type(own.__name__, (CheckedAdmin, own), {"__module__": own.__module__, "__doc__": own.__doc__})
        super().register(model_or_iterable, both, **options)

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Staff go to the index; members who are not staff are told so rather than asked to sign in again."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied("The administration is for staff.")
        return redirect_to_login("/admin/")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The front page, with a warning while cookies travel readable."""
        context = {"public_url": settings.PUBLIC_URL, "cookies_are_secure": settings.HTTPS}
        return super().index(request, {**context, **_pulse(), **(extra_context or {})})


def _recorded(request: HttpRequest, do: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    name, status = request.user.get_username() or "nobody", 500
    try:
        with events.acting(name):
            response = do()
        status = response.status_code
    except Exception as error:
        status = next((code for kind, code in _ANSWERS.items() if isinstance(error, kind)), 500)
        raise
    finally:
        action = request.POST.get("action", "")[:80] or None
        selected = len(request.POST.getlist(ACTION_CHECKBOX_NAME)) or None
        facts = {"path": request.path[:200], "action": action, "selected": selected, "status": status}
        events.record("admin", user=name, **facts, address=client_address(request))
    return response


def _pulse() -> dict[str, Any]:
    """Workers alive, the newest heartbeat of all, what waits longest, and from when a catalogue is that grew old."""
    alive = Count("pk", filter=Q(seen_at__gte=Now() - DEAD_AFTER))
    beats = Worker.objects.aggregate(workers_alive=alive, newest_heartbeat=Max("seen_at"))
    return {
        **beats,
        "oldest_waiting": Generation.objects.queued().order_by("id").first(),
        "old_catalogue": catalog.grown_old(),
    }
