"""One generation: its card, its request, its attempts, and what its maker may do about it."""

from collections import Counter
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import retarget

from gallery import access
from gallery.display import details, generation_card, judgement, lineage
from gallery.display.generation_card import GenerationCard
from gallery.display.membership import collecting
from gallery.display.timeline import timeline
from gallery.forms.price import PriceRefused
from gallery.forms.submission import lost, refusal, spend_again, submission_of
from gallery.http import MemberRequest, SeeOther, closed_gates, path_shown
from gallery.media.pictures import LostFile
from gallery.models import CatalogModel, Generation, State
from gallery.models.generation import NotRunnable
from gallery.views.batch import both


@require_safe
def generation(request: MemberRequest, pk: int) -> HttpResponse:
    """The page; to htmx, what stands below the card, or 204 while it tells nothing new."""
    row = access.generation_to_see(pk)
    return _page(request, row, generation_card.of(row, closed_gates(request), member=request.user))


def _page(
    request: MemberRequest, row: Generation, card: GenerationCard, *, status: int = 200
) -> HttpResponse:
    repeats = list(row.repeats.order_by("-id")[:20])
    pictures = Counter(row.images.values_list("attempt_id", flat=True))
    history = timeline(row, list(row.attempts.order_by("id")), pictures, repeats, card.host)
    events = f"{len(history)}{row.verification.outcome if hasattr(row, 'verification') else ''}"
    if request.htmx and (request.GET.get("state"), request.GET.get("events", events)) == (row.state, events):
        return HttpResponse(status=204)
    context = {
        "card": card,
        "rows": details.request_rows(row),
        "texts": details.texts(row),
        "enhancement": details.enhancement(row),
        "made_of": lineage.made_of(row),
        "slices": details.slices(row),
        "history": history,
        "events": events,
        "repeats": repeats,
        **_first_picture(row, card),
    }
    template = f"generation/{'_details' if request.htmx else 'generation'}.html"
    return render(request, template, context, status=status)


def _first_picture(generation: Generation, card: GenerationCard) -> dict[str, Any]:
    """The picture that follows the seed, or the first that was saved, and what another one costs when it is done."""
    if generation.is_active or not card.images:
        return {}
    picture = card.images[0]
    picture.generation = generation
    price = CatalogModel.objects.price(generation.operation) if generation.state == State.DONE else None
    judged = [judgement.own(each) for each in card.images]
    return {
        "image": picture,
        "price": price,
        "collecting": collecting(picture),
        "judged_pictures": judged,
    }


@require_safe
def card(request: MemberRequest, pk: int) -> HttpResponse:
    """The card alone. 204 while it shows what the poll has seen; 286 (stop polling) when it is gone."""
    try:
        row = access.generation_to_see(pk)
    except Http404:
        if not request.htmx:
            raise
        return render(request, "generation/_gone.html", {"pk": pk}, status=286)
    gates = closed_gates(request)
    now = generation_card.queue_state(row, gates)
    # An empty `seen` is a card that was drawn without all it can show.
    if request.GET.get("seen", now.seen) == now.seen and request.GET.get("state") == row.state:
        return HttpResponse(status=204)
    return _drawn(request, generation_card.of(row, gates, now, member=request.user))


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
    """A new generation of the same frozen request, its owner's as before; the old one is dismissed."""
    old = access.generation_to_change(request.user, pk)
    try:
        new, is_new = spend_again(request, old, submission=submission_of(request))
    except NotRunnable:
        return refusal(request, "Only what failed, was interrupted or cancelled can be run again.")
    except LostFile as error:
        return refusal(request, lost(error))
    except PriceRefused as refused:
        return _with_new_price(request, old, refused)
    address = reverse("generation", args=[new.pk])
    if not request.htmx:
        return SeeOther(address)
    # The old one's own page is about the old one: the new one has its own.
    if path_shown(request) == reverse("generation", args=[pk]):
        return HttpResponse(headers={"HX-Redirect": address})
    # Among those of its click it would go with the next poll: it is none of them.
    if _is_among_its_click(request, old):
        return both(request, old.batch, new.batch, is_new=is_new)
    return _card_response(request, generation_card.of(new, closed_gates(request), member=request.user))


def _with_new_price(request: MemberRequest, old: Generation, refused: PriceRefused) -> HttpResponse:
    """Its own page, or to htmx its card, with what it costs now."""
    another = generation_card.Again(refused.price, str(refused))
    card = replace(generation_card.of(old, closed_gates(request), member=request.user), again=another)
    if request.htmx:
        return retarget(_card_response(request, card, status=422), f"#generation-{old.pk}")
    return _page(request, old, card, status=422)


def changed(request: MemberRequest, pk: int) -> HttpResponse:
    """The changed card to htmx; else back to the page that the form was on."""
    if request.htmx:
        row = access.generation_to_see(pk)
        return _card_response(request, generation_card.of(row, closed_gates(request), member=request.user))
    on_queue = request.POST.get("back") == "queue"
    return SeeOther(reverse("queue") if on_queue else reverse("generation", args=[pk]))


def _is_among_its_click(request: MemberRequest, row: Generation) -> bool:
    """Whether its button is for the whole section of its click, which polls for all of its cards."""
    return request.htmx.target == f"batch-{row.batch_id}"


def _card_response(request: MemberRequest, card: GenerationCard, *, status: int = 200) -> HttpResponse:
    """The card as the page shows it: queue and clicks poll for all of their cards, elsewhere each asks for itself."""
    if path_shown(request) == reverse("queue"):
        return _drawn(request, card, status, still=True, back="queue")
    if _is_among_its_click(request, card.generation):
        return _drawn(request, card, status, still=True, within=card.generation.batch_id)
    return _drawn(request, card, status)


def _drawn(request: MemberRequest, card: GenerationCard, status: int = 200, **where: object) -> HttpResponse:
    """The card alone, for who asks; `where` tells on which page."""
    context = {"card": card, "user": request.user, **where}
    return render(request, "generation/_card.jinja", context, status=status, using="jinja2")
