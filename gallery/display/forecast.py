"""When what waits will be sent and ready: the workers' rules played forward with each model's typical time."""

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from gallery.display import generation_card
from gallery.display.generation_card import Card
from gallery.models import Attempt, ClosedGates, Generation, Outcome, State, Worker
from gallery.pipeline.pace import WINDOW

# Seconds that a call is taken to last while nothing is known of its model.
GUESS = 20.0
FOREVER = float("inf")
_MINUTE = WINDOW.total_seconds()


@dataclass(frozen=True, slots=True)
class Call:
    """One generation of the queue: its model, its pictures, the seconds it is on its way, or will be held for."""

    model: str
    images: int = 1
    running_for: float | None = None
    held_for: float = 0.0


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of a model: seconds it takes, images a minute, and when images were asked for (seconds ago)."""

    typical: float | None = None
    limit: int = 1
    asked: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """Seconds from now until it is sent and until it is ready, as far as known; `limited` when its minute is full."""

    start: float | None = None
    ready: float | None = None
    limited: bool = False


def expect(calls: Sequence[Call], slots: int, paces: Mapping[str, Pace]) -> list[Expectation]:
    """What to expect for each of `calls`, which are in the order of service; `slots` calls are made at once."""
    expectations = [Expectation()] * len(calls)
    running = [index for index, call in enumerate(calls) if call.running_for is not None]
    waiting = [index for index, call in enumerate(calls) if call.running_for is None]
    free: list[float] = [0.0] * max(slots - len(running), 0)
    for index in running:
        call, pace = calls[index], paces.get(calls[index].model, Pace())
        left = max((pace.typical or GUESS) - (call.running_for or 0.0), 1.0)
        free.append(left)
        expectations[index] = Expectation(0.0, left if pace.typical else None)
    heapq.heapify(free)
    asked: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for model, pace in paces.items():
        asked[model] = [(-ago, images) for ago, images in pace.asked]
    while waiting and slots:
        now = free[0]
        # Of those that may go first, the one whose turn it is.
        starts = {index: _room(calls[index], paces, asked, now) for index in waiting}
        index = min(waiting, key=starts.__getitem__)
        start = starts[index]
        if start == FOREVER:
            break
        expectations[index] = _begin(calls[index], paces, start, max(now, calls[index].held_for))
        asked[calls[index].model].append((start, calls[index].images))
        heapq.heapreplace(free, start + (paces.get(calls[index].model, Pace()).typical or GUESS))
        waiting.remove(index)
    return expectations


def _begin(call: Call, paces: Mapping[str, Pace], start: float, could: float) -> Expectation:
    typical = paces.get(call.model, Pace()).typical
    return Expectation(start, start + typical if typical else None, limited=start > could)


def _room(
    call: Call, paces: Mapping[str, Pace], asked: Mapping[str, list[tuple[float, int]]], now: float
) -> float:
    """The first moment from `now` on at which the model's last minute has room for the call."""
    now = max(now, call.held_for)
    limit = max(paces.get(call.model, Pace()).limit, call.images)
    spent = [(at + _MINUTE, images) for at, images in asked.get(call.model, ()) if at + _MINUTE > now]
    total = sum(images for _, images in spent)
    for until, images in sorted(spent):
        if total + call.images <= limit:
            return now
        total, now = total - images, until
    return now


def expected(cards: Sequence[Card], gates: ClosedGates) -> tuple[list[Card], int]:
    """The cards with what to expect of each, and how many calls the workers make at once; three queries."""
    # What waits for a silent host keeps no worker busy.
    generations = [card.generation for card in cards if not card.host]
    typical = generation_card.typical(each.model for each in generations)
    slots = Worker.objects.alive().count() * settings.WORKER_CONCURRENCY
    now = timezone.now()
    calls = [_call(each, gates, now) for each in generations]
    by_generation = dict(zip(generations, expect(calls, slots, _paces(typical, now)), strict=True))
    return [_with(card, by_generation.get(card.generation), typical, now) for card in cards], slots


def _with(
    card: Card, expectation: Expectation | None, typical: Mapping[str, generation_card.Typical], now: datetime
) -> Card:
    """The card with what is expected of it; as it is when that is nothing."""
    if expectation is None:
        return card
    card = replace(card, typical=typical[card.generation.model].took)
    if card.generation.state != State.QUEUED:
        return card
    starts_at = _at(now, expectation.start) if expectation.limited else None
    return replace(card, starts_at=starts_at, ready_at=_at(now, expectation.ready))


def _at(now: datetime, seconds: float | None) -> datetime | None:
    return now + timedelta(seconds=seconds) if seconds is not None else None


def _paces(typical: Mapping[str, generation_card.Typical], now: datetime) -> dict[str, Pace]:
    """What is known of each model, with what was asked of it within the last minute."""
    asked: dict[str, list[tuple[float, int]]] = defaultdict(list)
    recent = Attempt.objects.filter(sent_at__gt=Now() - WINDOW, model__in=typical)
    sent = recent.exclude(outcome=Outcome.UNSENT).values_list("model", "sent_at", "images_asked")
    for model, sent_at, images in sent:
        asked[model].append((max((now - sent_at).total_seconds(), 0.0), images))
    ours = settings.VENICE_REQUESTS_PER_MINUTE
    return {
        model: Pace(
            times.took.total_seconds() if times.took else None,
            min(ours, times.rate_limit or ours),
            tuple(asked[model]),
        )
        for model, times in typical.items()
    }


def _call(generation: Generation, gates: ClosedGates, now: datetime) -> Call:
    if generation.state != State.QUEUED:
        sent_at = generation.sent_at or now
        return Call(generation.model, generation.variants, max((now - sent_at).total_seconds(), 0.0))
    held = (generation.not_before - now).total_seconds() if generation.not_before else 0.0
    gate = gates.before(generation.model)
    if gate:
        held = max(held, (gate.until - now).total_seconds() if gate.until else FOREVER)
    return Call(generation.model, generation.variants, held_for=max(held, 0.0))
