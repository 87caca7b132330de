"""Every status with every kind of body: one class, one piece of advice, never an exception of its own."""

import json
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venice import (
    AuthenticationFailed,
    BadRequest,
    BadResponse,
    BlockedForAWhile,
    Busy,
    Forbidden,
    InsufficientBalance,
    Misconfigured,
    ModelGone,
    Moderated,
    Overloaded,
    RateLimited,
    Reply,
    ServerFailed,
    Unanswered,
    VeniceError,
    error_from_reply,
)

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
EPOCH = int(NOW.timestamp())


def _reply(status: int = 400, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, started_at=NOW, sent_at=NOW, headers_at=NOW, finished_at=NOW)


def _error(status: int, body: Any = b"", **headers: str) -> VeniceError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_from_reply(_reply(status, **headers), raw)


VENICE = {"error": "Something went wrong"}
HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway &amp; more</title></head><body>...</body></html>"

TABLE: list[tuple[int, type[VeniceError], type[VeniceError], type[VeniceError]]] = [
    # status, with Venice's JSON, with HTML, with nothing
    (200, BadResponse, BadResponse, BadResponse),
    (204, BadResponse, BadResponse, BadResponse),
    (206, BadResponse, BadResponse, BadResponse),
    (301, Misconfigured, Misconfigured, Misconfigured),
    (307, Misconfigured, Misconfigured, Misconfigured),
    (400, BadRequest, BadRequest, BadRequest),
    (401, AuthenticationFailed, AuthenticationFailed, AuthenticationFailed),
    (402, InsufficientBalance, InsufficientBalance, InsufficientBalance),
    (403, Forbidden, Forbidden, Forbidden),
    (404, ModelGone, ModelGone, ModelGone),
    (405, BadRequest, BadRequest, BadRequest),
    (408, Unanswered, Unanswered, Unanswered),
    (410, ModelGone, ModelGone, ModelGone),
    (413, BadRequest, BadRequest, BadRequest),
    (415, BadRequest, BadRequest, BadRequest),
    (418, BadRequest, BadRequest, BadRequest),
    (422, BadRequest, BadRequest, BadRequest),
    (429, RateLimited, RateLimited, RateLimited),
    (451, Forbidden, Forbidden, Forbidden),
    (500, ServerFailed, Unanswered, Unanswered),
    (502, Unanswered, Unanswered, Unanswered),
    (503, Overloaded, Unanswered, Unanswered),
    (504, Unanswered, Unanswered, Unanswered),
    (520, Unanswered, Unanswered, Unanswered),
    (524, Unanswered, Unanswered, Unanswered),
    (526, Unanswered, Unanswered, Unanswered),
    (599, Unanswered, Unanswered, Unanswered),
    (999, Unanswered, Unanswered, Unanswered),
]


@pytest.mark.parametrize(("status", "for_json", "for_html", "for_nothing"), TABLE)
def test_each_status_with_each_body(
    status: int, for_json: type[VeniceError], for_html: type[VeniceError], for_nothing: type[VeniceError]
) -> None:
    for body, expected in (
        (VENICE, for_json),
        (HTML, for_html),
        (b"", for_nothing),
        (b"\x00\xff", for_nothing),
    ):
        error = _error(status, body)
        assert type(error) is expected
        assert error.status == status
        assert error.advice
        assert error.message
    assert _error(status, VENICE).message == "Something went wrong"
    assert _error(status, HTML).message == "502 Bad Gateway & more"


DETAILS = {
    "error": "Invalid request parameters",
    "details": {"_errors": [], "style_preset": {"_errors": ["Unknown style"]}},
    "issues": [{"code": "x", "path": ["steps"], "message": "Too many steps"}],
}
DISCOVERY = {"x402Version": 2, "error": "Authentication required", "accepts": [], "authOptions": {}}
WALLET = {"error": "Payment required", "code": "PAYMENT_REQUIRED", "reason": "insufficient_balance"}
UNKNOWN_KEY = {
    "error": "Invalid request parameters",
    "issues": [{"code": "unrecognized_keys", "path": [], "message": "Unrecognized key(s) in object: 'x'"}],
}


@pytest.mark.parametrize(
    ("status", "body", "kind", "message", "code"),
    [
        (400, {"error": "model is required"}, BadRequest, "model is required", ""),
        (400, DETAILS, BadRequest, "Invalid request parameters", ""),
        (400, UNKNOWN_KEY, BadRequest, "Invalid request parameters: Unrecognized key(s) in object: 'x'", ""),
        (
            400,
            {"error": "No", "details": "The image is corrupted"},
            BadRequest,
            "No: The image is corrupted",
            "",
        ),
        (
            400,
            {"error": {"message": "Too long", "type": "invalid", "param": None, "code": "context"}},
            BadRequest,
            "Too long",
            "context",
        ),
        (400, {"error": "Provider says no", "request_id": "r-1"}, BadRequest, "Provider says no", ""),
        (422, {"error": "Your prompt violates the content policy"}, Moderated, "Your prompt violates", ""),
        (413, {"code": "PAYLOAD_TOO_LARGE", "error": "Too big"}, BadRequest, "Too big", "PAYLOAD_TOO_LARGE"),
        (402, DISCOVERY, AuthenticationFailed, "Authentication required", ""),
        (402, WALLET, InsufficientBalance, "Payment required", "PAYMENT_REQUIRED"),
        (
            401,
            {"error": "Sign in", "code": "X402_SIGN_IN_EXPIRED"},
            AuthenticationFailed,
            "Sign in",
            "X402_SIGN_IN_EXPIRED",
        ),
        (
            429,
            {"error": "Too many concurrent requests", "code": "X402_CONCURRENCY_LIMIT"},
            RateLimited,
            "Too many concurrent requests",
            "X402_CONCURRENCY_LIMIT",
        ),
        (429, {"error": "The model is currently overloaded."}, Overloaded, "The model is currently", ""),
        (503, {"error": "The model is temporarily offline."}, Overloaded, "The model is temporarily", ""),
        (500, {"error": "Inference processing failed"}, ServerFailed, "Inference processing failed", ""),
        (500, {"title": "gateway", "cloudflare_error": True}, Unanswered, "an answer without", ""),
        (404, {"error": "Specified model not found: x"}, ModelGone, "Specified model not found: x", ""),
    ],
)
def test_each_shape(status: int, body: Any, kind: type[VeniceError], message: str, code: str) -> None:
    error = _error(status, body)
    assert type(error) is kind
    assert error.message.startswith(message)
    assert error.code == code


def test_fields_come_from_details_and_issues() -> None:
    assert _error(400, DETAILS).field_errors == {"style_preset": "Unknown style", "steps": "Too many steps"}


def test_only_five_fields_are_listed() -> None:
    tree = {"error": "no", "details": {f"field{number}": {"_errors": ["bad"]} for number in range(500)}}
    assert len(_error(400, tree).field_errors) == 5


@pytest.mark.parametrize(
    ("status", "text", "kind", "gate"),
    [
        (401, "Authentication failed", AuthenticationFailed, "key"),
        (401, "Authentication failed - Pro subscription is inactive.", AuthenticationFailed, "key"),
        (401, "This model is only available to Pro users", Forbidden, None),
        (402, "Insufficient USD or Diem balance to complete request.", InsufficientBalance, "balance"),
        (402, "API key USD spend limit exceeded.", InsufficientBalance, "balance"),
        (403, "Unauthorized access", Forbidden, "key"),
        (403, "API access has been disabled for this account.", Forbidden, "key"),
        (403, "This model is not available in your region", Forbidden, None),
        (403, "", Forbidden, "key"),
        (400, "nope", BadRequest, None),
        (404, "nope", ModelGone, None),
        (500, "nope", ServerFailed, None),
    ],
)
def test_what_concerns_every_call_is_a_kind_of_its_own(
    status: int, text: str, kind: type[VeniceError], gate: str | None
) -> None:
    error = _error(status, {"error": text})
    assert type(error) is kind
    assert error.gate == gate


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
def test_the_error_budget_shows_in_the_text_of_any_status(status: int) -> None:
    text = "Too many failed attempts (> 20) resulting in a non-success status code. Please wait 30s."
    error = _error(status, {"error": text})
    assert type(error) is BlockedForAWhile
    assert error.retry_at == NOW + timedelta(seconds=35)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 30),
        ({"retry_after": "7"}, 7),
        ({"retry_after": "0"}, 1),
        ({"retry_after": "-5"}, 1),
        ({"retry_after": "9999"}, 120),
        ({"retry_after": "Sun, 22 Nov 2026 12:00:10 GMT", "date": DATE}, 10),
        ({"x_ratelimit_reset_requests": "12"}, 12),
        ({"x_ratelimit_reset_requests": "12.5"}, 12.5),
        ({"x_ratelimit_reset_requests": "0"}, 1),
        ({"x_ratelimit_reset_requests": "abc"}, 30),
        ({"x_ratelimit_reset_requests": "1e5"}, 30),
        ({"x_ratelimit_reset_requests": "9" * 5000}, 30),
        ({"x_ratelimit_reset_requests": "1000000000000"}, 1),
        ({"x_ratelimit_reset_requests": str(EPOCH * 1000 + 20_500)}, 20.5),
        ({"x_ratelimit_reset_requests": str(EPOCH + 20)}, 20),
        ({"x_ratelimit_reset_requests": str(EPOCH - 20)}, 1),
        ({"x_ratelimit_reset_requests": str(EPOCH * 1000 + 86_400_000)}, 120),
        ({"x_ratelimit_reset_requests": "10", "retry_after": "40"}, 40),
        ({"x_ratelimit_reset_requests": "40", "retry_after": "10"}, 40),
        ({"x_ratelimit_reset_requests": "5", "x_ratelimit_resets": "5"}, 30),
    ],
)
def test_when_to_come_back(headers: dict[str, str], seconds: float) -> None:
    error = _error(429, {"error": "Rate limit exceeded"}, **headers)
    assert error.retry_at == NOW + timedelta(seconds=seconds)


def test_a_wrong_clock_of_ours_does_not_matter() -> None:
    """Venice's clock is an hour ahead; what counts is the difference to its own Date."""
    reset = str((EPOCH + 3600 + 15) * 1000)
    error = _error(429, VENICE, date="Sun, 22 Nov 2026 13:00:00 GMT", x_ratelimit_reset_requests=reset)
    assert error.retry_at == NOW + timedelta(seconds=15)


def test_an_overloaded_model_ignores_the_reset_of_the_account() -> None:
    body = {"error": "The model is currently overloaded. Please try again later."}
    error = _error(429, body, x_ratelimit_reset_requests="110", retry_after="4")
    assert isinstance(error, Busy)
    assert error.retry_at == NOW + timedelta(seconds=4)


def test_texts_are_bounded_and_clean() -> None:
    noise = "\x1b[31mred\x00\x9b \u202e" + "x" * 100_000
    error = _error(400, {"error": noise}, cf_ray="ray\x1b[0m", **{f"h{n}": "v" * 5000 for n in range(500)})
    assert len(error.message) <= 500
    assert error.message.isprintable()
    assert error.cf_ray == "ray [0m"
    assert len(error.headers) <= 100
    assert max(len(value) for value in error.headers.values()) <= 2000


def test_a_key_in_venices_words_is_not_repeated() -> None:
    error = _error(401, {"error": "Bad key VENICE_INFERENCE_KEY_abc-DEF_123 given"})
    assert "abc-DEF" not in str(error)


def test_it_says_what_to_do() -> None:
    assert "settings/api" in _error(402, VENICE).advice
    assert "key" in _error(401, VENICE).advice
    assert "bug" in _error(415, VENICE).advice
    assert "prompt" in _error(422, {"error": "Your prompt violates the content policy"}).advice
    assert "charged" in _error(502, HTML).advice


def test_only_an_unknown_outcome_may_have_been_charged() -> None:
    assert _error(502, HTML).charge_unknown
    assert _error(200, b"").charge_unknown
    for status in (400, 401, 402, 404, 429, 503):
        assert not _error(status, VENICE).charge_unknown


def test_errors_can_cross_processes() -> None:
    error = _error(400, DETAILS, cf_ray="abc")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.field_errors, copy.cf_ray) == (
        BadRequest,
        str(error),
        error.field_errors,
        "abc",
    )


DEEP = [
    b"[" * 200_000,
    b'{"error":' * 50_000,
    b'{"error":"no","details":' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}",
    json.dumps({"error": "no", "details": {"a": [[["deep"]] * 50] * 50}}).encode(),
    b'{"error": ' + b"9" * 10_000 + b"}",
    b'{"error": NaN, "details": Infinity}',
    b"x" * 5_000_000,
    '{"error": "utf-16"}'.encode("utf-16"),
    b'\xef\xbb\xbf{"error": "bom"}',
    b'{"error": "a\\ud800b"}',
]


@pytest.mark.parametrize("body", DEEP, ids=range(len(DEEP)))
def test_strange_bodies(body: bytes) -> None:
    assert isinstance(_error(400, body), BadRequest)
    _error(400, body).message.encode()


TREES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["error", "details", "issues", "message", "code", "_errors", "path", "x402Version", "a"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(
    status=st.integers(100, 999),
    body=st.binary(max_size=300) | TREES.map(lambda tree: json.dumps(tree).encode()),
)
def test_it_never_fails_itself(status: int, body: bytes) -> None:
    error = error_from_reply(_reply(status), body)
    assert isinstance(error, VeniceError)
    assert str(error).encode()
