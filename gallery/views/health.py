"""`/healthz`: for probes and load balancers, without a session."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gallery.models import CatalogModel, Worker


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """`ok`, or 503 with the one word for what is missing; a worker that only starts and dies is none."""
    try:
        missing = "" if Worker.objects.alive().steady().exists() else "worker"
        missing = missing or ("" if CatalogModel.objects.listed().exists() else "catalogue")
    except DatabaseError:
        missing = "database"
    return HttpResponse(missing or "ok", status=503 if missing else 200, content_type="text/plain")
