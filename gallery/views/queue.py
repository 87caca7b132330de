"""The queue: what waits and runs, and what ended badly and wants a word from its maker."""

from hashlib import blake2s

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery import cards
from gallery.http import MemberRequest
from gallery.models import Generation

MOST = 100


@require_safe
def queue(request: MemberRequest) -> HttpResponse:
    """The page, or for htmx its list; 204 while the list is as it was."""
    active = cards.active(MOST + 1, timed=True)
    ended = (
        Generation.objects.needing_attention().select_related("owner", "prompt").prefetch_related("images")
    )
    attention = cards.of_each(ended.order_by("-id")[: MOST + 1])
    shown = [f"{card['generation'].pk}:{card['seen']}" for card in (*active, *attention)]
    seen = blake2s(" ".join(shown).encode(), digest_size=8).hexdigest()
    if request.htmx and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    context = {
        "active": active[:MOST],
        "attention": attention[:MOST],
        "more_active": len(active) > MOST,
        "more_attention": len(attention) > MOST,
        "seen": seen,
    }
    if len(active) <= MOST:
        context["queue_count"] = len(active)
    return render(request, "queue/_queue.html" if request.htmx else "queue/queue.html", context)
