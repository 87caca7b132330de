"""Pure: what may be done about an outcome without asking a person, and when.

Nothing that may have been charged is ever repeated automatically, but for one 500 in Venice's own words when
the call is cheap.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from venice.errors import (
    BlockedForAWhile,
    Busy,
    InvalidRequest,
    NotSent,
    Overloaded,
    ServerFailed,
    Unanswered,
    VeniceError,
)

NETWORK_PATIENCE = timedelta(minutes=30)
OVERLOADED_TRIES = 6
BLOCK = timedelta(seconds=35)
_SHORTEST, _LONGEST = 1.0, 120.0


@dataclass(frozen=True, slots=True)
class Decision:
    """`again` at `not_before`, or an end: `failed`, or `interrupted` when the outcome is unknown."""

    action: Literal["again", "failed", "interrupted"]
    not_before: datetime | None = None


def decide(
    error: VeniceError,
    *,
    tries: int,
    waiting_since: datetime,
    now: datetime,
    price: Decimal | None,
    auto_retry_max: Decimal,
    jitter: random.Random | None = None,
) -> Decision:
    """What to do after `error`, the outcome of POST number `tries` (1 for the first). Times are aware."""
    draw = jitter or random.SystemRandom()
    if isinstance(error, Unanswered):
        return Decision("interrupted")
    if isinstance(error, InvalidRequest):
        return Decision("failed")
    if isinstance(error, NotSent):
        if now - waiting_since > NETWORK_PATIENCE:
            return Decision("failed")
        return Decision("again", now + timedelta(seconds=draw.uniform(1, min(60, 2.0**tries))))
    if isinstance(error, BlockedForAWhile):
        return Decision("again", now + BLOCK + timedelta(seconds=draw.uniform(0, 5)))
    if isinstance(error, Overloaded):
        if tries > OVERLOADED_TRIES:
            return Decision("failed")
        backoff = now + timedelta(seconds=draw.uniform(5, min(300, 5 * 2.0**tries)))
        return Decision("again", max(backoff, _clamp(error.retry_at, now)))
    if isinstance(error, Busy):
        return Decision("again", _clamp(error.retry_at, now) + timedelta(seconds=draw.uniform(0, 2)))
    if isinstance(error, ServerFailed) and tries <= 1 and price is not None and price <= auto_retry_max:
        return Decision("again", now + timedelta(seconds=draw.uniform(1, 3)))
    return Decision("failed")


def _clamp(moment: datetime | None, now: datetime) -> datetime:
    """A moment from 1 to 120 s ahead; a minute's share when Venice names none."""
    ahead = (moment - now).total_seconds() if moment else 15.0
    return now + timedelta(seconds=min(max(ahead, _SHORTEST), _LONGEST))
