"""Pure: what may be done about an outcome without asking a person, and when.

Nothing that may have been charged is ever repeated automatically, but for one 500 in Venice's own words when
the call is cheap. Nothing at all is sent more than MOST_SENDS times: what is refused again and again while others
are answered is refused for what it is, and must not keep them waiting.
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
    Reach,
    ServerFailed,
    Unanswered,
    VeniceError,
)

NETWORK_PATIENCE = timedelta(minutes=30)
#: So often a request is sent without a person, over all reasons together: once, and six times more. What was provably
#: not sent does not count: it has cost nothing and told Venice nothing, and NETWORK_PATIENCE ends it.
MOST_SENDS = 7
BLOCK = timedelta(seconds=35)
_SHORTEST, _LONGEST = 1.0, 120.0


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the generation, and what else is held.

    `again` goes back to the queue, not before `not_before`; `failed` is an end; `interrupted` is one whose
    outcome is unknown. `hold` says how much waits until then; KEY and BALANCE wait for a probe or a person.
    """

    action: Literal["again", "failed", "interrupted"]
    not_before: datetime | None = None
    hold: Reach = Reach.GENERATION


def decide(
    error: VeniceError,
    *,
    tries: int,
    sends: int,
    waiting_since: datetime,
    now: datetime,
    price: Decimal | None,
    auto_retry_max: Decimal,
    others_pass: bool = False,
    is_members_own: bool = False,
    jitter: random.Random | None = None,
) -> Decision:
    """What to do after `error`, which befell this generation for the `tries`-th time (1 for the first).

    `sends` counts all its requests that have left, for whatever reason; `waiting_since` is when it was first not sent.
    `others_pass` tells that what refused it before was shown to work for others since: then it holds nobody else.
    `is_members_own` tells the same of its member's other requests: what is new of theirs holds nobody either.
    Times are aware; `price` is the estimate in USD.
    """
    draw = jitter or random.SystemRandom()

    def after(low: float, high: float) -> datetime:
        return now + timedelta(seconds=draw.uniform(low, high))

    if isinstance(error, Unanswered):
        return Decision("interrupted")
    if isinstance(error, InvalidRequest):
        return Decision("failed")
    if isinstance(error, NotSent):
        patient = now - waiting_since <= NETWORK_PATIENCE
        return Decision("again", after(0.5, min(60, 2.0**tries))) if patient else Decision("failed")
    if sends >= MOST_SENDS:
        return Decision("failed")
    if error.gate is not None:
        if others_pass or (is_members_own and tries > 1):
            return Decision("failed")
        return Decision("again", after(1, 3)) if is_members_own else Decision("again", hold=error.gate)
    if isinstance(error, Busy):
        until, hold = _wait(error, tries, now, draw)
        return Decision("again", until, Reach.GENERATION if others_pass or is_members_own else hold)
    if isinstance(error, ServerFailed) and tries <= 1 and price is not None and price <= auto_retry_max:
        return Decision("again", after(1, 3))
    return Decision("failed")


def _wait(error: Busy, tries: int, now: datetime, draw: random.Random) -> tuple[datetime, Reach]:
    """Until when one that Venice did not begin waits, and who else does."""

    def seconds(low: float, high: float) -> timedelta:
        return timedelta(seconds=draw.uniform(low, high))

    if isinstance(error, BlockedForAWhile):
        return now + BLOCK + seconds(0, 5), Reach.EVERYTHING
    if isinstance(error, Overloaded):
        named = _clamp(error.retry_at, now) if error.retry_at else now
        return max(named, now + seconds(5, min(300, 5 * 2.0**tries))), Reach.MODEL
    return _clamp(error.retry_at, now) + seconds(0, min(30, 2.0**tries)), Reach.MODEL


def _clamp(moment: datetime | None, now: datetime) -> datetime:
    """A moment from 1 to 120 s ahead; a quarter of a minute when Venice names none."""
    ahead = (moment - now).total_seconds() if moment else 15.0
    return now + timedelta(seconds=min(max(ahead, _SHORTEST), _LONGEST))
