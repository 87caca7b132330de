"""What is charged, and what the ledger says of it."""

import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.venice.emulator.conftest import Caller
from venice.emulator import Emulator


@pytest.fixture
def poor() -> Iterator[Caller]:
    with Emulator(balance_usd="0.05") as running:
        caller = Caller(running)
        yield caller
        caller.session.close()


def test_the_ledger_has_an_entry_for_each_post(emulator: Emulator, caller: Caller) -> None:
    caller.generate("a lake", seed=9, variants=2)
    caller.generate("a lake", steps=1000, model="venice-sd35")
    body = caller.session.get(emulator.root_url + "/_emulator/ledger", timeout=5).json()
    paid, refused = body["entries"]
    assert {**paid, "model": "chroma", "prompt": "a lake", "seed": 9, "variants": 2, "status": 200} == paid
    assert (paid["charged_usd"], refused["charged_usd"]) == (0.02, 0)
    assert (refused["status"], refused["images"]) == (400, [])
    assert [image["width"] for image in paid["images"]] == [64, 64]
    assert paid["images"][0]["seed"] == 9
    assert paid["id"] != refused["id"]
    assert body["balance_usd"] == 49.98
    assert body == caller.get("/_emulator/ledger").json(), "under the API's prefix too"
    assert emulator.ledger() == body["entries"]


@pytest.mark.parametrize(
    ("fields", "usd"),
    [
        ({"model": "flux-2-max"}, "0.09"),
        ({"model": "nano-banana-pro", "resolution": "2K", "aspect_ratio": "21:9"}, "0.23"),
        ({"model": "gpt-image-2", "quality": "low"}, "0.02"),
        ({"model": "gpt-image-2", "quality": "low", "resolution": "2K"}, "0.03"),
        ({"model": "chroma", "variants": 4}, "0.04"),
    ],
)
def test_the_price_is_the_catalogues(
    emulator: Emulator, caller: Caller, fields: dict[str, Any], usd: str
) -> None:
    assert caller.generate(width=None, height=None, **fields).status_code == 200
    assert Decimal(50) - emulator.balance_usd == Decimal(usd)


def test_the_balance_header_is_the_one_before_the_charge(caller: Caller) -> None:
    balances = [Decimal(caller.generate().headers["x-venice-balance-usd"]) for _ in range(3)]
    assert balances == [Decimal(50), Decimal("49.99"), Decimal("49.98")]
    assert "x-venice-balance-diem" in caller.generate().headers


def test_a_poor_account_is_refused_and_not_charged(poor: Caller) -> None:
    answer = poor.generate(model="flux-2-max", width=None, height=None)
    assert answer.status_code == 402
    assert answer.json()["error"].startswith("Insufficient USD or Diem balance")
    assert [poor.generate().status_code for _ in range(6)] == [200] * 5 + [402]
    assert poor.emulator.balance_usd == 0
    assert poor.get("/api_keys/rate_limits").json()["data"]["accessPermitted"] is False
    topped_up = {"balance_usd": 1.5}
    poor.session.post(poor.emulator.root_url + "/_emulator/account", json=topped_up, timeout=5)
    assert poor.generate().status_code == 200
    assert poor.emulator.balance_usd == Decimal("1.49")


def test_calls_at_once_cannot_spend_more_than_there_is(poor: Caller) -> None:
    statuses: list[int] = []

    def call() -> None:
        other = Caller(poor.emulator)
        statuses.append(other.generate("[[fault:slow:0.2]]").status_code)
        other.session.close()

    threads = [threading.Thread(target=call) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 5 + [402] * 4
    assert poor.emulator.balance_usd == 0
