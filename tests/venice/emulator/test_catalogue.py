"""The free routes, and what is no route."""

import socket
from datetime import UTC, datetime

import pytest

from tests.venice.emulator.conftest import Caller
from venice.emulator import Emulator


@pytest.mark.parametrize(
    ("kind", "count"), [("image", 38), ("inpaint", 21), ("upscale", 1), ("all", 61), ("text", 1), ("tts", 0)]
)
def test_models_by_type(caller: Caller, kind: str, count: int) -> None:
    body = caller.get(f"/models?type={kind}").json()
    assert (body["object"], body["type"], len(body["data"])) == ("list", kind, count)
    assert all(set(entry) >= {"id", "type", "model_spec", "created", "owned_by"} for entry in body["data"])


def test_models_are_text_unless_asked(caller: Caller) -> None:
    assert {entry["type"] for entry in caller.get("/models").json()["data"]} == {"text"}


def test_a_bad_type_is_explained(caller: Caller) -> None:
    answer = caller.get("/models?type=pictures")
    assert answer.status_code == 400
    assert "pictures" in answer.json()["details"]["type"]["_errors"][0]
    assert answer.json()["issues"][0]["path"] == ["type"]


def test_traits(caller: Caller) -> None:
    assert caller.get("/models/traits?type=image").json()["data"] == {
        "default": "z-image-turbo",
        "eliza-default": "venice-sd35",
        "fastest": "z-image-turbo",
        "highest_quality": "qwen-image",
        "most_uncensored": "lustify-v7",
    }
    assert caller.get("/models/compatibility_mapping?type=image").json()["data"] == {}


def test_styles(caller: Caller) -> None:
    body = caller.get("/image/styles").json()
    assert (body["object"], len(body["data"]), body["data"][0]) == ("list", 76, "3D Model")


def test_the_catalogue_needs_no_key() -> None:
    with Emulator(key="right") as emulator:
        caller = Caller(emulator)
        del caller.session.headers["Authorization"]
        for path in ("/models", "/models/traits", "/image/styles"):
            assert caller.get(path).status_code == 200
        caller.session.close()


def test_rate_limits(caller: Caller) -> None:
    caller.generate()
    data = caller.get("/api_keys/rate_limits").json()["data"]
    assert data["accessPermitted"] is True
    assert data["apiTier"] == {"id": "paid", "isCharged": True}
    assert data["balances"]["USD"] == 49.99
    assert data["keyExpiration"] is None
    assert datetime.fromisoformat(data["nextEpochBegins"]) > datetime.now(UTC)
    limits = {entry["apiModelId"]: entry["rateLimits"] for entry in data["rateLimits"]}
    assert limits["z-image-turbo"] == [{"amount": 1000, "type": "RPM"}]


def test_admin_routes_are_refused(caller: Caller) -> None:
    for path in ("/api_keys/rate_limits/log", "/billing/balance"):
        answer = caller.get(path)
        assert (answer.status_code, answer.json()) == (401, {"error": "Admin API key required"})


def test_wrong_addresses_and_methods(caller: Caller) -> None:
    assert caller.get("/nope").status_code == 404
    assert caller.get("/image/generate").status_code == 405
    assert caller.session.post(caller.emulator.url + "/models", timeout=5).status_code == 405
    assert caller.session.get(caller.emulator.root_url + "/models", timeout=5).status_code == 404
    head = caller.session.head(caller.emulator.url + "/models", timeout=5)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"BREW /api/v1/models HTTP/1.1\r\n\r\n", b"405"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"POST /api/v1/models HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"405"),
        (b"POST /api/v1/models HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"405"),
    ],
)
def test_what_is_not_http_is_answered_in_json(emulator: Emulator, data: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=5) as connection:
        connection.sendall(data)
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert b'{"error":' in answer + connection.recv(65536)
