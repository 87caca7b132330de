"""A member's own settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from gallery.downloads import facts, names
from gallery.forms import kept
from gallery.forms.account import AccountForm, DensityForm
from gallery.http import MemberRequest, SeeOther, back_to, error_page
from gallery.media.storage import EXTENSIONS
from gallery.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: MemberRequest) -> HttpResponse:
    """The page with the form; a post writes what it sets, or comes back as 422."""
    words = kept.own(request)
    form = AccountForm(
        request.POST if request.method == "POST" else None,
        initial=words.sent.dict() if words else None,
        instance=request.user,
    )
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return SeeOther(reverse("account"))
    return render(
        request,
        "account/account.html",
        {"form": form, "now": timezone.now(), "example": _example(request)},
        status=422 if form.errors else 200,
    )


def _example(request: MemberRequest) -> str:
    """What the member's newest picture would be called, or one that anybody might have made."""
    newest = request.user.images.order_by("-pk").values_list("pk", flat=True).first()
    example = next(facts.read([newest] if newest else []), None)
    zone, pattern = timezone.get_current_timezone(), User.objects.get(pk=request.user.pk).download_name
    if example:
        named = example.named(zone, shows_sensitive=request.user.shows_sensitive)
        return f"{names.stem(pattern, named)}.{EXTENSIONS[example.format]}"
    made = timezone.localtime()
    values = {
        "date": f"{made:%Y-%m-%d}",
        "time": f"{made:%H-%M-%S}",
        "prompt": "a heron at dawn",
        "seed": "42",
    }
    values |= {"model": "venice-sd35", "style": "Cinematic", "id": "7", "by": request.user.username}
    return f"{names.stem(pattern, values)}.webp"


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
