"""What is done about every answer that Venice or a gateway can give, as a table of its own."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from venice import NotSent, Unanswered
from venice.errors import (
    AuthenticationFailed,
    Busy,
    InsufficientBalance,
    InvalidRequest,
    Overloaded,
    Reach,
    error_from_reply,
)
from venice.reply import Reply
from venice.retry import MOST_SENDS, Decision, decide

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
VENICE, HTML, EMPTY = "venice", "html", "empty"
BODIES = {
    VENICE: b'{"error": "Something went wrong"}',
    HTML: b"<html><head><title>Gateway</title></head><body>no</body></html>",
    EMPTY: b"",
}
ALL = (VENICE, HTML, EMPTY)
LIMIT = "Rate limit exceeded"

#: First and last status, bodies, what happens to the generation, what else is held. Later rows override earlier ones.
TABLE: list[tuple[int, int, tuple[str, ...], str, str]] = [
    (100, 299, ALL, "failed", "generation"),
    (300, 399, ALL, "failed", "generation"),
    (400, 499, ALL, "failed", "generation"),
    (401, 401, ALL, "again", "key"),
    (402, 402, ALL, "again", "balance"),
    (403, 403, (VENICE,), "again", "key"),
    (408, 408, ALL, "interrupted", "generation"),
    (429, 429, ALL, "again", "model"),
    (500, 599, ALL, "interrupted", "generation"),
    (500, 500, (VENICE,), "again", "generation"),
    (503, 503, (VENICE,), "again", "model"),
]


def expected(status: int, body: str) -> tuple[str, str]:
    rules = [row[3:] for row in TABLE if row[0] <= status <= row[1] and body in row[2]]
    return rules[-1]


def reply(status: int, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, started_at=NOW, sent_at=NOW, headers_at=NOW, finished_at=NOW)


def decided(
    error: Exception,
    *,
    tries: int = 1,
    sends: int | None = None,
    others_pass: bool = False,
    is_members_own: bool = False,
    price: str | None = "0.01",
    waited: timedelta = timedelta(0),
    seed: int = 1,
    jitter: Random | None = None,
) -> Decision:
    return decide(
        error,  # type: ignore[arg-type]
        tries=tries,
        sends=tries if sends is None else sends,
        others_pass=others_pass,
        is_members_own=is_members_own,
        waiting_since=NOW - waited,
        now=NOW,
        price=Decimal(price) if price else None,
        auto_retry_max=Decimal("0.05"),
        jitter=jitter or Random(seed),
    )


@pytest.mark.parametrize("body", ALL)
@pytest.mark.parametrize("kind", range(1, 6), ids="{}xx".format)
def test_every_status_and_body_has_its_action(kind: int, body: str) -> None:
    for status in range(100 * kind, 100 * kind + 100):
        decision = decided(error_from_reply(reply(status), BODIES[body]))

        assert (decision.action, decision.hold) == expected(status, body), status
        if decision.action == "again" and decision.hold in ("generation", "model"):
            assert decision.not_before is not None, status
            assert NOW < decision.not_before <= NOW + timedelta(seconds=300), status


def error(status: int, text: str, **headers: str) -> Exception:
    return error_from_reply(reply(status, **headers), json.dumps({"error": text}).encode())


@pytest.mark.parametrize("status", [400, 401, 403, 429, 503])
def test_a_block_holds_everything_for_a_little_longer_than_venice_does(status: int) -> None:
    text = "Too many failed attempts (> 20) resulting in a non-success status code. Please wait 30s and try again."
    decision = decided(error(status, text))

    assert (decision.action, decision.hold) == ("again", "everything")
    assert decision.not_before is not None
    assert timedelta(seconds=35) <= decision.not_before - NOW <= timedelta(seconds=40)


def test_a_500_is_repeated_once_and_only_when_it_is_cheap() -> None:
    failed = error(500, "Inference processing failed")

    assert decided(failed).action == "again"
    assert decided(failed, tries=2).action == "failed"
    assert decided(failed, price="0.06").action == "failed"
    assert decided(failed, price=None).action == "failed"


def test_a_model_that_stays_overloaded_fails_in_the_end() -> None:
    busy = error(503, "The model is at capacity. Please try again later.")

    assert [decided(busy, tries=tries).action for tries in (1, 6, 7)] == ["again", "again", "failed"]
    for tries in range(1, 7):
        for seed in range(50):
            until = decided(busy, tries=tries, seed=seed).not_before
            assert until is not None
            assert timedelta(seconds=5) <= until - NOW <= timedelta(seconds=300)


def test_an_overloaded_429_is_held_as_an_overloaded_model() -> None:
    busy = error(429, "The model is currently overloaded. Please try again later.")

    assert [decided(busy, tries=tries).action for tries in (6, 7)] == ["again", "failed"]


REFUSALS = [
    error(401, "Authentication failed"),
    error(402, "Insufficient USD or Diem balance to complete request."),
    error(403, "Unauthorized access"),
    error(403, "Too many failed attempts (> 20) resulting in a non-success status code."),
    error(429, "Rate limit exceeded"),
    error(429, "The model is currently overloaded. Please try again later."),
    error(500, "Inference processing failed"),
    error(503, "The model is at capacity. Please try again later."),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_one_bound_holds_over_all_reasons(refusal: Exception) -> None:
    assert decided(refusal, tries=1, sends=MOST_SENDS - 1).action == "again"
    last = decided(refusal, tries=1, sends=MOST_SENDS)
    assert (last.action, last.hold) == ("failed", "generation")


def test_what_was_not_sent_is_not_bound_by_what_was() -> None:
    assert decided(NotSent("the connection was refused"), sends=MOST_SENDS).action == "again"


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_what_others_do_not_meet_holds_nobody_else(refusal: Exception) -> None:
    first, alone = decided(refusal), decided(refusal, others_pass=True)

    assert first.action == "again"
    assert alone.hold == "generation"
    gated = first.hold in ("key", "balance")
    assert alone.action == ("failed" if gated else "again")
    assert gated or alone.not_before == first.not_before


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("0", 1),
        ("-5", 1),
        ("abc", 30),
        (str(int(NOW.timestamp()) - 100), 1),
        (str(int(NOW.timestamp()) + 40), 40),
        (str(int(NOW.timestamp() * 1000) + 40_000), 40),
        (str(int(NOW.timestamp()) + 86_400), 120),
        ("45", 45),
        ("1e999", 30),
        (None, 30),
    ],
)
def test_the_reset_is_read_by_its_size_and_bounded(reset: str | None, seconds: float) -> None:
    headers = {} if reset is None else {"x_ratelimit_reset_requests": reset}
    until = decided(error(429, "Rate limit exceeded", **headers)).not_before

    assert until is not None
    assert seconds - 1 <= (until - NOW).total_seconds() <= seconds + 3


class Edge(Random):
    """Draws the least, or the most, of every range."""

    def __init__(self, is_high: bool) -> None:
        super().__init__(0)
        self._is_high = is_high

    def uniform(self, a: float, b: float) -> float:
        return b if self._is_high else a


BUSY, LIMITED = (
    error(503, "The model is at capacity. Please try again later."),
    error(429, "Rate limit exceeded"),
)
LATER = error(503, "The model is at capacity. Please try again later.", retry_after="60")
LIMITED_45 = error(429, "Rate limit exceeded", x_ratelimit_reset_requests="45")
BLOCKED = error(
    429, "Too many failed attempts (> 20) resulting in a non-success status code. Please wait 30s."
)
UNSENT = NotSent("the connection was refused")

#: The error, for which time it came, and the least and the most seconds that are waited.
STEPS: list[tuple[Exception, int, float, float]] = [
    *((Overloaded("full"), tries, 5, most) for tries, most in enumerate((10, 20, 40, 80, 160, 300, 300), 1)),
    # An answer that names no moment is read as one that names half a minute.
    *((BUSY, tries, 30, most) for tries, most in enumerate((30, 30, 40, 80, 160, 300, 300), 1)),
    *((LATER, tries, 60, most) for tries, most in enumerate((60, 60, 60, 80, 160, 300, 300), 1)),
    *((LIMITED, tries, 30, 30 + most) for tries, most in enumerate((2, 4, 8, 16, 30, 30), 1)),
    *((LIMITED_45, tries, 45, 45 + most) for tries, most in enumerate((2, 4, 8, 16, 30, 30), 1)),
    *(
        (Busy("busy", status=429), tries, 15, 15 + most)
        for tries, most in enumerate((2, 4, 8, 16, 30, 30), 1)
    ),
    # However far the moment that is named, or long gone: from 1 to 120 s.
    (Busy("busy", status=429, retry_at=NOW + timedelta(days=1)), 1, 120, 122),
    (Busy("busy", status=429, retry_at=NOW - timedelta(days=1)), 1, 1, 3),
    (Overloaded("full", retry_at=NOW + timedelta(days=1)), 1, 120, 120),
    *((BLOCKED, tries, 35, 40) for tries in (1, 6)),
    *((UNSENT, tries, 0.5, most) for tries, most in enumerate((2, 4, 8, 16, 32, 60, 60), 1)),
    (error(500, "Inference processing failed"), 1, 1, 3),
]


@pytest.mark.parametrize(("befell", "tries", "least", "most"), STEPS)
def test_each_step_of_the_wait(befell: Exception, tries: int, least: float, most: float) -> None:
    waits = [
        decided(befell, tries=tries, sends=1, jitter=Edge(is_high)).not_before for is_high in (False, True)
    ]

    assert waits == [NOW + timedelta(seconds=least), NOW + timedelta(seconds=most)]


@pytest.mark.parametrize("refusal", [error(401, "No"), error(402, "No")], ids=str)
def test_what_only_one_member_meets_comes_again_within_three_seconds(refusal: Exception) -> None:
    waits = [
        decided(refusal, is_members_own=True, jitter=Edge(is_high)).not_before for is_high in (False, True)
    ]

    assert waits == [NOW + timedelta(seconds=1), NOW + timedelta(seconds=3)]
    assert decided(refusal, is_members_own=True, tries=2).action == "failed"


def test_what_was_not_sent_is_tried_for_half_an_hour() -> None:
    unsent = NotSent("the connection was refused")

    assert decided(unsent, tries=50, waited=timedelta(minutes=29)).action == "again"
    assert decided(unsent, tries=50, waited=timedelta(minutes=31)).action == "failed"
    waits = [decided(unsent, tries=20, seed=seed).not_before for seed in range(50)]
    assert all(wait and timedelta(0) < wait - NOW <= timedelta(seconds=60) for wait in waits)
    assert len(set(waits)) > 40, "full jitter"


def test_an_unknown_outcome_is_never_repeated() -> None:
    assert decided(Unanswered("the connection was reset"), price="0.001").action == "interrupted"


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (401, "This model is only available to Pro users"),
        (403, "This model is not available in your region"),
    ],
)
def test_what_concerns_one_model_closes_no_gate(status: int, text: str) -> None:
    decision = decided(error(status, text))

    assert (decision.action, decision.hold) == ("failed", "generation")


def test_what_we_refuse_ourselves_is_not_repeated() -> None:
    assert decided(InvalidRequest("seed")).action == "failed"


def test_each_reach_is_a_code_with_words_of_its_own() -> None:
    assert all(reach.label and reach.label != reach.value for reach in Reach)
    assert len({reach.label for reach in Reach}) == len(Reach)
    assert all(type(kind.gate) is Reach for kind in (AuthenticationFailed, InsufficientBalance))
