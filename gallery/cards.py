"""What a generation's card shows beside its row: its pictures, its place in the queue, how long its model takes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DurationField, ExpressionWrapper, F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from gallery.models import Attempt, Generation, Image, State
from gallery.models.attempt import Outcome

# The median of so many newest answers of a model; fewer tell nothing.
_SAMPLE = 7
TOOK = ExpressionWrapper(F("finished_at") - F("sent_at"), output_field=DurationField())


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an unfinished generation stands: its place among the waiting (0: none), and until when it is held."""

    state: str
    place: int
    held_until: datetime | None

    @property
    def seen(self) -> str:
        """What a card shows of it, in a word: the poll compares it."""
        held = f"-{self.held_until.timestamp():.0f}" if self.held_until else ""
        return f"{self.state}-{self.place}{held}"


def standing(generation: Generation, place: int | None = None) -> Standing:
    """Where it stands now; asks the database once for its place when it waits and `place` is not known."""
    if generation.state != State.QUEUED:
        return Standing(generation.state, 0, None)
    if place is None:
        place = 1 + Generation.objects.queued().filter(pk__lt=generation.pk).count()
    held = generation.not_before
    return Standing(generation.state, place, held if held and held > timezone.now() else None)


def with_typical_time(generations: QuerySet[Generation]) -> QuerySet[Generation]:
    """Annotate `typical`: the median time of the model's last answers, NULL while there are too few."""
    answered = Attempt.objects.filter(outcome=Outcome.OK, finished_at__isnull=False)
    newest = answered.filter(model=OuterRef(OuterRef("model"))).order_by("-sent_at").values("pk")[:_SAMPLE]
    times = Attempt.objects.filter(pk__in=newest).annotate(took=TOOK).order_by("took").values("took")
    return generations.annotate(typical=Subquery(times[_SAMPLE // 2 : _SAMPLE // 2 + 1]))


def active(limit: int, *, timed: bool) -> list[dict[str, Any]]:
    """The cards of what is waiting or running, first come first, at most `limit`; one query.

    Without `timed` it costs a third, and the typical times come with the cards' first poll.
    """
    known = Generation.objects.active().select_related("owner", "prompt").order_by("id")
    found = with_typical_time(known) if timed else known
    cards, waiting = [], 0
    for generation in found[:limit]:
        waiting += generation.state == State.QUEUED
        typical = getattr(generation, "typical", None)
        card = _card(generation, [], standing(generation, waiting), typical)
        if not timed and generation.state == State.SENDING:
            card["seen"] = ""
        cards.append(card)
    return cards


def of(generation: Generation, now: Standing | None = None) -> dict[str, Any]:
    """The card of one generation, with all it shows; at most two queries beside its place."""
    typical = None
    if generation.state == State.SENDING:
        timed = with_typical_time(Generation.objects.filter(pk=generation.pk)).first()
        typical = getattr(timed, "typical", None)
    images = [] if generation.is_active else list(generation.images.order_by("index"))
    return _card(generation, images, now or standing(generation), typical)


def of_each(generations: Iterable[Generation]) -> list[dict[str, Any]]:
    """Cards of generations whose images are prefetched; no query, so that a waiting one's place is left out."""
    return [
        _card(each, sorted(each.images.all(), key=lambda image: image.index), standing(each, 0), None)
        for each in generations
    ]


def _card(
    generation: Generation, images: list[Image], now: Standing, typical: timedelta | None
) -> dict[str, Any]:
    """What `generation/_card.html` is drawn from."""
    return {
        "generation": generation,
        "images": images,
        "place": now.place,
        "held_until": now.held_until,
        "seen": now.seen,
        "typical": typical if generation.state == State.SENDING else None,
        "elapsed": timezone.now() - generation.sent_at if generation.sent_at else None,
    }
