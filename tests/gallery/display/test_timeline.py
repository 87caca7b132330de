"""A generation's history in words, for every state and every outcome of a call."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gallery.display.timeline import Event, timeline
from gallery.formats import duration, size
from gallery.models import Attempt, Generation, Hold, Outcome, State

START = datetime(2026, 3, 4, 10, 2, 11, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def a_row(state: State, **columns: Any) -> Generation:
    return Generation(pk=7, state=state, created_at=START, **columns)


def a_call(sent: float, outcome: Outcome, **columns: Any) -> Attempt:
    return Attempt(sent_at=at(sent), outcome=outcome, price=Decimal("0.01"), **columns)


def sentences(events: list[Event]) -> list[str]:
    """Each event as one line, as a person would read it out."""
    return [
        " ".join(
            part
            for part in (
                f"{event.at:%H:%M:%S}" if event.at else "",
                event.words,
                str(event.link or ""),
                f"until {event.until:%H:%M:%S}" if event.until else "",
                f"({', '.join(event.facts)})" if event.facts else "",
                f"“{event.quote}”" if event.quote else "",
            )
            if part
        )
        for event in events
    ]


def test_a_good_end_is_shown_step_by_step() -> None:
    done = a_row(
        State.DONE,
        hold=Hold.RATE_LIMIT,
        sent_at=at(3),
        headers_at=at(11.1),
        received_at=at(11.6),
        finished_at=at(11.72),
    )
    call = a_call(
        3,
        Outcome.OK,
        headers_at=at(11.1),
        finished_at=at(11.5),
        status=200,
        bytes=412 << 10,
        cf_ray="8f-VCE",
        balance_before=Decimal("9.5"),
    )
    assert sentences(timeline(done, [call], {1: 1})) == [
        "10:02:11 Queued",
        "Held by the rate limit until 10:02:14",
        "10:02:14 Sent after 3.0 s ($0.01, balance before $9.50)",
        "10:02:22 Headers after 8.1 s (HTTP 200, CF-RAY 8f-VCE)",
        "10:02:22 Received whole after 8.5 s (412 KB)",
        "10:02:22 Stored after 120 ms (1 picture)",
    ]


def test_a_refusal_and_the_hold_after_it_stand_before_the_next_call() -> None:
    row = a_row(
        State.SENDING, hold=Hold.REFUSED, hold_words="Slow down", sent_at=at(40), headers_at=None, tries=2
    )
    refused = a_call(
        1, Outcome.REFUSED, headers_at=at(1.2), finished_at=at(1.2), status=429, error_message="Slow down"
    )
    assert sentences(timeline(row, [refused, a_call(40, Outcome.PENDING)], {})) == [
        "10:02:11 Queued",
        "10:02:12 Sent after 1.0 s ($0.01)",
        "10:02:12 Headers after 200 ms (HTTP 429)",
        "10:02:12 Refused by Venice, nothing charged “Slow down”",
        "10:02:12 Back in the queue, held until 10:02:51",
        "10:02:51 Sent after 38.8 s (sent 2 of at most 7 times by itself, $0.01)",
        "Waiting for Venice’s answer",
    ]


def test_what_was_sent_by_itself_is_counted_without_what_was_not_sent() -> None:
    row = a_row(State.QUEUED, hold=Hold.REFUSED, hold_words="Slow down")
    outcomes = (Outcome.REFUSED, Outcome.UNSENT, Outcome.REFUSED, Outcome.REFUSED)
    calls = [a_call(index, outcome, finished_at=at(index)) for index, outcome in enumerate(outcomes)]
    sent = [event.facts[:-1] for event in timeline(row, calls, {}) if event.kind == "sent"]
    assert sent == [(), (), *((f"sent {n} of at most 7 times by itself",) for n in (2, 3))]


def test_headers_are_shown_while_the_body_still_arrives() -> None:
    row = a_row(State.SENDING, sent_at=at(1), headers_at=at(9.1))
    assert "10:02:20 Headers after 8.1 s" in sentences(timeline(row, [a_call(1, Outcome.PENDING)], {}))


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({}, "Waiting for a worker"),
        ({"hold": Hold.RATE_LIMIT}, "Held by the rate limit"),
        ({"hold": Hold.DISK, "hold_words": "The disk is full"}, "Held “The disk is full”"),
        ({"not_before": at(60), "hold": Hold.PAUSE, "hold_words": "Wait"}, "Held until 10:03:11 “Wait”"),
    ],
)
def test_what_a_waiting_one_waits_for(columns: dict[str, Any], sentence: str) -> None:
    assert sentences(timeline(a_row(State.QUEUED, **columns), [], {})) == ["10:02:11 Queued", sentence]


def test_what_was_not_sent_goes_back_to_the_queue() -> None:
    row = a_row(State.QUEUED, hold=Hold.UNSENT, hold_words="No route", not_before=at(5))
    call = a_call(1, Outcome.UNSENT, finished_at=at(2), error_message="No route")
    assert sentences(timeline(row, [call], {}))[1:] == [
        "10:02:12 Tried to send after 1.0 s ($0.01)",
        "10:02:13 Not sent, nothing charged “No route”",
        "10:02:13 Back in the queue, held until 10:02:16",
    ]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (
            {"error_message": "The worker stopped."},
            "No whole answer, may have been charged “The worker stopped.”",
        ),
        (
            {"status": 200, "bytes": 2, "error_kind": "BadResponse"},
            "The answer is of no use, may have been charged (2 B)",
        ),
        ({"status": 200, "bytes": 9 << 10}, "No whole answer, may have been charged (9 KB)"),
        ({"status": 504}, "No whole answer, may have been charged"),
    ],
)
def test_an_unknown_outcome_says_what_it_may_have_cost(columns: dict[str, Any], words: str) -> None:
    row = a_row(State.INTERRUPTED, finished_at=at(9), variants=4, error_message="The worker stopped.")
    call = a_call(1, Outcome.UNKNOWN, finished_at=at(9), images_asked=4, **columns)
    written = sentences(timeline(row, [call], {5: 2}))
    assert f"10:02:20 {words}" in written
    assert written[-1].startswith("10:02:20 Interrupted (2 of 4 saved)")
    assert "10:02:12 Sent after 1.0 s (4 pictures, $0.01)" in written


def test_a_call_that_nobody_settled_is_unknown() -> None:
    written = sentences(
        timeline(a_row(State.INTERRUPTED, finished_at=at(9)), [a_call(1, Outcome.PENDING)], {})
    )
    assert "Outcome unknown, may have been charged" in written


def test_an_answer_on_a_silent_host_is_waited_for() -> None:
    row = a_row(State.RECEIVED, received_at=at(9))
    call = a_call(1, Outcome.PENDING, finished_at=at(9), bytes=1_400_000, status=200)
    written = sentences(timeline(row, [call], {}, host="attic"))
    assert written[-2:] == ["10:02:20 Received whole after 8.0 s (1.3 MB)", "Waiting for host “attic”"]
    assert sentences(timeline(row, [call], {}))[-1] == "Being stored"


def test_failing_cancelling_dismissing_and_running_again_are_shown() -> None:
    failed = a_row(State.FAILED, finished_at=at(2), error_message="Too long", dismissed_at=at(5))
    again = Generation(pk=9, created_at=at(4))
    assert sentences(timeline(failed, [], {}, [again]))[1:] == [
        "10:02:13 Failed “Too long”",
        "10:02:15 Run again as 9",
        "10:02:16 Dismissed",
    ]
    cancelled = a_row(State.CANCELLED, finished_at=at(2), run_again_of_id=3)
    assert sentences(timeline(cancelled, [], {})) == [
        "10:02:11 Queued, as another run of 3",
        "10:02:13 Cancelled, nothing was sent",
    ]


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("outcome", Outcome.values)
def test_every_state_with_every_outcome_has_words(state: State, outcome: Outcome) -> None:
    """Whatever a crash left behind, with times that are missing or go backwards."""
    for columns in (
        {},
        {"sent_at": at(-5), "finished_at": at(-9), "received_at": at(3), "headers_at": at(-7)},
    ):
        call = a_call(-5, outcome, finished_at=None if not columns else at(-9))
        events = timeline(a_row(state, **columns), [call], {})
        assert len(events) >= 3
        assert all(event.words for event in events)


def test_lengths_and_sizes_are_short() -> None:
    assert [duration(timedelta(seconds=s)) for s in (0, 0.12, 0.9999, 8.1, 59.99, 125, 7260)] == [
        "0 ms",
        "120 ms",
        "1.0 s",
        "8.1 s",
        "1 min 0 s",
        "2 min 5 s",
        "2 h 1 min",
    ]
    assert [size(count) for count in (12, 412 << 10, 3 << 19)] == ["12 B", "412 KB", "1.5 MB"]
