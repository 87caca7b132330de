"""The prompt history: each distinct prompt once, newest use first, with what it made and cost."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from gallery.formats import MAX_ID
from gallery.http import MemberRequest
from gallery.listing import prompt_rows, tiles
from gallery.listing.listing import Listing
from gallery.listing.neighbours import Scope
from gallery.listing.order import NEWEST_USE, by_name
from gallery.models import Prompt


@require_safe
def prompts(request: MemberRequest) -> HttpResponse:
    """A page of prompts by cursor and search; to htmx, only its rows and the new pager."""
    listing = Listing.read(request, size=prompt_rows.PAGE, orders=by_name([NEWEST_USE]))
    context = {"page": prompt_rows.page(listing), "query": listing.query}
    return render(request, f"prompts/{'_more' if request.htmx else 'prompts'}.html", context)


@require_safe
def prompt(request: MemberRequest, pk: int) -> HttpResponse:
    """One prompt in full, with all its pictures by cursor."""
    prompt = get_object_or_404(Prompt, pk=min(pk, MAX_ID))
    listing = Listing.read(request, size=tiles.PAGE, is_searched=False)
    scope = Scope(prompt.pk)
    page = tiles.page(
        listing,
        scope.pictures(),
        row_height=request.user.row_height,
        stacked=False,
        within=scope.within(listing),
    )
    context: dict[str, Any] = {"page": page, "query": listing.query}
    if request.htmx:
        return render(request, "gallery/_more.html", context)
    context["row"] = prompt_rows.row(prompt)
    return render(request, "prompts/prompt.html", context)
