"""What an administration key sees: limits that were hit, the balance, and what was charged."""

import csv
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.venice.emulator.conftest import Caller
from venice.emulator import Emulator

ADMIN = "VENICE_ADMIN_KEY_test"
HISTORY, ANALYTICS = "/billing/usage-history", "/billing/usage-analytics"
ROUTES = ["/api_keys/rate_limits/log", "/billing/balance", HISTORY, ANALYTICS]


@pytest.fixture
def admin(caller: Caller) -> Caller:
    caller.session.headers["Authorization"] = f"Bearer {ADMIN}"
    return caller


@pytest.fixture
def spent(admin: Caller) -> Caller:
    for number in range(12):
        admin.generate(f"picture {number}")
    admin.generate("two", variants=2, model="lustify-v8")
    return admin


@pytest.mark.parametrize("path", ROUTES)
def test_only_administration_keys_open_it(caller: Caller, path: str) -> None:
    for key in ("key", "VENICE_INFERENCE_KEY_x"):
        answer = caller.get(path, headers={"Authorization": f"Bearer {key}"})
        assert (answer.status_code, answer.json()) == (401, {"error": "Admin API key required"})
    assert caller.get(path, headers={"Authorization": f"Bearer {ADMIN}"}).status_code == 200
    del caller.session.headers["Authorization"]
    assert caller.get(path).status_code == 402


@pytest.mark.parametrize("path", ROUTES)
def test_a_wrong_administration_key_is_wrong(path: str) -> None:
    with Emulator(key="VENICE_ADMIN_KEY_right") as running:
        caller = Caller(running)
        answer = caller.get(path, headers={"Authorization": f"Bearer {ADMIN}"})
        assert (answer.status_code, answer.content) == (401, b'{"error":"Authentication failed"}')
        right = caller.get(path, headers={"Authorization": "Bearer VENICE_ADMIN_KEY_right"})
        assert right.status_code == 200
        caller.session.close()


@pytest.mark.parametrize("name", ["SIGN-IN-WITH-X", "X-Sign-In-With-X"])
def test_a_wrong_signature_of_a_wallet_is_refused_as_such(caller: Caller, name: str) -> None:
    expected = {"error": "Invalid wallet signature", "code": "X402_SIGN_IN_INVALID_SIGNATURE"}
    caller.session.headers[name] = "e30="
    answer = caller.generate()
    assert (answer.status_code, answer.json()) == (401, expected), "a wallet wins over a key"
    assert caller.get("/api_keys/rate_limits").status_code == 200, "but not where nothing is inferred"
    del caller.session.headers["Authorization"]
    assert caller.get("/api_keys/rate_limits").json() == expected


def test_the_balance(admin: Caller) -> None:
    admin.generate()
    assert admin.get("/billing/balance").json() == {
        "canConsume": True,
        "consumptionCurrency": "USD",
        "balances": {"diem": None, "usd": 49.99},
        "diemEpochAllocation": 0,
    }
    admin.emulator.balance_usd = 0
    body = admin.get("/billing/balance").json()
    assert (body["canConsume"], body["consumptionCurrency"], body["balances"]["usd"]) == (False, None, None)


def test_limits_that_were_hit_are_logged() -> None:
    with Emulator(rate_limit=1, error_budget=1) as running:
        caller = Caller(running)
        caller.session.headers["Authorization"] = f"Bearer {ADMIN}"
        assert [caller.generate().status_code for _ in range(2)] == [200, 429]
        assert [caller.generate(width=0).status_code for _ in range(3)] == [400, 400, 429]
        body = caller.get("/api_keys/rate_limits/log").json()
        caller.session.close()
    assert body["object"] == "list"
    assert [hit["rateLimitType"] for hit in body["data"]] == ["FAILED_REQUESTS", "RPM"]
    assert {hit["modelId"] for hit in body["data"]} == {"chroma"}
    assert ADMIN not in str(body)


def test_the_old_usage_route_is_gone_for_everybody(caller: Caller) -> None:
    del caller.session.headers["Authorization"]
    answer = caller.get("/billing/usage")
    assert answer.status_code == 410
    assert answer.json()["error"]
    assert answer.headers["Deprecation"] == "@1783555200"
    assert answer.headers["Sunset"] == "Wed, 16 Sep 2026 00:00:00 GMT"
    assert 'rel="successor-version"' in answer.headers["Link"]


def test_usage_comes_page_by_page(spent: Caller) -> None:
    whole = spent.get(HISTORY).json()
    assert whole["nextCursor"] is None
    assert len(whole["data"]) == 13
    first = spent.get(f"{HISTORY}?pageSize=10&currency=USD").json()
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,512}", first["nextCursor"])
    spent.generate("meanwhile")
    second = spent.get(f"{HISTORY}?cursor={first['nextCursor']}").json()
    assert second["nextCursor"] is None
    assert first["data"] + second["data"][:-1] == whole["data"], "what comes meanwhile comes at the end"
    times = [row["timestamp"] for row in whole["data"]]
    assert times == sorted(times)
    last = whole["data"][-1]
    assert (last["sku"], last["units"], last["pricePerUnitUsd"]) == ("lustify-v8-image-unit", 2, 0.01)
    assert (last["amount"], last["currency"]) == (-0.02, "USD")
    assert last["inferenceDetails"]["requestId"] == spent.emulator.ledger()[12]["id"]


def test_only_what_was_charged_is_in_it(admin: Caller) -> None:
    admin.generate("[[fault:500]]")
    admin.generate("[[fault:violation]]")
    admin.generate(width=0)
    assert admin.get(HISTORY).json() == {"data": [], "nextCursor": None}


def test_usage_between_two_moments(spent: Caller) -> None:
    times = [row["timestamp"] for row in spent.get(HISTORY).json()["data"]]
    later = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    assert spent.get(HISTORY, params={"startTimestamp": times[0]}).json()["data"]
    assert spent.get(HISTORY, params={"startTimestamp": later}).json()["data"] == []
    assert spent.get(HISTORY, params={"endTimestamp": times[0]}).json()["data"] == []
    assert len(spent.get(HISTORY, params={"endTimestamp": later}).json()["data"]) == 13
    assert spent.get(HISTORY, params={"currency": "DIEM"}).json()["data"] == []


def test_usage_as_a_table(spent: Caller) -> None:
    answer = spent.get(f"{HISTORY}?pageSize=10", headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    pattern = r"attachment; filename=billing-usage-history-\d{8}T\d{9}Z\.csv"
    assert re.fullmatch(pattern, answer.headers["Content-Disposition"])
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [row["amount"] for row in rows] == ["-0.01"] * 10
    cursor = answer.headers["x-next-cursor"]
    rest = spent.get(f"{HISTORY}?cursor={cursor}", headers={"Accept": "text/csv"})
    assert len(list(csv.DictReader(rest.text.splitlines()))) == 3
    assert "x-next-cursor" not in rest.headers


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"pageSize": "9"}, "pageSize"),
        ({"pageSize": "1001"}, "pageSize"),
        ({"pageSize": "ten"}, "pageSize"),
        ({"pageSize": "9" * 5000}, "pageSize"),
        ({"currency": "EUR"}, "currency"),
        ({"startTimestamp": "yesterday"}, "startTimestamp"),
        ({"startTimestamp": "2026-01-01T00:00:00"}, "startTimestamp"),
        ({"endTimestamp": ""}, "endTimestamp"),
        ({"cursor": "eyJ9", "pageSize": "10"}, "pageSize"),
    ],
)
def test_questions_about_usage_are_checked(admin: Caller, query: dict[str, str], wrong: str) -> None:
    answer = admin.get(HISTORY, params=query)
    assert answer.status_code == 400
    assert wrong in answer.json()["details"]


@pytest.mark.parametrize(
    "cursor", ["", "!", "abc", "a" * 513, "eyJuZXh0IjotMSwic2l6ZSI6MTB9", "W10", "bnVsbA"]
)
def test_a_bad_cursor_is_refused(admin: Caller, cursor: str) -> None:
    answer = admin.get(HISTORY, params={"cursor": cursor})
    assert (answer.status_code, answer.json()) == (400, {"error": "Invalid cursor"})


def test_analytics_add_up(spent: Caller) -> None:
    body = spent.get(ANALYTICS).json()
    assert body["lookback"] == "7d"
    assert [(day["USD"], day["DIEM"]) for day in body["byDate"]] == [(0.14, 0)]
    assert body["topModels"] == [model["modelName"] for model in body["byModel"]] == ["Chroma", "Lustify v8"]
    assert [model["totalUsd"] for model in body["byModel"]] == [0.12, 0.02]
    assert [model["totalUnits"] for model in body["byModel"]] == [12, 2]
    assert body["byModelDaily"][0]["Chroma"] == 0.12
    assert body["byModelDaily"][0]["date"] % 86_400_000 == 0
    assert [key["totalUsd"] for key in body["byKey"]] == [0.14]
    assert ADMIN not in str(body)


@pytest.mark.parametrize(
    ("query", "status", "lookback"),
    [
        ({"lookback": "30d"}, 200, "30d"),
        ({"lookback": "365d"}, 200, "90d"),
        ({"lookback": "0d"}, 400, ""),
        ({"lookback": "week"}, 400, ""),
        ({"startDate": "2026-01-01", "endDate": "2026-01-31"}, 200, "31d"),
        ({"startDate": "2026-01-01"}, 400, ""),
        ({"startDate": "2026-02-30", "endDate": "2026-03-01"}, 400, ""),
    ],
)
def test_the_span_of_analytics(admin: Caller, query: dict[str, Any], status: int, lookback: str) -> None:
    answer = admin.get(ANALYTICS, params=query)
    assert answer.status_code == status
    assert answer.json().get("lookback", "") == lookback
