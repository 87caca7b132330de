"""The admin's frame: our titles, the gallery's own sign-in page, an index that tells staff what is where."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from gallery import catalog
from gallery.models import Generation, Worker
from gallery.models.worker import DEAD_AFTER


class GalleryAdminSite(admin.AdminSite):
    """Django's admin without a second door: who is not signed in is sent to the gallery's sign-in page."""

    site_header = "Venice Gallery"
    site_title = "Venice Gallery"
    index_title = "Administration"
    index_template = "admin/gallery_index.html"
    enable_nav_sidebar = True

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
        told = {"public_url": settings.PUBLIC_URL, "cookies_are_secure": settings.HTTPS}
        return super().index(request, {**told, **_pulse(), **(extra_context or {})})


def _pulse() -> dict[str, Any]:
    """Workers alive, the newest heartbeat of all, what waits longest, and from when a catalogue is that grew old."""
    alive = Count("pk", filter=Q(seen_at__gte=Now() - DEAD_AFTER))
    beats = Worker.objects.aggregate(workers_alive=alive, newest_heartbeat=Max("seen_at"))
    return {
        **beats,
        "oldest_waiting": Generation.objects.queued().order_by("id").first(),
        "old_catalogue": catalog.grown_old(),
    }
