"""The queue: what runs and waits, what holds it, and what ended badly and wants a word from its maker."""

from hashlib import blake2s
from time import time

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from gallery.display import forecast, generation_card
from gallery.display.generation_card import Card
from gallery.display.header import InQueue
from gallery.http import MemberRequest, closed_gates
from gallery.models import ClosedGates, Generation

MOST = 100
# Expected times are drawn anew so often while somebody looks, in seconds.
FRESH_FOR = 15


@require_safe
def queue(request: MemberRequest) -> HttpResponse:
    """The page, or for htmx its list; 204 while the list is as it was and its expected times are fresh."""
    gates = closed_gates(request)
    active = generation_card.active(MOST + 1, gates)
    ended = generation_card.drawn(Generation.objects.needing_attention())
    attention = generation_card.of_each(ended.order_by("-id")[: MOST + 1])
    seen = _digest(active, attention, gates)
    if request.htmx and _is_fresh(request.GET.get("seen", ""), seen, is_waiting=bool(active)):
        return HttpResponse(status=204)
    shown, slots = forecast.expected(active[:MOST], gates) if active else ([], 0)
    context = {
        "active": shown,
        "attention": attention[MOST - 1 :: -1],
        "more_active": len(active) > MOST,
        "more_attention": len(attention) > MOST,
        "busy": gates.of_models,
        "slots": slots,
        "seen": f"{seen}-{time():.0f}",
    }
    if len(active) <= MOST and len(attention) <= MOST:
        # All of it is at hand: the header need not count it again.
        context["in_queue"] = in_queue = InQueue(len(active), len(attention))
        context["queue_seen"] = in_queue.seen(gates)
    return render(request, "queue/_queue.html" if request.htmx else "queue/queue.html", context)


@require_safe
def state(request: MemberRequest) -> HttpResponse:
    """For the header of every page, its count and the banner; 204 while they are as they were."""
    if not request.htmx:
        return redirect("queue")
    in_queue = InQueue.now()
    seen = in_queue.seen(closed_gates(request))
    if request.GET.get("shown") == seen:
        return HttpResponse(status=204)
    return render(request, "_queue_state.html", {"in_queue": in_queue, "queue_seen": seen})


def _digest(active: list[Card], attention: list[Card], gates: ClosedGates) -> str:
    """All that is shown, in a word."""
    shown = [f"{card.generation.pk}:{card.generation.state}:{card.seen}" for card in (*active, *attention)]
    shown += [f"{gate.pk}:{gate.until}:{gate.reason}" for gate in gates.all]
    return blake2s(" ".join(shown).encode(), digest_size=8).hexdigest()


def _is_fresh(drawn: str, seen: str, *, is_waiting: bool) -> bool:
    digest, _, at = drawn.partition("-")
    age = time() - int(at) if at.isdecimal() and len(at) < 12 else FRESH_FOR + 1.0
    return digest == seen and (age <= FRESH_FOR or not is_waiting)
