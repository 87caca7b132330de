"""When what waits will be sent and ready: the workers' rules played forward with each model's typical time."""

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from gallery.display import generation_card
from gallery.display.generation_card import Card, Typical
from gallery.forms.plan import Plan
from gallery.models import Attempt, ClosedGates, Outcome, State, Worker
from gallery.models.service_order import Entry
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
    free: list[float] = [0.0] * max(slots - len(running), 0)
    for index in running:
        call, pace = calls[index], paces.get(calls[index].model, Pace())
        left = max((pace.typical or GUESS) - (call.running_for or 0.0), 1.0)
        free.append(left)
        expectations[index] = Expectation(0.0, left if pace.typical else None)
    heapq.heapify(free)
    minutes = {model: _Minute.of(paces.get(model, Pace())) for model in {call.model for call in calls}}
    lines = _lines(calls)
    while lines and slots:
        now = free[0]
        # Of those that may go first, the one whose turn it is.
        start, index, line = min(
            (minutes[call.model].room(call.images, max(now, call.held_for), now), line[-1], line)
            for call, line in lines.items()
        )
        if start == FOREVER:
            break
        call = calls[index]
        expectations[index] = _begin(call, paces, start, max(now, call.held_for))
        minutes[call.model].add(start, call.images)
        heapq.heapreplace(free, start + (paces.get(call.model, Pace()).typical or GUESS))
        line.pop()
        if not line:
            del lines[call]
    return expectations


def _lines(calls: Sequence[Call]) -> dict[Call, list[int]]:
    """The places of those that wait, by what they are: of equal ones the first goes first, at the end of its list."""
    lines: dict[Call, list[int]] = {}
    for index in range(len(calls) - 1, -1, -1):
        if calls[index].running_for is None:
            lines.setdefault(calls[index], []).append(index)
    return lines


def _begin(call: Call, paces: Mapping[str, Pace], start: float, could: float) -> Expectation:
    typical = paces.get(call.model, Pace()).typical
    return Expectation(start, start + typical if typical else None, limited=start > could)


@dataclass(slots=True)
class _Minute:
    """What was asked of a model, oldest first: until when each counts, and how many images it was."""

    limit: int
    spent: deque[tuple[float, int]]
    total: int

    @classmethod
    def of(cls, pace: Pace) -> "_Minute":
        spent = deque(sorted((_MINUTE - ago, images) for ago, images in pace.asked))
        return cls(pace.limit, spent, sum(images for _, images in spent))

    def room(self, images: int, moment: float, now: float) -> float:
        """The first moment from `moment` on at which there is room for so many; nobody asks for one before `now`."""
        while self.spent and self.spent[0][0] <= now:
            self.total -= self.spent.popleft()[1]
        total, limit = self.total, max(self.limit, images)
        for until, others in self.spent:
            if until > moment:
                if total + images <= limit:
                    return moment
                moment = until
            total -= others
        return moment

    def add(self, start: float, images: int) -> None:
        """One more begins: never before one of its model that is there already."""
        self.spent.append((start + _MINUTE, images))
        self.total += images


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to expect of each generation that waits or runs, by its id; and how many calls are made at once.

    `typical` are the usual times of their models, `at` is the moment from which seconds are counted.
    """

    expectations: Mapping[int, Expectation]
    slots: int
    typical: Mapping[str, Typical]
    at: datetime

    def applied(self, card: Card) -> Card:
        """The card with what is expected of it; as it is when that is nothing."""
        expectation = self.expectations.get(card.generation.pk)
        if expectation is None:
            return card
        card = replace(card, typical=self.typical[card.generation.model].took)
        if card.generation.state != State.QUEUED:
            return card
        starts_at = self._moment(expectation.start) if expectation.limited else None
        return replace(card, starts_at=starts_at, ready_at=self._moment(expectation.ready))

    def ready_at(self, ids: Iterable[int]) -> datetime | None:
        """When all of them will be ready; None when that is not known of one of them."""
        known = [self.expectations.get(pk, Expectation()).ready for pk in ids]
        return self._moment(max((each or 0.0 for each in known), default=None)) if None not in known else None

    def _moment(self, seconds: float | None) -> datetime | None:
        return self.at + timedelta(seconds=seconds) if seconds is not None else None


def of_line(line: Sequence[Entry], gates: ClosedGates) -> Forecast:
    """What to expect of what waits and runs, given in the order of service; three queries."""
    typical = generation_card.typical(entry.model for entry in line)
    slots = _slots()
    now = timezone.now()
    calls = [_call(entry, gates, now) for entry in line]
    expectations = expect(calls, slots, _paces(typical, now))
    by_id = {entry.pk: each for entry, each in zip(line, expectations, strict=True)}
    return Forecast(by_id, slots, typical, now)


def of_click(plan: Plan, line: Sequence[Entry], gates: ClosedGates) -> timedelta | None:
    """How long until all pictures of a click that is sent now are ready, behind what waits; None when not known.

    It takes its place behind everything: turns may let it go earlier.
    """
    wanted = [leg.model.id for leg in plan.legs]
    typical = generation_card.typical({*(entry.model for entry in line), *wanted})
    now = timezone.now()
    before = [_call(entry, gates, now) for entry in line]
    held = {model: _held(gates, model, now) for model in wanted}
    own = [
        Call(model, plan.variants, held_for=held[model])
        for _ in range(plan.words * plan.seeds)
        for model in wanted
    ]
    ready = [each.ready for each in expect([*before, *own], _slots(), _paces(typical, now))[len(before) :]]
    known = [each for each in ready if each is not None]
    return timedelta(seconds=max(known)) if ready and len(known) == len(ready) else None


def _slots() -> int:
    """How many calls the workers that are there make at once."""
    return Worker.objects.alive().count() * settings.WORKER_CONCURRENCY


def _paces(typical: Mapping[str, Typical], now: datetime) -> dict[str, Pace]:
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


def _call(entry: Entry, gates: ClosedGates, now: datetime) -> Call:
    if entry.state != State.QUEUED:
        sent_at = entry.sent_at or now
        return Call(entry.model, entry.variants, max((now - sent_at).total_seconds(), 0.0))
    if entry.paused_at is not None:
        return Call(entry.model, entry.variants, held_for=FOREVER)
    held = (entry.not_before - now).total_seconds() if entry.not_before else 0.0
    return Call(entry.model, entry.variants, held_for=max(held, _held(gates, entry.model, now)))


def _held(gates: ClosedGates, model: str, now: datetime) -> float:
    """For how many seconds a gate keeps the model's requests."""
    gate = gates.before(model)
    if not gate:
        return 0.0
    return max((gate.until - now).total_seconds(), 0.0) if gate.until else FOREVER
