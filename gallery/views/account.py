"""A member's own settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from gallery.forms.account import AccountForm
from gallery.http import MemberRequest, SeeOther


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
