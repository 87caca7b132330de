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
from operator import itemgetter
from typing import NamedTuple

from django.db.models import BooleanField, Case, ExpressionWrapper, F, IntegerField, Q, Value, When
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
    """Sent or stored; about to be sent; due; on hold: by a moment of its own, or with its member or its click."""

    RUNNING = 0
    LEASED = 1
    DUE = 2
    ON_HOLD = 3


_NOT_YET = Q(not_before__isnull=False, not_before__gt=Now())
_ON_HOLD = _NOT_YET | Q(owner__is_active=False) | Q(batch__paused_at__isnull=False)


class _AsItComes(IntegerField):  # type: ignore[type-arg]
    """A whole number that nothing converts: Django would call a function for each of some thousand rows."""

    def get_internal_type(self) -> str:
        """None that Django knows."""
        return "AsItComes"


def _number(*cases: tuple[Q, int], otherwise: int) -> Case:
    """As a whole number: databases give it as it is, where a moment or a truth costs a call for each row."""
    whens = (When(condition, then=Value(number)) for condition, number in cases)
    return Case(*whens, default=Value(otherwise), output_field=_AsItComes())


COLUMNS = (
    "pk",
    "owner_id",
    "owner__served_at",
    _number(
        (~Q(state=State.QUEUED), Status.RUNNING),
        (Q(token__isnull=False), Status.LEASED),
        (_ON_HOLD, Status.ON_HOLD),
        otherwise=Status.DUE,
    ),
    _number((_STANDS_BACK, 1), otherwise=0),
    _number((_IS_BEHIND, 1), otherwise=0),
    "variants",
    "model",
    "batch_id",
    _number((Q(batch__kind="one"), 0), otherwise=1),
    _number((Q(batch__paused_at__isnull=True), 0), otherwise=1),
    "not_before",
    "sent_at",
)
_NEVER = datetime.min.replace(tzinfo=UTC)


# Where `stands_back` is.
_STANDS = 4


class Entry(NamedTuple):
    """What decides about a position, and about what is to be expected of it: the COLUMNS.

    `is_of_many` tells that its click made several requests.
    """

    pk: int
    owner: int
    served_at: datetime | None
    status: int
    stands_back: int
    is_behind: int
    variants: int
    model: str
    batch: int
    is_of_many: int
    is_paused: int
    not_before: datetime | None
    sent_at: datetime | None

    @property
    def own_position(self) -> tuple[int, int]:
        """Sorts it among its member's: what stands back after the others, and of each the older first."""
        return self.stands_back, self.pk


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """What runs, what is leased, what is due in the order of the claims, what is held."""
    groups: dict[int, list[Entry]] = {status: [] for status in Status}
    for entry in sorted(entries, key=itemgetter(0)):
        groups[entry.status].append(entry)
    groups[Status.DUE] = _due(groups[Status.DUE])
    return [entry for group in groups.values() for entry in group]


def _due(due: list[Entry]) -> list[Entry]:
    """In the order of the claims: all by turns, then by turns again who goes behind."""
    first = list(_by_turns((entry for entry in due if not entry.is_behind), {}))
    served = {entry.owner: position for position, entry in enumerate(first)}
    return first + list(_by_turns((entry for entry in due if entry.is_behind), served))


def _by_turns(due: Iterable[Entry], served: Mapping[int, int]) -> Iterator[Entry]:
    """Each member's next, round after round, who was served longest ago first; who never was, by their first one.

    `served` tells who will have been served by then, the later the higher.
    """
    owned: dict[int, list[Entry]] = defaultdict(list)
    for entry in sorted(due, key=itemgetter(_STANDS, 0)):
        owned[entry.owner].append(entry)

    def turn(entries: list[Entry]) -> tuple[int, datetime, tuple[int, int]]:
        first = entries[0]
        return served.get(first.owner, -1), first.served_at or _NEVER, first.own_position

    members = sorted(owned.values(), key=turn)
    for turns in range(max(map(len, members), default=0)):
        yield from (entries[turns] for entries in members if len(entries) > turns)
