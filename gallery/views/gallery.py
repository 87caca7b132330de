"""The gallery: what is being generated, then every picture, newest first."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery.display import generation_card
from gallery.http import MemberRequest, closed_gates
from gallery.listing import tiles
from gallery.models import Image
from gallery.models.vocabulary import read_query

# So many cards of the queue stand on top; the rest is a link to the queue.
ON_TOP = 12


@require_safe
def gallery(request: MemberRequest) -> HttpResponse:
    """A page of covers by cursor and search; to htmx, only its tiles and the new pager."""
    query = read_query(request.GET.get("q", ""), request.user)
    page = tiles.page(request, Image.objects.covers().matching(query), query)
    context = {"page": page, "query": query}
    if request.htmx:
        return render(request, "gallery/_more.html", context)
    is_top = not query and tiles.cursor(request) is None
    active = generation_card.active(ON_TOP + 1, closed_gates(request)) if is_top else []
    context |= {"is_top": is_top, "active": active[:ON_TOP], "more_active": len(active) > ON_TOP}
    if is_top:
        # The queue's beginning is at hand: the header need not count it again.
        context["queue_count"] = f"{ON_TOP}+" if len(active) > ON_TOP else len(active)
    return render(request, "gallery/gallery.html", context)
