"""The gallery: what is being generated, then every picture, newest first."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery.display import generation_card
from gallery.http import MemberRequest, closed_gates
from gallery.listing import count, tiles
from gallery.listing.listing import Listing
from gallery.models import Image, ImageDocument

# So many cards of the queue stand on top; the rest is a link to the queue.
ON_TOP = 12


@require_safe
def gallery(request: MemberRequest) -> HttpResponse:
    """A page of covers by cursor and search; to htmx, only its tiles and the new pager."""
    listing = Listing.read(request, size=tiles.PAGE)
    images = Image.objects.covers().matching(listing.query)
    context: dict[str, Any] = {"page": tiles.page(listing, images), "query": listing.query}
    if request.htmx:
        return render(request, "gallery/_more.html", context)
    if listing.query:
        context["found"] = count.found(ImageDocument.objects.of_covers(listing.query))
    active = generation_card.active(ON_TOP + 1, closed_gates(request)) if listing.is_top else []
    context |= {"is_top": listing.is_top, "active": active[:ON_TOP], "more_active": len(active) > ON_TOP}
    return render(request, "gallery/gallery.html", context)
