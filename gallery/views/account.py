"""A member's own settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from gallery.forms.account import AccountForm, DensityForm
from gallery.http import MemberRequest, SeeOther, back_to, error_page


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: MemberRequest) -> HttpResponse:
    """The page with the form; a post keeps what it sets."""
    form = AccountForm(request.POST if request.method == "POST" else None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return SeeOther(reverse("account"))
    return render(
        request,
        "account/account.html",
        {"form": form, "now": timezone.now()},
        status=422 if form.errors else 200,
    )


@require_POST
def density(request: MemberRequest) -> HttpResponse:
    """Keep the height of the grid's rows, and go back to the grid; to htmx 204, since it has changed already."""
    form = DensityForm(request.POST, instance=request.user)
    if not form.is_valid():
        return error_page(request, 400, "Rows are 110 to 360 pixels high, in steps of 10.")
    form.save()
    if request.htmx:
        return HttpResponse(status=204)
    return back_to(request, reverse("gallery"))
