"""When what waits will be sent and ready: the workers' rules played forward with each model's typical time."""

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from gallery.display import generation_card
from gallery.display.generation_card import GenerationCard, Typical
from gallery.forms.plan import Plan
from gallery.models import Attempt, ClosedGates, Outcome, State, Worker
from gallery.models.service_order import Entry, Status
from gallery.pipeline.pace import WINDOW, images_a_minute

# Seconds that a call is taken to last while nothing is known of its model.
GUESS = 20.0
FOREVER = float("inf")
_MINUTE = WINDOW.total_seconds()


class Call(NamedTuple):
    """One generation of the queue: its model, its pictures, the seconds it is on its way, or those of its delay."""

    model: str
    images: int = 1
    running_for: float | None = None
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of a model: seconds it takes, images a minute, and when images were asked for (seconds ago)."""

    typical: float | None = None
    limit: int = 1
    asked: tuple[tuple[float, int], ...] = ()


class Expectation(NamedTuple):
    """Seconds from now until it is sent and until it is ready, as far as known; `limited` when its minute is full."""

    start: float | None = None
    ready: float | None = None
    limited: bool = False


_UNKNOWN = Expectation()


def expect(calls: Sequence[Call], slots: int, paces: Mapping[str, Pace]) -> list[Expectation]:
    """What to expect for each of `calls`, which are in the order of service; `slots` calls are made at once."""
    expectations = [_UNKNOWN] * len(calls)
    running = [index for index, call in enumerate(calls) if call.running_for is not None]
    free: list[float] = [0.0] * max(slots - len(running), 0)
    for index in running:
        call, pace = calls[index], paces.get(calls[index].model, Pace())
        left = max((pace.typical or GUESS) - (call.running_for or 0.0), 1.0)
        free.append(left)
        expectations[index] = Expectation(0.0, left if pace.typical else None)
    heapq.heapify(free)
    queues = _queues(calls, paces)
    while queues and slots:
        now = free[0]
        for queue in queues:
            queue.look(now)
        # Of those that may go first, the one whose turn it is.
        queue = min(queues)
        start, call, typical = queue.start, queue.call, queue.typical
        if start == FOREVER:
            break
        is_limited = start > max(now, call.delay)
        ready = start + typical if typical else None
        expectations[queue.indices.pop()] = Expectation(start, ready, is_limited)
        heapq.heapreplace(free, start + (typical or GUESS))
        queue.minute.add(start, call.images)
        queues = [each for each in queues if each.indices]
    return expectations


def _queues(calls: Sequence[Call], paces: Mapping[str, Pace]) -> "list[_Queue]":
    """Those that wait, by what they are: of equal ones the first goes first."""
    minutes = {model: _Minute.of(paces.get(model, Pace())) for model in {call.model for call in calls}}
    queues: dict[Call, _Queue] = {}
    for index in range(len(calls) - 1, -1, -1):
        call = calls[index]
        if call.running_for is None:
            queue = queues.get(call)
            if queue is None:
                typical = paces.get(call.model, Pace()).typical
                queue = queues[call] = _Queue(call, minutes[call.model], typical)
            queue.indices.append(index)
    return list(queues.values())


@dataclass(slots=True)
class _Queue:
    """Calls that are alike, as indices in the order of service, the first one last; and when that one may start."""

    call: Call
    minute: "_Minute"
    typical: float | None
    indices: list[int] = field(default_factory=list)
    start: float = -1.0
    seen: int = -1

    def __lt__(self, other: "_Queue") -> bool:
        return (self.start, self.indices[-1]) < (other.start, other.indices[-1])

    def look(self, now: float) -> None:
        """Bring `start` up to date: it changes when time comes to it, or when its minute was spent from."""
        if self.start < now or self.seen != self.minute.changes:
            self.start = self.minute.room(self.call.images, max(now, self.call.delay), now)
            self.seen = self.minute.changes


@dataclass(slots=True)
class _Minute:
    """What was asked of a model, oldest first: until when each counts, and how many images it was."""

    limit: int
    spent: deque[tuple[float, int]]
    total: int
    changes: int = 0

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
        self.changes += 1


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to expect of each generation that waits or runs, by its id; and how many calls are made at once.

    `typical` are the usual times of their models, `at` is the moment from which seconds are counted.
    """

    expectations: Mapping[int, Expectation]
    slots: int
    typical: Mapping[str, Typical]
    at: datetime

    def applied(self, card: GenerationCard) -> GenerationCard:
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
        moments = [self.expectations.get(pk, _UNKNOWN).ready for pk in ids]
        return (
            self._moment(max((each or 0.0 for each in moments), default=None))
            if None not in moments
            else None
        )

    def _moment(self, seconds: float | None) -> datetime | None:
        return self.at + timedelta(seconds=seconds) if seconds is not None else None


def of_queue(queue: Sequence[Entry], gates: ClosedGates) -> Forecast:
    """What to expect of what waits and runs, given in the order of service; three queries."""
    typical = generation_card.typical(entry.model for entry in queue)
    slots = calls_at_once()
    now = timezone.now()
    calls = _calls(queue, gates, now)
    expectations = expect(calls, slots, _paces(typical, now))
    by_id = {entry.pk: each for entry, each in zip(queue, expectations, strict=True)}
    return Forecast(by_id, slots, typical, now)


def of_click(plan: Plan, queue: Sequence[Entry], gates: ClosedGates) -> timedelta | None:
    """How long until all pictures of a click that is sent now are ready, behind what waits; None when not known.

    It takes its place behind everything: turns may let it go earlier.
    """
    wanted = [leg.model.id for leg in plan.legs]
    typical = generation_card.typical({*(entry.model for entry in queue), *wanted})
    now = timezone.now()
    before = _calls(queue, gates, now)
    delays = {model: _gate_delay(gates, model, now) for model in wanted}
    own = [
        Call(model, plan.variants, delay=delays[model])
        for _ in range(plan.words * plan.seeds)
        for model in wanted
    ]
    ready = [
        each.ready for each in expect([*before, *own], calls_at_once(), _paces(typical, now))[len(before) :]
    ]
    certain = [each for each in ready if each is not None]
    return timedelta(seconds=max(certain)) if ready and len(certain) == len(ready) else None


def calls_at_once() -> int:
    """How many calls the living workers make at once, each taken to have our WORKER_CONCURRENCY."""
    return Worker.objects.alive().count() * settings.WORKER_CONCURRENCY


def _paces(typical: Mapping[str, Typical], now: datetime) -> dict[str, Pace]:
    """What is known of each model, with what was asked of it within the last minute."""
    asked: dict[str, list[tuple[float, int]]] = defaultdict(list)
    recent = Attempt.objects.filter(sent_at__gt=Now() - WINDOW, model__in=typical)
    sent = recent.exclude(outcome=Outcome.UNSENT).values_list("model", "sent_at", "images_asked")
    for model, sent_at, images in sent:
        asked[model].append((max((now - sent_at).total_seconds(), 0.0), images))
    return {
        model: Pace(
            times.took.total_seconds() if times.took else None,
            images_a_minute(times.rate_limit),
            tuple(asked[model]),
        )
        for model, times in typical.items()
    }


def _calls(queue: Sequence[Entry], gates: ClosedGates, now: datetime) -> list[Call]:
    delays = {model: _gate_delay(gates, model, now) for model in {entry.model for entry in queue}}
    # Most of some thousand are alike: they share one.
    plain: dict[tuple[str, int], Call] = {}
    calls = []
    for entry in queue:
        if entry.status == Status.RUNNING or entry.is_paused or entry.not_before:
            calls.append(_call(entry, delays[entry.model], now))
            continue
        key = entry.model, entry.variants
        call = plain.get(key)
        if call is None:
            call = plain[key] = _call(entry, delays[entry.model], now)
        calls.append(call)
    return calls


def _call(entry: Entry, delay: float, now: datetime) -> Call:
    if entry.status == Status.RUNNING:
        sent_at = entry.sent_at or now
        return Call(entry.model, entry.variants, max((now - sent_at).total_seconds(), 0.0))
    if entry.is_paused:
        return Call(entry.model, entry.variants, None, FOREVER)
    own = (entry.not_before - now).total_seconds() if entry.not_before else 0.0
    return Call(entry.model, entry.variants, None, max(own, delay))


def _gate_delay(gates: ClosedGates, model: str, now: datetime) -> float:
    """For how many seconds a gate keeps the model's requests."""
    gate = gates.before(model)
    if not gate:
        return 0.0
    return max((gate.until - now).total_seconds(), 0.0) if gate.until else FOREVER
