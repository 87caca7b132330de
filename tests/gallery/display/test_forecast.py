"""When what waits will be ready: slots, typical times, the minute of a model, holds."""

from gallery.display.forecast import FOREVER, Call, Expectation, Pace, expect
from gallery.pipeline.pace import WINDOW

FAST, SLOW = Call("fast"), Call("slow")
# Asked so long ago: the minute has room for it again in 10 s, and in 40 s.
SOON, LATER = WINDOW.total_seconds() - 10, WINDOW.total_seconds() - 40
PACES = {"fast": Pace(10.0, 100), "slow": Pace(40.0, 100)}


def ready(expectations: list[Expectation]) -> list[float | None]:
    return [each.ready for each in expectations]


def test_slots_are_filled_in_order() -> None:
    assert ready(expect([FAST, FAST, FAST, SLOW], 2, PACES)) == [10, 10, 20, 50]


def test_what_runs_keeps_its_slot_until_its_typical_time() -> None:
    running = [Call("slow", running_for=30.0), Call("fast", running_for=60.0)]
    assert ready(expect([*running, FAST, FAST], 2, PACES)) == [10, 1, 11, 20]


def test_a_full_minute_holds_its_model_and_lets_others_pass() -> None:
    paces = PACES | {"fast": Pace(10.0, 2, ((SOON, 1), (LATER, 1)))}
    expectations = expect([FAST, FAST, SLOW], 2, paces)
    assert [each.start for each in expectations] == [10, 40, 0]
    assert [each.limited for each in expectations] == [True, True, False]


def test_a_batch_waits_for_as_much_room_as_it_takes() -> None:
    paces = {"fast": Pace(10.0, 4, ((SOON, 2), (LATER, 1)))}
    assert [each.start for each in expect([Call("fast", 3)], 1, paces)] == [10]
    # More than a minute allows goes when the minute is empty.
    assert [each.start for each in expect([Call("fast", 9)], 1, paces)] == [40]


def test_a_hold_without_end_promises_nothing_but_keeps_nobody_else() -> None:
    expectations = expect([Call("slow", delay=FOREVER), Call("fast", delay=30.0), FAST], 1, PACES)
    assert ready(expectations) == [None, 40, 10]
    assert not expectations[1].limited


def test_without_workers_or_typical_times_nothing_is_promised() -> None:
    assert ready(expect([FAST, SLOW], 0, PACES)) == [None, None]
    expectations = expect([Call("new"), Call("new"), FAST], 1, PACES | {"new": Pace(None, 10)})
    assert ready(expectations) == [None, None, 50]
