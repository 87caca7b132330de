"""Every status from 100 to 599 with every shape of body: the class that is owed, in words that are safe."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from venice import (
    AuthenticationFailed,
    BadRequest,
    BadResponse,
    Forbidden,
    InsufficientBalance,
    Misconfigured,
    ModelGone,
    Moderated,
    Overloaded,
    RateLimited,
    Refused,
    Reply,
    ServerFailed,
    Unanswered,
    VeniceError,
    error_from_reply,
)
from venice.retry import decide

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NASTY = "\x1b[31m\x00\u202e" + "x" * 70_000
POLICY = "Your prompt violates the content policy of Venice.ai or the model provider"

#: The ten shapes, each at its most awkward, and whether it shows that the API itself is speaking.
SHAPES: dict[str, tuple[Any, bool]] = {
    "1 text": ({"error": f"Something went wrong {NASTY}", "code": NASTY}, True),
    "2 details": (
        {
            "error": "Invalid request parameters",
            "details": {"_errors": [], "prompt": {"_errors": [NASTY]}},
            "issues": [{"code": "too_big", "path": ["steps", 0], "message": NASTY}],
        },
        True,
    ),
    "2 details as text": ({"error": "No", "details": NASTY, "issues": "none"}, True),
    "3 openai": ({"error": {"message": NASTY, "type": "x", "param": None, "code": "c"}}, True),
    "4 provider": ({"error": "Provider says no", "request_id": f"r-4{NASTY}"}, True),
    "5 policy": ({"error": POLICY, "suggested_prompt": f"calm {NASTY}"}, True),
    "5 policy alone": ({"error": POLICY}, True),
    "6 too large": ({"code": "PAYLOAD_TOO_LARGE", "error": "File exceeds the maximum size of 25 MB."}, True),
    "7 discovery": (
        {
            "x402Version": 2,
            "error": "Authentication required",
            "resource": {"url": NASTY},
            "accepts": [{}],
            "authOptions": {},
        },
        True,
    ),
    "8 wallet": (
        {
            "error": "Payment required",
            "code": "PAYMENT_REQUIRED",
            "currentBalanceUsd": 0.01,
            "siwxChallenge": {},
        },
        True,
    ),
    "9 sign in": ({"error": "Sign in again", "code": "X402_SIGN_IN_EXPIRED"}, True),
    "9 concurrency": ({"error": "Too many concurrent requests", "code": "X402_CONCURRENCY_LIMIT"}, True),
    "10 html": (f"<html><title>502 {NASTY}</title></html>".encode(), False),
    "10 nothing": (b"", False),
    "cut": (b'{"error": "Something went wr', False),
    "bytes": (bytes(range(256)) * 200, False),
    "null": (None, False),
    "number": (7, False),
    "list": ([{"error": "x"}], False),
    "string": (NASTY, False),
    "wrong types": ({"error": 7, "details": [7], "issues": {"a": 1}, "code": {}, "request_id": []}, False),
    "empty object": ({}, False),
    "null fields": ({"error": None, "details": None, "issues": None, "suggested_prompt": 7}, False),
}


def _body(shape: str) -> bytes:
    tree = SHAPES[shape][0]
    return tree if isinstance(tree, bytes) else json.dumps(tree).encode()


def _expected(status: int, shape: str) -> type[VeniceError]:
    """What the reaction is, said once more and in another way than the code under test."""
    if status < 300:
        return BadResponse
    if status < 400:
        return Misconfigured
    if status >= 500:
        kind = {500: ServerFailed, 503: Overloaded}.get(status, Unanswered)
        return kind if SHAPES[shape][1] else Unanswered
    if status in (400, 422):
        return Moderated if shape.startswith("5") else BadRequest
    if status == 402:
        return AuthenticationFailed if shape.startswith("7") else InsufficientBalance
    kinds: dict[int, type[VeniceError]] = {
        401: AuthenticationFailed,
        403: Forbidden,
        404: ModelGone,
        408: Unanswered,
        410: ModelGone,
        429: RateLimited,
        451: Forbidden,
    }
    return kinds.get(status, BadRequest)


def _error(status: int, body: bytes, **headers: str) -> VeniceError:
    reply = Reply(
        status=status, headers=headers, started_at=NOW, sent_at=NOW, headers_at=NOW, finished_at=NOW
    )
    return error_from_reply(reply, body)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_status_with_each_shape(shape: str) -> None:
    body = _body(shape)
    for status in range(100, 600):
        error = _error(status, body)
        assert type(error) is _expected(status, shape), status
        assert error.status == status
        for text, limit in ((error.message, 500), (error.code, 100), (error.request_id, 200)):
            assert len(text) <= limit
            assert text.isprintable()
        assert error.message
        assert error.advice
        assert len(error.field_errors) <= 5
        assert all(words.isprintable() and len(words) <= 300 for words in error.field_errors.values())
        assert error.charge_unknown == isinstance(error, Unanswered | BadResponse)
        assert (error.retry_at is not None) == isinstance(error, RateLimited | Overloaded)


@pytest.mark.one_in(4)
@pytest.mark.parametrize("shape", SHAPES)
def test_only_what_is_busy_or_gated_is_tried_again(shape: str) -> None:
    """Whatever Venice says no to is an end; a policy most of all."""
    for status in range(400, 600):
        error = _error(status, _body(shape))
        decision = decide(
            error,
            tries=2,
            sends=2,
            waiting_since=NOW,
            now=NOW,
            price=Decimal("0.01"),
            auto_retry_max=Decimal(1),
            jitter=Random(1),
        )
        if isinstance(error, Refused):
            assert decision.action == ("again" if error.gate else "failed"), status
        if isinstance(error, Moderated):
            assert (decision.action, decision.hold) == ("failed", "generation")


@pytest.mark.parametrize("shape", SHAPES)
def test_only_venice_itself_refuses_an_account(shape: str) -> None:
    """A firewall in front of it says 403 to one request."""
    error = _error(403, _body(shape))
    is_of_the_account = SHAPES[shape][1] and not shape.startswith("5")
    assert (error.gate == "key") == is_of_the_account
    assert ("in front of Venice" in error.advice) != SHAPES[shape][1]


def test_what_a_shape_tells_is_kept() -> None:
    details = _error(400, _body("2 details"))
    assert list(details.field_errors) == ["prompt", "steps"]
    provider = _error(400, b'{"error":"no","request_id":"r-4"}')
    assert provider.request_id == "r-4"
    assert _error(400, b'{"error":"no","request_id":"r-4"}', **{"x-request-id": "head"}).request_id == "head"
    moderated = _error(422, b'{"error":"no","suggested_prompt":"a calm\\nsea\\u001b"}')
    assert isinstance(moderated, Moderated)
    assert moderated.suggested_prompt == "a calm\nsea"
    assert _error(413, _body("6 too large")).code == "PAYLOAD_TOO_LARGE"
    assert "smaller" in _error(413, _body("6 too large")).advice


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (422, "Your prompt violates the content policy", Moderated),
        (400, "Request blocked: content_policy_violation", Moderated),
        (400, "The input is violating our rules", Moderated),
        (422, "Image dimensions exceed the limit", BadRequest),
        (400, "Unrecognized key(s) in object: 'moderation'", BadRequest),
        (400, "Image dimensions are too small", BadRequest),
        (404, "Could not fetch the input media", BadRequest),
        (404, "Failed to download image from URL", BadRequest),
        (404, "Specified model not found: image-loader", ModelGone),
        (403, "This content policy is not for you", Forbidden),
        (500, "It violates the content policy", ServerFailed),
    ],
)
def test_words_tell_moderation_and_media_from_the_rest(
    status: int, text: str, kind: type[VeniceError]
) -> None:
    assert type(_error(status, json.dumps({"error": text}).encode())) is kind


def test_a_field_that_is_wrong_is_no_moderation() -> None:
    tree = {"error": "Invalid request parameters", "details": {"size": {"_errors": ["violates the enum"]}}}
    assert type(_error(400, json.dumps(tree).encode())) is BadRequest
