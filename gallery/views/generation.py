"""One generation: its card, its request, its attempts, and what its maker may do about it."""

from collections import Counter
from dataclasses import replace

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from gallery import access, holds
from gallery.display import details, generation_card
from gallery.display.generation_card import Card
from gallery.display.timeline import timeline
from gallery.http import MemberRequest, SeeOther
from gallery.models import Generation
from gallery.quotes import PriceRefused
from gallery.submissions import refusal, spend, submission_of
from venice.operations import Operation

CARD = "generation/_card.html"


@require_safe
def generation(request: MemberRequest, pk: int) -> HttpResponse:
    """The page; to htmx, what stands below the card, or 204 while it tells nothing new."""
    found = access.generation_to_see(pk)
    return _page(request, found, generation_card.of(found, holds.of(request)))


def _page(request: MemberRequest, found: Generation, card: Card, *, status: int = 200) -> HttpResponse:
    repeats = list(found.repeats.order_by("-id")[:20])
    pictures = Counter(found.images.values_list("attempt_id", flat=True))
    history = timeline(found, list(found.attempts.order_by("id")), pictures, repeats, card.host)
    known = str(len(history))
    if request.htmx and (request.GET.get("state"), request.GET.get("events", known)) == (found.state, known):
        return HttpResponse(status=204)
    context = {
        "card": card,
        "rows": details.request_rows(found),
        "slices": details.slices(found),
        "history": history,
        "repeats": repeats,
    }
    template = f"generation/{'_details' if request.htmx else 'generation'}.html"
    return render(request, template, context, status=status)


@require_safe
def card(request: MemberRequest, pk: int) -> HttpResponse:
    """The card alone. 204 while it shows what the poll has seen; 286 (stop polling) when it is gone."""
    try:
        found = access.generation_to_see(pk)
    except Http404:
        if not request.htmx:
            raise
        return render(request, "generation/_gone.html", {"pk": pk}, status=286)
    held = holds.of(request)
    now = generation_card.standing(found, held)
    # An empty `seen` is a card that was drawn without all it can show.
    if request.GET.get("seen", now.seen) == now.seen and request.GET.get("state") == found.state:
        return HttpResponse(status=204)
    return render(request, CARD, {"card": generation_card.of(found, held, now)})


@require_POST
def cancel(request: MemberRequest, pk: int) -> HttpResponse:
    """Take it out of the queue, if nothing was sent yet; a worker that was quicker wins."""
    access.generation_to_change(request.user, pk).cancel()
    return changed(request, pk)


@require_POST
def dismiss(request: MemberRequest, pk: int) -> HttpResponse:
    """Say that a failed or interrupted one needs nothing more."""
    access.generation_to_change(request.user, pk).dismiss()
    return changed(request, pk)


@require_POST
def run_again(request: MemberRequest, pk: int) -> HttpResponse:
    """A new generation of the same frozen request, paid by who clicks; the old one is dismissed."""
    old = access.generation_to_change(request.user, pk)
    operation = old.runnable
    if operation is None:
        return refusal(request, "Only what failed, was interrupted or cancelled can be run again.")
    try:
        new = _again(request, old, operation)
    except PriceRefused as refused:
        return _with_new_price(request, old, refused)
    address = reverse("generation", args=[new.pk])
    if not request.htmx:
        return SeeOther(address)
    # The old one's own page is about the old one: the new one has its own.
    if request.htmx.current_url_abs_path == reverse("generation", args=[pk]):
        return HttpResponse(headers={"HX-Redirect": address})
    return render(request, CARD, {"card": generation_card.of(new, holds.of(request))})


@transaction.atomic
def _again(request: MemberRequest, old: Generation, operation: Operation) -> Generation:
    # Whoever dismisses it first runs it again: a second tab's old button leads to what the first one made.
    repeat = None if old.dismiss() else old.repeats.order_by("-id").first()
    return repeat or spend(request, operation, submission=submission_of(request), run_again_of=old)[0]


def _with_new_price(request: MemberRequest, old: Generation, refused: PriceRefused) -> HttpResponse:
    """Its own page, or to htmx its card, with what it costs now."""
    another = generation_card.Again(refused.price, str(refused))
    card = replace(generation_card.of(old, holds.of(request)), again=another)
    if request.htmx:
        return render(request, CARD, {"card": card}, status=422)
    return _page(request, old, card, status=422)


def changed(request: MemberRequest, pk: int) -> HttpResponse:
    """The changed card to htmx; else back to the page that the form was on."""
    if request.htmx:
        found = access.generation_to_see(pk)
        return render(request, CARD, {"card": generation_card.of(found, holds.of(request))})
    on_queue = request.POST.get("back") == "queue"
    return SeeOther(reverse("queue") if on_queue else reverse("generation", args=[pk]))
