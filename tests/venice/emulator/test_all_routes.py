"""What holds for every route that costs something."""

import gzip
import json
from typing import Any

import pytest
import requests

from tests.venice.emulator.conftest import Caller, drawn, encoded
from venice.emulator import Emulator
from venice.emulator.faults import FAULTS

TEXT = encoded(drawn())
#: Address, a body that is right, one that is wrong, and what the first costs.
ROUTES: list[tuple[str, dict[str, Any], dict[str, Any], float]] = [
    (
        "/image/generate",
        {"model": "chroma", "prompt": "x", "width": 64, "height": 64},
        {"model": "chroma"},
        0.01,
    ),
    ("/images/generations", {"model": "chroma", "prompt": "x", "size": "256x256"}, {"model": "chroma"}, 0.01),
    ("/image/edit", {"image": TEXT, "prompt": "x"}, {}, 0.04),
    ("/image/multi-edit", {"images": [TEXT], "prompt": "x"}, {}, 0.04),
    ("/image/upscale", {"image": TEXT}, {}, 0.02),
    ("/image/background-remove", {"image": TEXT}, {}, 0.03),
]
IDS = [route[0] for route in ROUTES]
every_route = pytest.mark.parametrize(("path", "right", "wrong", "usd"), ROUTES, ids=IDS)


@every_route
def test_a_call_is_charged_and_its_headers_say_so(
    caller: Caller, path: str, right: dict[str, Any], wrong: dict[str, Any], usd: float
) -> None:
    answer = caller.send(path, right)
    assert answer.status_code == 200
    assert answer.headers["x-venice-balance-usd"] == "50"
    assert answer.headers["x-ratelimit-limit-requests"] == "1000"
    assert answer.headers["x-venice-model-id"]
    assert answer.headers["CF-RAY"]
    refused = caller.send(path, wrong)
    assert refused.status_code == 400
    assert {"error", "details", "issues"} == set(refused.json())
    first, second = caller.emulator.ledger()
    assert (first["path"], first["charged_usd"], first["status"]) == (path, usd, 200)
    assert (second["path"], second["charged_usd"], second["status"]) == (path, 0, 400)


@every_route
def test_who_calls_comes_first(path: str, right: dict[str, Any], wrong: dict[str, Any], usd: float) -> None:
    with Emulator(key="right") as running:
        caller = Caller(running)
        answer = caller.send(path, wrong)
        assert (answer.status_code, answer.content) == (401, b'{"error":"Authentication failed"}')
        del caller.session.headers["Authorization"]
        unpaid = caller.send(path, wrong)
        assert (unpaid.status_code, unpaid.json()["x402Version"]) == (402, 2)
        assert unpaid.headers["PAYMENT-REQUIRED"]
        caller.session.close()


@every_route
def test_money_rate_and_budget_stop_it(
    path: str, right: dict[str, Any], wrong: dict[str, Any], usd: float
) -> None:
    with Emulator(rate_limit=1, error_budget=2, balance_usd=usd) as running:
        caller = Caller(running)
        assert [caller.send(path, right).status_code for _ in range(2)] == [200, 402]
        running.balance_usd = 1
        limited = caller.send(path, right)
        assert (limited.status_code, limited.json()) == (429, {"error": "Rate limit exceeded"})
        assert running.balance_usd == 1
        assert [caller.send(path, wrong).status_code for _ in range(3)] == [400, 400, 429]
        assert caller.send(path, right).json()["error"].startswith("Too many failed attempts (> 2)")
        caller.session.close()


@every_route
def test_what_cannot_be_read(
    caller: Caller, path: str, right: dict[str, Any], wrong: dict[str, Any], usd: float
) -> None:
    kind = {"Content-Type": "application/json"}
    for data in (b"{", b'{"scale": NaN}', b"\xff", b"[" * 5000):
        answer = caller.send(path, data=data, headers=kind)
        assert (answer.status_code, answer.json()) == (400, {"error": "Invalid JSON request"})
    for data in (b"[]", b"null", b"7", b'{"model": 1e999, "scale": 1e999, "\\ud800": 1}'):
        assert caller.send(path, data=data, headers=kind).status_code == 400
    large = caller.send(path, data=b" " * (35 * 1024 * 1024 + 1), headers=kind)
    assert (large.status_code, large.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert caller.send(path, right).status_code == 200


@every_route
@pytest.mark.one_in(7)
@pytest.mark.parametrize("name", FAULTS)
def test_faults_wait_in_the_queue_of_any_route(
    caller: Caller, path: str, right: dict[str, Any], wrong: dict[str, Any], usd: float, name: str
) -> None:
    caller.emulator.fault(name, path=path, seconds=0.05)
    try:
        answer = caller.send(path, right)
    except requests.RequestException:
        assert name in ("truncated", "reset")
    else:
        refusing = name == "violation" and path in ("/image/edit", "/image/multi-edit")
        expected = 422 if refusing else int(name[:3]) if name[0] in "45" else 200
        assert answer.status_code == (400 if name == "details-string" else expected)
        if name == "deprecated":
            assert answer.headers["x-venice-deprecated"] == "true"
        if name == "html-200":
            assert answer.text.startswith("<html>")
    assert caller.emulator.ledger()[0]["faults"] == [name]
    assert caller.emulator.state.faults.waiting() == []


@pytest.mark.parametrize(
    "path", ["/image/generate", "/images/generations", "/image/edit", "/image/multi-edit"]
)
def test_half_a_character_is_a_prompt_too(caller: Caller, path: str) -> None:
    body = next(right for name, right, _, _ in ROUTES if name == path)
    for prompt in ("\ud800", "\0", "[[fault:x]]"):
        assert caller.send(path, {**body, "prompt": prompt}).status_code == 200
    assert caller.get("/_emulator/ledger").json()["entries"][0]["prompt"] == "\ud800"


@pytest.mark.parametrize("path", ["/image/edit", "/image/upscale", "/image/background-remove"])
def test_bytes_may_be_of_another_kind(caller: Caller, path: str) -> None:
    body = next(right for name, right, _, _ in ROUTES if name == path)
    caller.emulator.fault("wrong-format", path=path)
    assert not caller.send(path, body).content.startswith(b"\x89PNG")
    caller.emulator.fault("empty", path=path)
    assert caller.send(path, body).content == b""


@every_route
def test_a_picture_is_not_packed_and_json_is(
    caller: Caller, path: str, right: dict[str, Any], wrong: dict[str, Any], usd: float
) -> None:
    caller.session.headers["Accept-Encoding"] = "gzip, br"
    answer = caller.session.post(caller.emulator.url + path, json=right, timeout=20, stream=True)
    raw = answer.raw.read(decode_content=False)
    if answer.headers["Content-Type"].startswith("image/"):
        assert "Content-Encoding" not in answer.headers
    else:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert json.loads(gzip.decompress(raw))


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "PATCH", "GET"])
@pytest.mark.parametrize("path", [IDS[0], "/models", "/billing/balance", "/nowhere"])
def test_no_method_makes_it_fail(caller: Caller, method: str, path: str) -> None:
    answer = caller.session.request(method, caller.emulator.url + path, timeout=5)
    assert answer.status_code < 500
    assert answer.json()
