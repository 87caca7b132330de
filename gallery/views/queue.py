"""The queue: what runs and waits, what holds it, and what ended badly and wants a word from its maker."""

from collections.abc import Sequence
from hashlib import blake2s
from time import time
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from gallery import access
from gallery.display import forecast, generation_card, queue_rows
from gallery.display.batch_card import BatchCard
from gallery.display.generation_card import GenerationCard
from gallery.display.header import InQueue
from gallery.formats import counted, read_id
from gallery.http import MemberRequest, SeeOther, closed_gates, site_status
from gallery.models import ClosedGates, Generation
from gallery.models.queue import LONGEST_QUEUE

# So many lines of what runs and waits, and so many cards of what wants a decision.
MOST_LINES = 30
MOST = 100
# Expected times are drawn anew so often while somebody looks, in seconds.
FRESH_FOR = 15


@require_safe
def queue(request: MemberRequest) -> HttpResponse:
    """The page, or for htmx its list; 204 while the list is as it was and its expected times are fresh."""
    if not request.htmx:
        # The page's composer asks for it anyway; it tells whether any gate is closed.
        site_status(request)
    gates = closed_gates(request)
    lines = queue_rows.active(MOST_LINES, gates)
    attention = _attention(request)
    seen = _digest(lines.shown, attention, gates)
    if request.htmx and _is_fresh(request.GET.get("seen", ""), seen, is_waiting=bool(lines.shown)):
        return HttpResponse(status=204)
    context = {**_listed(request, lines, attention, gates), "seen": f"{seen}-{time():.0f}"}
    if len(attention) <= MOST and len(lines.queue) < LONGEST_QUEUE:
        # All of it is at hand: the header need not count it again.
        context["in_queue"] = in_queue = InQueue(len(lines.queue), len(attention))
        context["queue_seen"] = in_queue.seen(gates, request.user.draft_revision)
    return render(request, "queue/_queue.html" if request.htmx else "queue/queue.html", context)


def _attention(request: MemberRequest) -> list[GenerationCard]:
    """Cards of what ended badly, the newest first; one more than are shown where there are more."""
    ended = generation_card.drawn(Generation.objects.needing_attention(), request.user)
    return generation_card.of_each(ended.order_by("-id")[: MOST + 1])


def _listed(
    request: MemberRequest, lines: queue_rows.Lines, attention: list[GenerationCard], gates: ClosedGates
) -> dict[str, Any]:
    """The lines with their expected times, and what ended badly; and which of them are whose to act upon."""
    shown: list[GenerationCard | BatchCard] = []
    slots = 0
    if lines.shown:
        expected = forecast.of_queue(lines.running, gates)
        shown, slots = lines.expected(expected), expected.slots
    return {
        "active": shown,
        "attention": attention[MOST - 1 :: -1],
        "more_active": lines.is_more,
        "more_attention": len(attention) > MOST,
        "busy": gates.of_models,
        "slots": slots,
        "dismissible": [
            card for card in attention[:MOST] if access.may_change(request.user, card.generation)
        ],
        "still": True,
        "back": "queue",
        "own_waiting": [card for card in shown if _is_own_to_cancel(request, card)],
    }


def _is_own_to_cancel(request: MemberRequest, card: GenerationCard | BatchCard) -> bool:
    if isinstance(card, BatchCard):
        return bool(card.waiting) and access.is_own(request.user, card.batch)
    return card.generation.can_be_cancelled and access.is_own(request.user, card.generation)


@require_POST
def dismiss_all(request: MemberRequest) -> HttpResponse:
    """Say that those which the page showed need nothing more; what has come since then stays."""
    named = (read_id(number) for number in request.POST.getlist("generation")[: MOST + 1])
    rows = access.generations_to_change(request.user, [pk for pk in named if pk is not None])
    messages.success(request, f"{counted(rows.needing_attention().dismiss(), 'request')} dismissed.")
    return SeeOther(reverse("queue"))


@require_POST
def cancel_own(request: MemberRequest) -> HttpResponse:
    """Take all that this member waits for out of the queue; what is sent already goes on."""
    count = Generation.objects.owned_by(request.user).cancel()
    messages.success(
        request, f"{counted(count, 'request')} cancelled. Nothing was spent on what was cancelled."
    )
    return SeeOther(reverse("queue"))


@require_safe
def state(request: MemberRequest) -> HttpResponse:
    """For the header of every page, its count and the banner; 204 while they are as they were."""
    if not request.htmx:
        return redirect("queue")
    in_queue = InQueue.of(site_status(request))
    seen = in_queue.seen(closed_gates(request), request.user.draft_revision)
    if request.GET.get("shown") == seen:
        return HttpResponse(status=204)
    return render(request, "_queue_state.html", {"in_queue": in_queue, "queue_seen": seen})


def _digest(
    active: Sequence[GenerationCard | BatchCard], attention: list[GenerationCard], gates: ClosedGates
) -> str:
    """All that is shown, in a word."""
    shown = [
        f"batch-{card.batch.pk}:{card.seen}"
        if isinstance(card, BatchCard)
        else f"{card.generation.pk}:{card.generation.state}:{card.seen}"
        for card in (*active, *attention)
    ]
    shown += [f"{gate.pk}:{gate.until}:{gate.reason}" for gate in gates.all]
    return blake2s(" ".join(shown).encode(), digest_size=8).hexdigest()


def _is_fresh(drawn: str, seen: str, *, is_waiting: bool) -> bool:
    digest, _, at = drawn.partition("-")
    age = time() - int(at) if at.isdecimal() and len(at) < 12 else FRESH_FOR + 1.0
    return digest == seen and (age <= FRESH_FOR or not is_waiting)
