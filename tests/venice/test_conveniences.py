"""What one expects of a client: environment, timeouts, saving, a line in the log, progress, typed limits."""

import logging
import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.venice.conftest import HEAD, JPEG, PNG, Script, answer, free_port, image_body
from venice import Client, Generate, InvalidRequest, Misconfigured, NotSent, Progress, RateLimits, Unanswered
from venice.emulator import Emulator

KEY = "VENICE_INFERENCE_KEY_from-the-environment"


def test_key_and_address_come_from_the_environment(
    script: Script, operation: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.plays(answer(image_body()))
    monkeypatch.setenv("VENICE_API_KEY", f" Bearer {KEY}\n")
    monkeypatch.setenv("VENICE_BASE_URL", script.url)
    with Client() as client:
        client.run(operation)
    assert script.headers["authorization"] == f"Bearer {KEY}"
    with Client("another") as client:
        client.run(operation)
    assert script.headers["authorization"] == "Bearer another"
    with Client(None) as client:
        client.run(operation)
    assert "authorization" not in script.headers


@pytest.mark.parametrize("key", [None, "", " "])
def test_without_a_key_nothing_is_sent_that_needs_one(
    script: Script, operation: Generate, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    monkeypatch.delenv("VENICE_API_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("VENICE_API_KEY", key)
    monkeypatch.setenv("VENICE_BASE_URL", script.url)
    with Client() as client:
        for call in (
            lambda: client.run(operation),
            client.rate_limits,
            client.balance,
            lambda: next(client.usage_history()),
        ):
            with pytest.raises(Misconfigured, match="VENICE_API_KEY is not set") as caught:
                call()
            assert not caught.value.charge_unknown
    assert script.connections == 0


def test_a_bad_environment_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENICE_API_KEY", "two words")
    with pytest.raises(Misconfigured):
        Client()
    monkeypatch.setenv("VENICE_API_KEY", "key")
    monkeypatch.setenv("VENICE_BASE_URL", "ftp://venice.example")
    with pytest.raises(Misconfigured):
        Client()


def test_a_call_has_a_timeout_of_its_own(script: Script, operation: Generate) -> None:
    script.plays(HEAD, 20.0)
    began = time.monotonic()
    with Client("key", script.url) as client, pytest.raises(Unanswered, match=r"within 0\.3 s"):
        client.run(operation, timeout=0.3)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), True, "5"])
def test_what_is_no_timeout_is_refused(script: Script, operation: Generate, timeout: float) -> None:
    with Client("key", script.url) as client, pytest.raises(InvalidRequest):
        client.run(operation, timeout=timeout)
    assert script.connections == 0


def test_a_result_saves_itself_and_replaces_nothing(
    script: Script, operation: Generate, tmp_path: Path
) -> None:
    script.plays(answer(image_body(PNG)))
    script.plays(answer(image_body(PNG, JPEG)))
    with Client("key", script.url) as client:
        one, two = client.run(operation), client.run(operation)
    assert one.save(tmp_path / "a") == [tmp_path / "a.png"]
    assert one.save(str(tmp_path / "a")) == [tmp_path / "a.1.png"]
    assert two.save(tmp_path / "b") == [tmp_path / "b-1.png", tmp_path / "b-2.jpeg"]
    assert two.images[1].save(tmp_path / "c.jpg") == tmp_path / "c.jpg"
    assert (tmp_path / "b-2.jpeg").read_bytes() == JPEG
    with pytest.raises(OSError, match="No such file"):
        one.save(tmp_path / "no" / "folder")


def test_each_request_is_one_line_without_key_and_prompt(
    script: Script, operation: Generate, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "venice")
    script.plays(answer(image_body()))
    script.plays(answer(b'{"error": "a gondola is no canal"}', 400))
    script.plays(answer(b'{"data": [], "nextCursor": null}'))
    with Client(KEY, script.url) as client:
        size = len(image_body())
        client.run(operation)
        with pytest.raises(Exception, match="gondola"):
            client.run(operation)
        list(client.usage_history(currency="USD"))
    with Client(KEY, f"http://127.0.0.1:{free_port()}/api/v1") as client, pytest.raises(NotSent):
        client.run(operation)
    lines = [record.getMessage() for record in caplog.records]
    assert {record.name for record in caplog.records} == {"venice"}
    assert [line.rpartition(", ")[0] for line in lines] == [
        f"POST /api/v1/image/generate: 200, {size} bytes",
        "POST /api/v1/image/generate: 400, 34 bytes",
        "GET /api/v1/billing/usage-history: 200, 32 bytes",
        "POST /api/v1/image/generate: NotSent, the connection was refused",
    ]
    assert KEY not in caplog.text
    assert "gondola" not in caplog.text


def test_progress_is_reported(script: Script, operation: Generate) -> None:
    body = image_body(b"\x89PNG\r\n\x1a\n" + b"p" * 300_000)
    script.plays(answer(body))
    steps: list[Progress] = []
    with Client("key", script.url) as client:
        client.run(operation, on_progress=steps.append)
    assert steps[0] == Progress("sent")
    assert steps[1] == Progress("receiving", 0, len(body))
    assert steps[-1] == Progress("receiving", len(body), len(body))
    assert [each.received for each in steps] == sorted(each.received for each in steps)


def test_a_progress_that_fails_costs_no_picture(
    script: Script, operation: Generate, caplog: pytest.LogCaptureFixture
) -> None:
    script.plays(answer(image_body(PNG * 10_000)))

    def fail(progress: Progress) -> None:
        raise RuntimeError("no screen")

    with Client("key", script.url) as client:
        assert client.run(operation, on_progress=fail).images
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1


def test_limits_are_typed() -> None:
    with Emulator() as emulator, Client("key", emulator.url) as client:
        limits = client.rate_limits()
    assert limits["accessPermitted"] is limits.is_permitted is True
    assert limits.balances["USD"] == Decimal(50)
    assert limits.models["z-image-turbo"].requests_per_minute == 20
    assert limits.next_epoch is not None
    assert limits.next_epoch.tzinfo is not None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"balances": [], "rateLimits": {}, "accessPermitted": "yes", "nextEpochBegins": 5},
        {"balances": {"USD": "5", "DIEM": None, "X": 10**400}, "nextEpochBegins": "soon"},
        {
            "rateLimits": [
                None,
                {},
                {"apiModelId": 5, "rateLimits": []},
                {"apiModelId": "m", "rateLimits": [1, {}]},
            ]
        },
    ],
)
def test_limits_that_make_no_sense_are_unknown(body: dict[str, object]) -> None:
    limits = RateLimits(body)
    assert (limits.is_permitted, limits.next_epoch, limits.balances) == (None, None, {})
    assert all(each.amounts == {} for each in limits.models.values())
