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

Hold = Literal["generation", "model", "everything", "key", "balance"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the generation, and what else is held.

    `again` goes back to the queue, not before `not_before`; `failed` is an end; `interrupted` is one whose
    outcome is unknown. `hold` says how much waits until then; "key" and "balance" wait for a probe or a person.
    """

    action: Literal["again", "failed", "interrupted"]
    not_before: datetime | None = None
    hold: Hold = "generation"


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
    """What to do after `error`, which befell this generation for the `tries`-th time (1 for the first).

    `waiting_since` is when it was asked for. Times are aware; `price` is the estimate in USD.
    """
    draw = jitter or random.SystemRandom()

    def after(low: float, high: float) -> datetime:
        return now + timedelta(seconds=draw.uniform(low, high))

    if isinstance(error, Unanswered):
        return Decision("interrupted")
    if isinstance(error, InvalidRequest):
        return Decision("failed")
    if error.gate is not None:
        return Decision("again", hold=error.gate)
    if isinstance(error, NotSent):
        patient = now - waiting_since <= NETWORK_PATIENCE
        return Decision("again", after(0.5, min(60, 2.0**tries))) if patient else Decision("failed")
    if isinstance(error, BlockedForAWhile):
        return Decision("again", now + BLOCK + timedelta(seconds=draw.uniform(0, 5)), "everything")
    if isinstance(error, Overloaded):
        if tries > OVERLOADED_TRIES:
            return Decision("failed")
        named = _clamp(error.retry_at, now) if error.retry_at else now
        return Decision("again", max(named, after(5, min(300, 5 * 2.0**tries))), "model")
    if isinstance(error, Busy):
        late = timedelta(seconds=draw.uniform(0, min(30, 2.0**tries)))
        return Decision("again", _clamp(error.retry_at, now) + late, "model")
    if isinstance(error, ServerFailed) and tries <= 1 and price is not None and price <= auto_retry_max:
        return Decision("again", after(1, 3))
    return Decision("failed")


def _clamp(moment: datetime | None, now: datetime) -> datetime:
    """A moment from 1 to 120 s ahead; a quarter of a minute when Venice names none."""
    ahead = (moment - now).total_seconds() if moment else 15.0
    return now + timedelta(seconds=min(max(ahead, _SHORTEST), _LONGEST))
