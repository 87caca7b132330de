"""Whose turn it is: round robin over the members; of one member's, single requests before batches, older first.

A batch is several pictures in one call, or a click of several requests. One that has waited for a while counts as a
single picture, so that a stream of those does not keep it for ever.
Who was refused goes behind all others, for a while too: what it met may be its own, and they need not meet it as well.

Twice: as the order in which SQL finds the next one, and as the whole queue, which needs each member's own order too.
Sorting some thousands of narrow rows here costs less than window functions do.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import NamedTuple
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

from gallery.models.states import State

BATCHES_STAND_BACK = timedelta(minutes=1)
# Counted from when the refused one may be sent again.
REFUSED_GO_BEHIND = timedelta(minutes=1)

# NULL is not false, and databases sort it to different ends.
_IS_BEHIND = Q(behind_until__isnull=False, behind_until__gt=Now())
_STANDS_BACK = (Q(variants__gt=1) | ~Q(batch__kind="one")) & Q(created_at__gt=Now() - BATCHES_STAND_BACK)
NEXT = (
    ExpressionWrapper(_IS_BEHIND, output_field=BooleanField()),
    F("owner__served_at").asc(nulls_first=True),
    ExpressionWrapper(_STANDS_BACK, output_field=BooleanField()),
    "id",
)
PROBE = (F("sent_at").asc(nulls_first=True), *NEXT)


class Status(IntEnum):
    """Sent or stored; about to be sent; due; held: by a moment of its own, or with its member or its click."""

    RUNNING = 0
    LEASED = 1
    DUE = 2
    HELD = 3


COLUMNS = (
    "pk",
    "owner_id",
    "owner__served_at",
    "owner__is_active",
    "state",
    "token",
    "not_before",
    "behind_until",
    "variants",
    "created_at",
    "sent_at",
    "model",
    "batch_id",
    "batch__kind",
    "batch__paused_at",
)
_NEVER = datetime.min.replace(tzinfo=UTC)


class Entry(NamedTuple):
    """What decides about a position, and about what is to be expected of it: the COLUMNS."""

    pk: int
    owner: int
    served_at: datetime | None
    is_active: bool
    state: str
    token: UUID | None
    not_before: datetime | None
    behind_until: datetime | None
    variants: int
    created_at: datetime
    sent_at: datetime | None
    model: str
    batch: int
    batch_kind: str
    paused_at: datetime | None

    def own_position(self, now: datetime) -> tuple[bool, int]:
        """Its position among its member's."""
        return (self.variants > 1 or self.is_of_many) and self.created_at > now - BATCHES_STAND_BACK, self.pk

    @property
    def is_of_many(self) -> bool:
        """Whether its click made several requests."""
        return self.batch_kind != "one"

    def is_behind(self, now: datetime) -> bool:
        """Whether it was refused, and the others go first for now."""
        return self.behind_until is not None and self.behind_until > now

    def status(self, now: datetime) -> Status:
        """What it waits for, if it waits."""
        if self.state != State.QUEUED:
            return Status.RUNNING
        if self.token:
            return Status.LEASED
        is_later = self.not_before is not None and self.not_before > now
        is_held = is_later or not self.is_active or self.paused_at is not None
        return Status.HELD if is_held else Status.DUE


def in_order(entries: Iterable[Entry], now: datetime) -> list[tuple[Entry, Status]]:
    """All with their status: what runs, what is leased, what is due in the order of the claims, what is held."""
    groups: dict[Status, list[Entry]] = {status: [] for status in Status}
    for entry in entries:
        groups[entry.status(now)].append(entry)
    for status, group in groups.items():
        groups[status] = _due(group, now) if status == Status.DUE else sorted(group)
    return [(entry, status) for status, group in groups.items() for entry in group]


def _due(due: list[Entry], now: datetime) -> list[Entry]:
    """In the order of the claims: all by turns, then by turns again who goes behind."""
    first = list(_by_turns((entry for entry in due if not entry.is_behind(now)), {}, now))
    served = {entry.owner: position for position, entry in enumerate(first)}
    return first + list(_by_turns((entry for entry in due if entry.is_behind(now)), served, now))


def _by_turns(due: Iterable[Entry], served: Mapping[int, int], now: datetime) -> Iterator[Entry]:
    """Each member's next, round after round, who was served longest ago first; who never was, by their first one.

    `served` tells who will have been served by then, the later the higher.
    """
    owned: dict[int, list[Entry]] = defaultdict(list)
    for entry in sorted(due, key=lambda entry: entry.own_position(now)):
        owned[entry.owner].append(entry)

    def turn(entries: list[Entry]) -> tuple[int, datetime, tuple[bool, int]]:
        first = entries[0]
        return served.get(first.owner, -1), first.served_at or _NEVER, first.own_position(now)

    members = sorted(owned.values(), key=turn)
    for turns in range(max(map(len, members), default=0)):
        yield from (entries[turns] for entries in members if len(entries) > turns)
