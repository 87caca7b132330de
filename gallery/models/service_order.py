"""Whose turn it is: round robin over the members; of one member's, single pictures before batches, older first.

A batch that has waited for a while counts as a single picture, so that a stream of those does not keep it for ever.
Who was refused goes behind all others, for a while too: what it met may be its own, and they need not meet it as well.

Twice: as the order in which SQL finds the next one, and as the whole line, which needs each member's own order as well.
Sorting some thousands of narrow rows here costs less than window functions do.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

BATCHES_STAND_BACK = timedelta(minutes=1)
# Counted from when the refused one may be sent again.
REFUSED_GO_BEHIND = timedelta(minutes=1)

# NULL is not false, and databases sort it to different ends.
_IS_BEHIND = Q(behind_until__isnull=False, behind_until__gt=Now())
_STANDS_BACK = Q(variants__gt=1, created_at__gt=Now() - BATCHES_STAND_BACK)
NEXT = (
    ExpressionWrapper(_IS_BEHIND, output_field=BooleanField()),
    F("owner__served_at").asc(nulls_first=True),
    ExpressionWrapper(_STANDS_BACK, output_field=BooleanField()),
    "id",
)
PROBE = (F("sent_at").asc(nulls_first=True), *NEXT)

RUNNING, LEASED, DUE, HELD = range(4)
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
    behind_until: datetime | None
    variants: int
    created_at: datetime

    def own_place(self, now: datetime) -> tuple[bool, int]:
        """Its place among its member's."""
        return self.variants > 1 and self.created_at > now - BATCHES_STAND_BACK, self.pk

    def is_behind(self, now: datetime) -> bool:
        """Whether it was refused, and the others go first for now."""
        return self.behind_until is not None and self.behind_until > now

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
    standing[DUE] = _due(standing[DUE], now)
    for kind in (RUNNING, LEASED, HELD):
        standing[kind].sort()
    return [(entry.pk, kind) for kind in (RUNNING, LEASED, DUE, HELD) for entry in standing[kind]]


def _due(due: list[Entry], now: datetime) -> list[Entry]:
    """In the order of the claims: all by turns, then by turns again who goes behind."""
    first = list(_by_turns((entry for entry in due if not entry.is_behind(now)), {}, now))
    served = {entry.owner: place for place, entry in enumerate(first)}
    return first + list(_by_turns((entry for entry in due if entry.is_behind(now)), served, now))


def _by_turns(due: Iterable[Entry], served: Mapping[int, int], now: datetime) -> Iterator[Entry]:
    """Each member's next, round after round, who was served longest ago first; who never was, by their first one.

    `served` tells who will have been served by then, the later the higher.
    """
    own: dict[int, list[Entry]] = defaultdict(list)
    for entry in sorted(due, key=lambda entry: entry.own_place(now)):
        own[entry.owner].append(entry)

    def turn(mine: list[Entry]) -> tuple[int, datetime, tuple[bool, int]]:
        return served.get(mine[0].owner, -1), mine[0].served_at or _NEVER, mine[0].own_place(now)

    members = sorted(own.values(), key=turn)
    for place in range(max(map(len, members), default=0)):
        yield from (mine[place] for mine in members if len(mine) > place)
