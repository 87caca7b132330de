"""The free calls about an account, page by page, and that whatever comes is an error of ours."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.venice.conftest import Script, answer
from venice import (
    AuthenticationFailed,
    BadResponse,
    Client,
    InvalidRequest,
    Misconfigured,
    UsageEntry,
    VeniceError,
)

ENTRY = {
    "timestamp": "2026-11-20T10:11:12.345Z",
    "sku": "grok-imagine-image-image-unit",
    "units": 1,
    "pricePerUnitUsd": 0.0401,
    "amount": -0.0401,
    "currency": "DIEM",
    "notes": "API Inference",
    "inferenceDetails": {"requestId": "r-7", "inferenceExecutionTime": 900},
}


def _json(tree: Any) -> bytes:
    return answer(json.dumps(tree).encode())


def _query(script: Script, number: int) -> dict[str, list[str]]:
    target = script.requests[number].split(b" ")[1].decode()
    assert urlsplit(target).path == "/api/v1/billing/usage-history"
    return parse_qs(urlsplit(target).query)


def test_a_balance(script: Script, client: Client) -> None:
    tree = {
        "canConsume": True,
        "consumptionCurrency": "DIEM",
        "balances": {"diem": 90.5, "usd": None, "bundledCredits": 25, "odd": "x"},
        "diemEpochAllocation": 100,
        "novelty": [1],
    }
    script.plays(_json(tree))
    balance = client.balance()

    assert script.requests[0].startswith(b"GET /api/v1/billing/balance HTTP")
    assert (balance.can_consume, balance.consumption_currency) == (True, "DIEM")
    assert (balance.diem, balance.usd) == (Decimal("90.5"), None)
    assert balance.amounts == {"diem": Decimal("90.5"), "bundledCredits": Decimal(25)}
    assert balance.diem_epoch_allocation == 100
    assert balance.raw == tree
    assert "novelty" not in repr(balance)


@pytest.mark.parametrize(
    "tree",
    [
        {"canConsume": "yes", "consumptionCurrency": 7, "balances": [], "diemEpochAllocation": "x"},
        {"balances": {"usd": True, "diem": float("nan"), "x": float("inf"), "y": 1e300}},
        {"canConsume": None},
    ],
)
def test_an_odd_balance_is_read_as_far_as_it_goes(script: Script, client: Client, tree: Any) -> None:
    script.plays(_json(tree))
    balance = client.balance()
    assert (balance.can_consume, balance.amounts, balance.usd) == (None, {}, None)


def test_usage_follows_the_cursor_when_it_is_asked_for(script: Script, client: Client) -> None:
    for cursor in ("page_2", "page-3", None):
        script.plays(_json({"data": [ENTRY, ENTRY], "nextCursor": cursor}))
    start = datetime(2026, 11, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    entries = client.usage_history("DIEM", start, datetime(2026, 12, 1, tzinfo=UTC), page_size=10)
    assert script.requests == []

    first = next(entries)
    assert len(script.requests) == 1
    assert _query(script, 0) == {
        "currency": ["DIEM"],
        "startTimestamp": ["2026-11-01T00:00:00Z"],
        "endTimestamp": ["2026-12-01T00:00:00Z"],
        "pageSize": ["10"],
    }
    assert first == UsageEntry(
        timestamp=datetime(2026, 11, 20, 10, 11, 12, 345_000, tzinfo=UTC),
        sku="grok-imagine-image-image-unit",
        units=Decimal(1),
        price_per_unit_usd=Decimal("0.0401"),
        amount=Decimal("-0.0401"),
        currency="DIEM",
        notes="API Inference",
        request_id="r-7",
        raw=ENTRY,
    )
    assert len(list(entries)) == 5
    assert [_query(script, number) for number in (1, 2)] == [{"cursor": ["page_2"]}, {"cursor": ["page-3"]}]


def test_an_odd_entry_is_read_as_far_as_it_goes(script: Script, client: Client) -> None:
    odd = {"timestamp": "yesterday", "sku": 5, "units": "1", "amount": None, "inferenceDetails": []}
    script.plays(_json({"data": [odd, None, 7, {}], "nextCursor": None}))
    first, second = client.usage_history()
    assert (first.timestamp, first.sku, first.units, first.amount) == (None, "", None, None)
    assert second == UsageEntry()


@pytest.mark.parametrize(
    "page",
    [
        {"data": [ENTRY], "nextCursor": "again"},
        {"data": [], "nextCursor": "again"},
        {"data": [ENTRY], "nextCursor": "with space"},
        {"data": [ENTRY], "nextCursor": "x" * 513},
        {"data": [ENTRY], "nextCursor": 7},
        {"data": {}, "nextCursor": None},
        {"nextCursor": None},
        [],
    ],
)
def test_pages_that_do_not_end_or_are_none(script: Script, client: Client, page: Any) -> None:
    script.plays(_json(page))
    with pytest.raises(BadResponse) as caught:
        list(client.usage_history())
    assert not caught.value.charge_unknown
    assert len(script.requests) <= 2


def test_empty_pages_come_to_an_end(script: Script, client: Client) -> None:
    for number in range(40):
        script.plays(_json({"data": [], "nextCursor": f"c{number}"}))
    with pytest.raises(BadResponse):
        list(client.usage_history())
    assert len(script.requests) == 20


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("currency", ["usd", "", 7, "USD&x=1"]),
        ("start", [datetime(2026, 1, 1), "2026-01-01"]),
        ("end", [datetime(2026, 1, 1), 7]),
        ("page_size", [9, 1001, True, "50", 10.5]),
    ],
)
def test_a_bad_question_is_not_asked(script: Script, client: Client, field: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidRequest) as caught:
            client.usage_history(**{field: value})
        assert list(caught.value.field_errors) == [field]
    now = datetime.now(UTC)
    with pytest.raises(InvalidRequest):
        client.usage_history(start=now, end=now)
    with pytest.raises(InvalidRequest):
        client.models("\ud800")
    assert script.requests == []


def test_a_mapping_holds_names_only(script: Script, client: Client) -> None:
    script.plays(_json({"data": {"gpt-4o": "venice-large", "odd": 7}, "object": "list", "type": "text"}))
    assert client.compatibility_mapping("text") == {"gpt-4o": "venice-large"}
    assert script.requests[0].startswith(b"GET /api/v1/models/compatibility_mapping?type=text ")


def test_a_key_of_the_wrong_kind_closes_nothing(script: Script, client: Client) -> None:
    script.plays(answer(b'{"error":"Admin API key required"}', 401))
    with pytest.raises(AuthenticationFailed) as caught:
        client.balance()
    assert caught.value.gate is None
    assert "ADMIN" in caught.value.advice


def test_a_packed_list_is_unpacked(script: Script, client: Client) -> None:
    import gzip

    body = gzip.compress(json.dumps({"data": ["Anime"]}).encode())
    script.plays(answer(body, content_encoding="gzip"))
    assert client.styles() == ["Anime"]


CALLS: dict[str, Callable[[Client], Any]] = {
    "models": lambda client: client.models("inpaint"),
    "styles": lambda client: client.styles(),
    "traits": lambda client: client.traits(),
    "mapping": lambda client: client.compatibility_mapping("text"),
    "limits": lambda client: client.rate_limits(),
    "balance": lambda client: client.balance(),
    "usage": lambda client: list(client.usage_history()),
}
PLAYS: list[bytes] = [
    answer(b""),
    answer(b"null"),
    answer(b"7"),
    answer(b'"text"'),
    answer(b"[[[["),
    answer(b"[" * 100_000),
    answer(b'{"data": "no"}'),
    answer(b'{"data": null, "balances": 7}'),
    answer(b"\xff\xfe"),
    answer(b"<html><title>Down</title>"),
    answer(b"not gzip", content_encoding="gzip"),
    answer(b'{"error":"no"}', 503),
    answer(b"<html>", 502),
    answer(b"", 302, location="http://127.0.0.1:1/"),
    answer(b'{"data": []}')[:-3],
    b"",
    b"\x16\x03\x01 nonsense\r\n\r\n",
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("play", PLAYS, ids=range(len(PLAYS)))
def test_a_free_call_fails_in_our_words_and_costs_nothing(
    script: Script, client: Client, call: Callable[[Client], Any], play: bytes
) -> None:
    script.plays(play)
    with pytest.raises(VeniceError) as caught:
        call(client)
    assert not caught.value.charge_unknown
    assert caught.value.message
    assert "charged" not in caught.value.advice or isinstance(caught.value, Misconfigured)
    if isinstance(caught.value, BadResponse):
        assert caught.value.status is not None
