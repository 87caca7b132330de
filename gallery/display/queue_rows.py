"""What runs or waits, in the order of service: a card for a single request, one line for a click of several."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Count, QuerySet

from gallery.display import generation_card
from gallery.display.batch_card import BatchCard
from gallery.display.forecast import Forecast
from gallery.display.generation_card import GenerationCard, QueueState
from gallery.models import Batch, ClosedGates, Generation, Prompt, State, User, kept_sql
from gallery.models.service_order import Entry, Status
from gallery.models.sets import IdsWritten, written

Key = tuple[bool, int]
# What a card tells of a request, of its maker, its click and its words: each table as its rows are made, by its path.
_TABLES: dict[str, tuple[Any, list[str]]] = {
    path: (model, [field.attname for field in model._meta.concrete_fields])
    for path, model in {"": Generation, "owner__": User, "batch__": Batch, "prompt__": Prompt}.items()
}


@dataclass(frozen=True, slots=True)
class Lines:
    """The first lines of the queue, and all that stands in it.

    `members` are the generations of each click that is shown, by the click's id; `hosts` those whose answers lie on a
    silent host, and keep no worker busy.
    """

    shown: Sequence[GenerationCard | BatchCard]
    queue: Sequence[Entry]
    members: Mapping[int, Sequence[int]]
    hosts: Mapping[int, str]
    is_more: bool

    @property
    def running(self) -> list[Entry]:
        """What the workers have to do, in the order of service."""
        return [entry for entry in self.queue if entry.pk not in self.hosts]

    @property
    def by_themselves(self) -> list[GenerationCard | BatchCard]:
        """The cards as they stand where each asks for itself: those of clicks without their positions."""
        return [replace(card, position=0) if isinstance(card, BatchCard) else card for card in self.shown]

    def expected(self, forecast: Forecast) -> "list[GenerationCard | BatchCard]":
        """The cards with when each may be ready."""
        return [
            forecast.applied(card)
            if isinstance(card, GenerationCard)
            else replace(card, ready_at=forecast.ready_at(self.members[card.batch.pk]))
            for card in self.shown
        ]


def active(limit: int, gates: ClosedGates) -> Lines:
    """At most `limit` lines; one query, and two or four more when there are any, however many wait."""
    queue = Generation.objects.whole_queue()
    places: dict[Key, list[tuple[Entry, int]]] = {}
    running = sum(entry.status == Status.RUNNING for entry in queue)
    for position, entry in enumerate(queue, 1 - running):
        key = (True, entry.batch) if entry.is_of_many else (False, entry.pk)
        if key in places or len(places) <= limit:
            waits = position if Status.RUNNING < entry.status <= Status.DUE else 0
            places.setdefault(key, []).append((entry, waits))
    keys = list(places)[:limit]
    rows = _singles([pk for is_of_many, pk in keys if not is_of_many])
    hosts = generation_card.silent_hosts(rows.values())
    clicks = _clicks([pk for is_of_many, pk in keys if is_of_many])
    shown: list[GenerationCard | BatchCard] = []
    for key in keys:
        is_of_many, pk = key
        if is_of_many and pk in clicks:
            waits = next((waits for _, waits in places[key] if waits), 0)
            shown.append(replace(clicks[pk], position=waits))
        elif not is_of_many and pk in rows:
            ((entry, waits),) = places[key]
            shown.append(_single(rows[pk], entry, waits, gates, hosts.get(pk, "")))
    members = {pk: [entry.pk for entry, _ in places[True, pk]] for pk in clicks}
    return Lines(shown, queue, members, hosts, len(places) > limit)


def _singles(ids: Sequence[int]) -> dict[int, Generation]:
    """Requests by id, each with its maker, words and click, as `select_related` would give them; one query.

    Its SQL is kept: to write four tables' columns takes Django longer than to read a dozen rows.
    """
    rows = {}
    for row in kept_sql.ask("cards of the queue", _joined, written(ids)) if ids else ():
        columns = iter(row)
        generation, owner, batch, prompt = (
            model.from_db(DEFAULT_DB_ALIAS, names, [*islice(columns, len(names))])
            for model, names in _TABLES.values()
        )
        generation.owner, generation.batch = owner, batch
        generation.prompt = prompt if prompt.pk is not None else None
        rows[generation.pk] = generation
    return rows


def _joined(ids: str) -> QuerySet[Generation, Any]:
    """The columns of `_TABLES`, one after the other."""
    columns = [f"{path}{name}" for path, (_, names) in _TABLES.items() for name in names]
    return Generation.objects.filter(pk__in=IdsWritten(ids)).order_by().values_list(*columns)


def _single(row: Generation, entry: Entry, waits: int, gates: ClosedGates, host: str) -> GenerationCard:
    gate = gates.before(row.model) if entry.status == Status.DUE else None
    on_hold_until = None if row.is_paused else generation_card.on_hold_until(row)
    now = QueueState(row.state, waits, on_hold_until, gate, host, paused=row.is_paused)
    card = generation_card.card_of_active(row, now)
    # The first poll of one that is being sent brings what is left out here.
    return replace(card, seen="") if row.state == State.SENDING else card


def _clicks(ids: Sequence[int]) -> dict[int, BatchCard]:
    """Cards of clicks by their ids; three queries when there are any."""
    if not ids:
        return {}
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    members = Generation.objects.filter(batch__in=ids).order_by()
    for pk, state, number in members.values_list("batch", "state").annotate(number=Count("pk")):
        counts[pk][state] = number
    words = {row.batch_id: row.title for row in _firsts(ids)}
    batches = Batch.objects.select_related("owner").in_bulk(ids)
    return {
        pk: BatchCard(
            batch=batches[pk], cards=(), counts=counts[pk], spent=Decimal(0), words=words.get(pk, "")
        )
        for pk in ids
        if pk in batches
    }


def card_of(batch: Batch) -> BatchCard:
    """The card of one click of the queue, without its position; KeyError when there is no such click. Three queries."""
    return _clicks([batch.pk])[batch.pk]


def _firsts(ids: Iterable[int]) -> "list[Generation]":
    return list(Generation.objects.filter(batch__in=ids, position=0).select_related("prompt"))
