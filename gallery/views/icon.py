"""`/favicon.ico`: where programs look that have read no page of ours."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def icon(request: HttpRequest) -> HttpResponse:
    """To the icon, whose own address changes with what it shows."""
    return redirect(static("favicon.svg"))
