"""The prompt history: each distinct prompt once, with what it made and cost; one in full; two of them compared."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from gallery.display.word_diff import difference
from gallery.formats import MAX_ID, read_id
from gallery.http import MemberRequest
from gallery.listing import count, prompt_rows, tiles
from gallery.listing.filters import orders
from gallery.listing.listing import Listing
from gallery.listing.order import PROMPT_ORDERS
from gallery.listing.prompt_choices import choices
from gallery.listing.prompt_table import table
from gallery.listing.scope import PROMPT, Scope
from gallery.models import Prompt


@require_safe
def prompts(request: MemberRequest) -> HttpResponse:
    """A page of prompts by cursor and search; to htmx, only its rows and the new pager."""
    listing = Listing.read(request, size=prompt_rows.PAGE, orders=PROMPT_ORDERS)
    context: dict[str, Any] = {"page": prompt_rows.page(listing, request.user), "query": listing.query}
    # Elsewhere pictures say enough; a list by uses tells what it is sorted by.
    context["tells_uses"] = listing.order.name == "used"
    if request.htmx:
        return render(request, "prompts/_more.jinja", context, using="jinja2")
    if listing.query:
        context["total"] = count.of_rows(prompt_rows.used(listing))
    context |= {"choices": choices(listing), "listing": listing}
    return render(request, "prompts/prompts.html", context)


@require_safe
def prompt(request: MemberRequest, pk: int) -> HttpResponse:
    """One prompt in full, with its pictures by model and seed, and all of them by cursor and search."""
    prompt = get_object_or_404(Prompt, pk=min(pk, MAX_ID))
    listing, scope = Listing.read(request, size=tiles.PAGE), Scope(PROMPT, prompt.pk)
    images = scope.listed(listing.query, request.user)
    page = tiles.page(
        listing,
        images,
        member=request.user,
        stacked=False,
        within=scope.within(listing),
    )
    context: dict[str, Any] = {"page": page, "searched": listing.query, "scope": scope}
    if request.htmx:
        return render(request, "gallery/_more.jinja", context, using="jinja2")
    if not page.rows and listing.cursor is None:
        context["hidden"] = scope.hides(listing.query, request.user)
    context |= {"row": prompt_rows.row(prompt), "listing": listing, "orders": orders(listing)}
    context["before"] = prompt.predecessor
    if listing.query:
        context["total"] = count.of_rows(images)
    elif listing.cursor is None:
        context["table"] = table(prompt, request.GET.get("seeds", ""))
    return render(request, "prompts/prompt.html", context)


@require_safe
def compare(request: MemberRequest) -> HttpResponse:
    """What has become of prompt `a` in prompt `b`, word by word; `prompt=…` twice, from a list, leads there."""
    chosen = {read_id(number) for number in request.GET.getlist("prompt")} - {None}
    if len(chosen) == 2:
        older, newer = sorted(pk for pk in chosen if pk is not None)
        return redirect(reverse("compare-prompts", query={"a": older, "b": newer}))
    numbers = [read_id(request.GET.get(name, "")) for name in ("a", "b")]
    if None in numbers:
        return render(request, "prompts/compare.html", {"chosen": len(chosen)})
    old, new = (get_object_or_404(Prompt, pk=number) for number in numbers)
    context = {
        "old": prompt_rows.row(old),
        "new": prompt_rows.row(new),
        "difference": difference(old.text, new.text),
    }
    return render(request, "prompts/compare.html", context)
