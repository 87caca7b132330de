"""Whose turn it is: round robin over the members; of one member's, single pictures before batches, older first.

A batch that has waited for a while counts as a single picture, so that a stream of those does not keep it for ever.

Twice: as the order in which SQL finds the next one, and as the whole line, which needs each member's own order as well.
Sorting some thousands of narrow rows here costs less than window functions do.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

BATCHES_STAND_BACK = timedelta(minutes=1)

_STANDS_BACK = Q(variants__gt=1, created_at__gt=Now() - BATCHES_STAND_BACK)
NEXT = (
    F("owner__served_at").asc(nulls_first=True),
    ExpressionWrapper(_STANDS_BACK, output_field=BooleanField()),
    "id",
)

RUNNING, LEASED, DUE, HELD = range(4)
COLUMNS = (
    "pk",
    "owner_id",
    "owner__served_at",
    "owner__is_active",
    "state",
    "token",
    "not_before",
    "variants",
    "created_at",
)
_NEVER = datetime.min.replace(tzinfo=UTC)


class Entry(NamedTuple):
    """What decides about a place: the COLUMNS."""

    pk: int
    owner: int
    served_at: datetime | None
    is_active: bool
    state: str
    token: UUID | None
    not_before: datetime | None
    variants: int
    created_at: datetime

    def own_place(self, now: datetime) -> tuple[bool, int]:
        """Its place among its member's."""
        return self.variants > 1 and self.created_at > now - BATCHES_STAND_BACK, self.pk

    def standing(self, now: datetime) -> int:
        """Sent or stored; about to be sent; due; held, by a moment of its own or because its member is deactivated."""
        if self.state != "queued":
            return RUNNING
        if self.token:
            return LEASED
        is_held = (self.not_before and self.not_before > now) or not self.is_active
        return HELD if is_held else DUE


def line(entries: Iterable[Entry], now: datetime) -> list[tuple[int, int]]:
    """Ids with their standings: what runs, what is leased, what is due in the order of the claims, what is held."""
    standing: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        standing[entry.standing(now)].append(entry)
    standing[DUE] = list(_by_turns(standing[DUE], now))
    for kind in (RUNNING, LEASED, HELD):
        standing[kind].sort()
    return [(entry.pk, kind) for kind in (RUNNING, LEASED, DUE, HELD) for entry in standing[kind]]


def _by_turns(due: list[Entry], now: datetime) -> Iterator[Entry]:
    """Each member's next, round after round, who was served longest ago first; who never was, by their first one."""
    own: dict[int, list[Entry]] = defaultdict(list)
    for entry in sorted(due, key=lambda entry: entry.own_place(now)):
        own[entry.owner].append(entry)
    members = sorted(own.values(), key=lambda mine: (mine[0].served_at or _NEVER, mine[0].own_place(now)))
    for turn in range(max(map(len, members), default=0)):
        yield from (mine[turn] for mine in members if len(mine) > turn)
