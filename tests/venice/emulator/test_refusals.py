"""What is refused, in which words, and in which order the checks come."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.venice.emulator.conftest import PATH, Caller
from venice.emulator import Emulator


@pytest.fixture
def locked() -> Iterator[Caller]:
    with Emulator(key="right", error_budget=3, error_window_s=2) as running:
        caller = Caller(running)
        caller.session.headers["Authorization"] = "Bearer right"
        yield caller
        caller.session.close()


def test_without_credentials_it_wants_payment(caller: Caller) -> None:
    del caller.session.headers["Authorization"]
    answer = caller.post({"nonsense": True})
    assert answer.status_code == 402
    body = answer.json()
    assert body["x402Version"] == 2
    assert body["error"] == "Authentication required"
    assert {"resource", "accepts", "extensions", "authOptions"} <= set(body)
    assert answer.headers["PAYMENT-REQUIRED"]
    assert "x-venice-balance-usd" not in answer.headers
    assert caller.get("/api_keys/rate_limits").status_code == 402


@pytest.mark.parametrize("given", ["Bearer wrong", "Bearer", "Basic cmlnaHQ=", "right"])
def test_a_wrong_key_is_refused_before_anything_else(locked: Caller, given: str) -> None:
    locked.session.headers["Authorization"] = given
    answer = locked.session.post(locked.emulator.url + PATH, data=b"{", timeout=5)
    assert (answer.status_code, answer.content) == (401, b'{"error":"Authentication failed"}')


def test_content_type_then_json_then_model_then_schema(caller: Caller) -> None:
    url = caller.emulator.url + PATH
    text = caller.session.post(url, data=b"{", headers={"Content-Type": "text/plain"}, timeout=5)
    assert text.json() == {"error": "'Content-Type' must be 'application/json'"}
    for data in (b"{", b"", b"\xff\xfe{", b'{"model": NaN}', b"[" * 5000):
        broken = caller.session.post(url, data=data, headers={"Content-Type": "application/json"}, timeout=5)
        assert (broken.status_code, broken.json()) == (400, {"error": "Invalid JSON request"}), data
    assert caller.post({"width": "x"}).json() == {"error": "model is required"}
    assert caller.post([]).json() == {"error": "model is required"}
    assert caller.post({"model": 7, "width": "x"}).json() == {"error": "model must be a string"}
    assert caller.post({"model": "nope"}).json()["error"] == "Invalid request parameters"
    unknown = caller.generate(model="nope", style_preset="nope")
    assert (unknown.status_code, unknown.json()) == (404, {"error": "Specified model not found: nope"})
    assert caller.generate(model="Chroma").status_code == 404, "ids are case-sensitive"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("prompt", "", "String must contain at least 1 character(s)"),
        ("prompt", " \n", "String must contain at least 1 character(s)"),
        ("prompt", 5, "Expected string, received number"),
        ("prompt", "x" * 7501, "String must contain at most 7500 character(s)"),
        ("width", 0, "Number must be greater than 0"),
        ("width", 1281, "Number must be less than or equal to 1280"),
        ("width", 64.5, "Expected integer, received float"),
        ("height", "64", "Expected number, received string"),
        ("height", True, "Expected number, received boolean"),
        ("seed", 1_000_000_000, "Number must be less than or equal to 999999999"),
        ("seed", -1_000_000_000, "Number must be greater than or equal to -999999999"),
        ("cfg_scale", 0, "Number must be greater than 0"),
        ("cfg_scale", 20.01, "Number must be less than or equal to 20"),
        ("variants", 5, "Number must be less than or equal to 4"),
        ("variants", 0, "Number must be greater than or equal to 1"),
        ("format", "gif", "Invalid enum value. Expected 'jpeg' | 'png' | 'webp', received 'gif'"),
        ("quality", "ultra", "Invalid enum value. Expected 'low' | 'medium' | 'high', received 'ultra'"),
        ("safe_mode", "yes", "Expected boolean, received string"),
        ("lora_strength", 101, "Number must be less than or equal to 100"),
        ("style_preset", "anime", "Invalid style preset. See /image/styles for the valid names"),
        ("style_references", [{"image": "aGk="}], "style_references is not supported by chroma"),
        ("inpaint", {}, "inpaint is no longer supported"),
    ],
)
def test_parameters_are_checked(caller: Caller, field: str, value: Any, message: str) -> None:
    answer = caller.generate(**{"prompt": "x", field: value})
    assert answer.status_code == 400
    body = answer.json()
    assert body["error"] == "Invalid request parameters"
    assert body["details"] == {"_errors": [], field: {"_errors": [message]}}
    assert [(issue["path"], issue["message"]) for issue in body["issues"]] == [([field], message)]
    assert caller.emulator.ledger()[-1]["charged_usd"] == 0


def test_unknown_keys_are_refused(caller: Caller) -> None:
    body = caller.generate(n=1, size="x").json()
    message = "Unrecognized key(s) in object: 'n', 'size'"
    assert body["details"] == {"_errors": [message]}
    assert body["issues"][0]["keys"] == ["n", "size"]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("model", "fields", "wrong"),
    [
        ("venice-sd35", {"steps": 31}, "steps"),
        ("chroma", {"steps": 31}, None),
        ("chroma", {"width": 67, "height": 33}, None),
        ("qwen-image", {"width": 64}, "width"),
        ("qwen-image-2", {"width": 64}, None),
        ("nano-banana-2", {"resolution": "8K"}, "resolution"),
        ("qwen-image-2", {"resolution": "8K"}, None),
        ("nano-banana-2", {"aspect_ratio": "4:3"}, None),
        ("grok-imagine-image-2-0", {"quality": "high"}, "quality"),
        ("chroma", {"quality": "high"}, None),
        ("krea-v2-large", {"style_references": [{"image": "aGk=", "strength": 0.5}]}, None),
        ("krea-v2-large", {"style_references": [{"image": "aGk="}] * 4}, "style_references"),
        ("chroma", {"variants": 2, "return_binary": True}, "variants"),
        ("chroma", {"anon_user_id": "me"}, None),
        ("chroma", {"anon_user_id": "a||b"}, "anon_user_id"),
        ("chroma", {"anon_user_id": "é"}, "anon_user_id"),
    ],
)
def test_models_are_strict_where_venice_is(
    caller: Caller, model: str, fields: dict[str, Any], wrong: str | None
) -> None:
    answer = caller.generate(**{"model": model, "width": None, "height": None, **fields})
    assert answer.status_code == (400 if wrong else 200)
    if wrong:
        assert wrong in answer.json()["details"]


@pytest.mark.parametrize("image", ["http://127.0.0.1/a.png", "data:image/svg+xml;base64,AAAA", "?"])
def test_style_references_are_read(caller: Caller, image: str) -> None:
    fields = {"model": "krea-v2-large", "width": None, "height": None}
    assert caller.generate(style_references=[{"image": image}], **fields).status_code == 400
    public = [{"image": "https://example.com/a.png"}]
    assert caller.generate(style_references=public, **fields).status_code == 200


def test_models_for_other_things_are_refused(caller: Caller) -> None:
    assert caller.generate(model="firered-image-edit").status_code == 404
    assert caller.generate(model="bria-bg-remover").json() == {"error": "Invalid model specified"}


def test_a_body_over_the_limit_gets_413(caller: Caller) -> None:
    answer = caller.post({"model": "chroma", "prompt": "x" * (35 * 1024 * 1024)})
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert caller.generate().status_code == 200, "the connection goes on"


def test_failures_use_up_a_budget(locked: Caller) -> None:
    assert [locked.generate(width=0).status_code for _ in range(5)] == [400] * 4 + [429]
    blocked = locked.generate()
    assert blocked.status_code == 429
    assert blocked.json()["error"].startswith("Too many failed attempts (> 3) resulting in a non-success")
    resets = int(blocked.headers["x-ratelimit-resets"]) / 1000
    assert blocked.headers["x-ratelimit-remaining"] == "0"
    assert locked.generate(model="z-image-turbo").status_code == 200, "each model has its own"
    time.sleep(max(0, resets - time.time()) + 0.05)
    assert locked.generate().status_code == 200


def test_some_failures_do_not_count(locked: Caller) -> None:
    url = locked.emulator.url + PATH
    for _ in range(5):
        locked.session.post(url, data=b"{", headers={"Content-Type": "application/json"}, timeout=5)
        locked.generate("[[fault:500]]")
        locked.generate("[[fault:429]]")
    assert locked.generate().status_code == 200


def test_chunked_bodies_are_read(caller: Caller) -> None:
    parts = iter([b'{"model": "chroma", "prompt": "x",', b' "width": 64, "height": 64}'])
    headers = {"Content-Type": "application/json"}
    answer = caller.session.post(caller.emulator.url + PATH, data=parts, headers=headers, timeout=5)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "rest",
    [
        b'Content-Length: 60\r\n\r\n{"model": "chroma", "prompt": "x"',
        b'Transfer-Encoding: chunked\r\n\r\n40\r\n{"model": "chroma",',
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    ],
    ids=["length", "within-a-chunk", "no-last-chunk"],
)
def test_who_dies_while_sending_has_asked_for_nothing(emulator: Emulator, rest: bytes) -> None:
    head = b"POST /api/v1/image/generate HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\n"
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=5) as caller:
        caller.sendall(head + b"Content-Type: application/json\r\n" + rest)
        caller.shutdown(socket.SHUT_WR)
        assert caller.recv(100) == b""
    assert emulator.ledger() == []


def test_it_listens_on_the_loopback_only(emulator: Emulator) -> None:
    assert emulator._server.server_address[0] == "127.0.0.1"
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=5):
        assert emulator.url == f"http://127.0.0.1:{emulator.port}/api/v1"
