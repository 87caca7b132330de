"""How late a generation is: measured from its turn, which is when it could have been sent if nobody misbehaved.

The turn is played from what was asked for, as if only the innocent members were there: they come in the order of their
arrival; as many are under way at once as the workers may send; no more images begin within a minute than the pace
allows; nothing begins, and nothing goes on, while no worker runs. Each takes exactly the seconds that Venice was told
to take for it, so that the turn is never too late, and the lateness never too small. What members do who are refused,
what gates hold, and what our own work costs explains nothing.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One innocent generation. Moments are Unix seconds; `venice_s` is what Venice takes for it at least."""

    pk: int
    created: float
    finished: float
    venice_s: float
    images: int = 1


class Downtime:
    """When a worker, or the web, did not run: intervals of Unix seconds, in any order."""

    def __init__(self, intervals: Iterable[tuple[float, float]]) -> None:
        self.intervals: list[tuple[float, float]] = []
        for begin, end in sorted(intervals):
            if self.intervals and begin <= self.intervals[-1][1]:
                begin, end = self.intervals[-1][0], max(end, self.intervals.pop()[1])
            self.intervals.append((begin, end))

    @property
    def longest(self) -> float:
        """Seconds of the longest that has an end."""
        return max((end - begin for begin, end in self.intervals if isfinite(end)), default=0.0)

    def advanced(self, moment: float, seconds: float) -> float:
        """The first moment at which it runs and has run for so many seconds since `moment`."""
        for begin, end in self.intervals:
            if end <= moment:
                continue
            if begin > moment + seconds:
                break
            seconds -= max(0.0, begin - moment)
            moment = end
        return moment + seconds

    def holds(self, moment: float) -> bool:
        """Whether nothing ran at `moment`."""
        return self.touches(moment, moment)

    def touches(self, begin: float, end: float) -> bool:
        """Whether nothing ran at some moment from `begin` to `end`."""
        return any(since <= end and begin < until for since, until in self.intervals)

    def running(self, begin: float, end: float) -> float:
        """For how many seconds it ran from `begin` to `end`; 0 when `end` comes first."""
        if end <= begin:
            return 0.0
        stopped = sum(max(0.0, min(end, until) - max(begin, since)) for since, until in self.intervals)
        return end - begin - stopped


def lateness(asked: Iterable[Asked], slots: int, pace: int, down: Downtime) -> dict[int, float]:
    """Seconds with a running worker from the moment at which each should have been finished until it was."""
    free = [0.0] * slots
    minute: deque[tuple[float, int]] = deque()
    late: dict[int, float] = {}
    turn = 0.0
    for one in sorted(asked, key=lambda one: one.created):
        turn = max(one.created, heapq.heappop(free), turn)
        turn = down.advanced(_paced(turn, one.images, minute, pace), 0)
        minute.append((turn, one.images))
        due = down.advanced(turn, one.venice_s)
        heapq.heappush(free, due)
        late[one.pk] = down.running(due, one.finished)
    return late


def _paced(moment: float, images: int, minute: deque[tuple[float, int]], pace: int) -> float:
    """The first moment from `moment` at which so many images fit; forgets what is older than a minute by then."""
    while minute and (minute[0][0] + MINUTE <= moment or sum(count for _, count in minute) + images > pace):
        moment = max(moment, minute.popleft()[0] + MINUTE)
    return moment
