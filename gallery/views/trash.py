"""The trash: pictures that were thrown away, until a worker removes them for good."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from gallery import access
from gallery.display.membership import no_longer_in
from gallery.formats import counted
from gallery.http import MemberRequest, SeeOther, back_to, error_page
from gallery.listing import count, tiles, trash_rows
from gallery.listing.filters import orders
from gallery.listing.listing import Listing, Page
from gallery.listing.scope import TRASH, Scope
from gallery.models import Collection, Image

# So many are marked in one transaction.
PORTION = 1000


@require_safe
def trash(request: MemberRequest) -> HttpResponse:
    """A page of what was thrown away, by cursor and search; to htmx, only its rows and the new pager."""
    listing, scope = Listing.read(request, size=trash_rows.PAGE), Scope(TRASH)
    images = scope.matching(listing.query)
    context: dict[str, Any] = {
        "page": trash_rows.page(listing, images, request.user),
        "scope": scope,
        "within": scope.within(listing),
        "listing": listing,
        "query": listing.query,
    }
    if request.htmx:
        return render(request, "trash/_more.html", context)
    if listing.query:
        context["total"] = count.of_rows(images)
    context |= {
        "days": settings.TRASH_DAYS,
        "orders": orders(listing),
        "can_empty": access.images_to_change(request.user).in_trash().count(),
        "until": timezone.now().isoformat(),
    }
    return render(request, "trash/trash.html", context)


@require_POST
def throw_away(request: MemberRequest, pk: int) -> HttpResponse:
    """Into the trash; to htmx the way back, and in a grid of stacks (`instead`) the tile of the next of its stack."""
    image = access.image_to_change(request.user, pk)
    moved = bool(Image.objects.trash([image.pk], request.user))
    missing = no_longer_in(Collection.objects.with_any([image.pk])) if moved else ""
    if not request.htmx:
        words = "is in the trash" if moved else "was in the trash already"
        messages.success(request, f"Picture {image.pk} {words}. {missing}".strip())
        return back_to(request, reverse("image", args=[image.pk]))
    context: dict[str, Any] = {"image": image, "moved": moved, "missing": missing}
    if moved and image.is_cover and "instead" in request.POST:
        context["page"] = _next_of_stack(request, image)
    response = render(request, "trash/_thrown_away.html", context)
    return trigger_client_event(response, "picture:trashed", {"id": image.pk}, after="swap")


def _next_of_stack(request: MemberRequest, image: Image) -> Page[tiles.Tile]:
    """The tile that now stands where that of `image` stood, in the list that the address names; none if it has none."""
    listing = replace(Listing.read(request, size=1), cursor=None)
    covers = Scope().listed(listing.query, request.user).filter(generation=image.generation_id)
    page = tiles.page(listing, covers, member=request.user)
    return replace(page, rows=[replace(tile, day=None) for tile in page.rows])


@require_POST
def restore(request: MemberRequest, pk: int) -> HttpResponse:
    """Out of the trash; to htmx nothing, since the list puts its tile back by itself."""
    image = access.image_to_change(request.user, pk)
    if not Image.objects.restore([image.pk]) and image.is_emptied:
        return error_page(request, 409, "The trash was emptied: this picture is removed for good.")
    if request.htmx:
        return trigger_client_event(HttpResponse(), "picture:restored", {"id": image.pk})
    messages.success(request, f"Picture {image.pk} is back.")
    return back_to(request, reverse("image", args=[image.pk]))


@require_POST
def empty(request: MemberRequest) -> HttpResponse:
    """End the time of what the member may remove, as far as the page has counted it; the worker removes it."""
    until = _moment(request.POST.get("until", ""))
    if until is None:
        return error_page(request, 400, "That form was altered on its way.")
    rows = access.images_to_change(request.user).in_trash().filter(trashed_at__lte=until)
    ended = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:PORTION]):
        ended += len(Image.objects.filter(trashed_at__lte=until).empty(ids))
    messages.success(request, f"{counted(ended, 'picture')} will be removed for good.")
    return SeeOther(reverse("trash"))


def _moment(text: str) -> datetime | None:
    """A moment as the page wrote it; now where it is missing, None for anything else."""
    try:
        until = datetime.fromisoformat(text) if text else timezone.now()
    except ValueError:
        return None
    return until if until.tzinfo else None
