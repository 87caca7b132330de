"""What a generation's card shows beside its row: its pictures, its place in the queue, how long its model takes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DurationField, ExpressionWrapper, F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from gallery.models import Attempt, Generation, State
from gallery.models.attempt import Outcome

# The median of so many newest answers of a model; fewer tell nothing.
_SAMPLE = 7
TOOK = ExpressionWrapper(F("finished_at") - F("sent_at"), output_field=DurationField())


def with_typical_time(generations: QuerySet[Generation]) -> QuerySet[Generation]:
    """Annotate `typical`: the median time of the model's last answers, NULL while there are too few."""
    answered = Attempt.objects.filter(outcome=Outcome.OK, finished_at__isnull=False)
    newest = answered.filter(model=OuterRef(OuterRef("model"))).order_by("-sent_at").values("pk")[:_SAMPLE]
    times = Attempt.objects.filter(pk__in=newest).annotate(took=TOOK).order_by("took").values("took")
    return generations.annotate(typical=Subquery(times[_SAMPLE // 2 : _SAMPLE // 2 + 1]))


def active(limit: int) -> list[dict[str, Any]]:
    """The cards of what is waiting or running, first come first, at most `limit`; one query."""
    known = Generation.objects.active().select_related("owner", "prompt").order_by("id")
    cards, waiting = [], 0
    for generation in with_typical_time(known)[:limit]:
        waiting += generation.state == State.QUEUED
        cards.append(context(generation, [], place=waiting, typical=getattr(generation, "typical", None)))
    return cards


def of(generation: Generation) -> dict[str, Any]:
    """The card of one generation, with all it shows; at most three queries."""
    place, typical = 0, None
    if generation.state == State.QUEUED:
        place = 1 + Generation.objects.queued().filter(pk__lt=generation.pk).count()
    if generation.state == State.SENDING:
        timed = with_typical_time(Generation.objects.filter(pk=generation.pk)).first()
        typical = getattr(timed, "typical", None)
    return context(generation, list(generation.images.order_by("index")), place=place, typical=typical)


def of_each(generations: Iterable[Generation]) -> list[dict[str, Any]]:
    """Cards of generations whose images are prefetched; no query."""
    return [context(each, sorted(each.images.all(), key=lambda image: image.index)) for each in generations]


def context(
    generation: Generation, images: list[Any], *, place: int = 0, typical: timedelta | None = None
) -> dict[str, Any]:
    """What `generation/_card.html` is drawn from. `seen` names what the card shows, for the poll to compare."""
    place = place if generation.state == State.QUEUED else 0
    held = (
        generation.not_before
        if generation.state == State.QUEUED and _is_ahead(generation.not_before)
        else None
    )
    return {
        "generation": generation,
        "images": images,
        "place": place,
        "held_until": held,
        "typical": typical if generation.state == State.SENDING else None,
        "elapsed": timezone.now() - generation.sent_at if generation.sent_at else None,
        "seen": f"{generation.state}-{place}-{held.timestamp():.0f}"
        if held
        else f"{generation.state}-{place}",
    }


def _is_ahead(moment: datetime | None) -> bool:
    return moment is not None and moment > timezone.now()
