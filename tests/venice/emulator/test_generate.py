"""The paid route when all is well."""

import base64
import time
from collections.abc import Iterator

import pytest
from jsonschema import Draft4Validator

from tests.venice.emulator.conftest import Caller, opened
from tests.venice.schemas import description
from venice.emulator import Emulator


def test_it_answers_as_the_schema_says(caller: Caller) -> None:
    answer = caller.generate(seed=7, cfg_scale=5)
    assert answer.status_code == 200
    paths = description()["paths"]
    content = paths["/image/generate"]["post"]["responses"]["200"]["content"]["application/json"]
    body = answer.json()
    assert list(Draft4Validator(content["schema"]).iter_errors({**body, "request": {}})) == []
    assert body["id"].startswith("generate-image-")
    assert body["request"]["success"] is True
    data = body["request"]["data"]
    assert {**data, "seed": 7, "cfg_scale": 5, "width": 64, "height": 48, "format": "webp"} == data
    assert data["safe_mode"] is True
    assert data["variants"] == 1


def test_it_sends_all_headers(caller: Caller) -> None:
    before = time.time() * 1000
    headers = caller.generate().headers
    for name in ("CF-RAY", "x-request-id", "x-venice-timestamp"):
        assert headers[name]
    assert headers["x-venice-version"] == "20260821.193530"
    assert headers["x-venice-emulator"] == "1"
    assert headers["x-venice-is-blurred"] == headers["x-venice-is-content-violation"] == "false"
    assert headers["x-venice-model-id"] == "chroma"
    assert headers["x-ratelimit-limit-requests"] == "1000"
    assert headers["x-ratelimit-remaining-requests"] == "999"
    assert before + 55_000 < int(headers["x-ratelimit-reset-requests"]) < before + 65_000


@pytest.mark.parametrize("kind", ["webp", "png", "jpeg"])
@pytest.mark.parametrize("binary", [False, True])
def test_it_knows_three_formats(caller: Caller, kind: str, binary: bool) -> None:
    answer = caller.generate(format=kind, return_binary=binary)
    data = answer.content if binary else base64.b64decode(answer.json()["images"][0])
    picture = opened(data)
    assert (picture.format or "").lower() == kind
    assert picture.size == (64, 48)
    if binary:
        assert answer.headers["Content-Type"] == f"image/{kind}"


def test_image_0_follows_the_seed_and_the_others_do_not(caller: Caller) -> None:
    first, second = (caller.generate(seed=5, variants=3).json()["images"] for _ in range(2))
    assert first[0] == second[0]
    assert len({*first, *second}) == 5


def test_a_missing_seed_is_drawn_and_reported(caller: Caller) -> None:
    body = caller.generate().json()
    again = caller.generate(seed=body["request"]["data"]["seed"]).json()
    assert body["images"] == again["images"]
    assert caller.generate().json()["images"] != body["images"]


@pytest.mark.parametrize("seed", [0, -999_999_999, 999_999_999])
def test_any_seed_in_range_will_do(caller: Caller, seed: int) -> None:
    assert caller.generate(seed=seed).json()["request"]["data"]["seed"] == seed


def test_timing_is_what_really_passed(emulator: Emulator, caller: Caller) -> None:
    emulator.state.latency_ms = 150
    began = time.monotonic()
    timing = caller.generate(width=512, height=512).json()["timing"]
    passed = (time.monotonic() - began) * 1000
    assert 150 <= timing["total"] <= passed + 1
    assert timing["inferenceQueueTime"] >= 150
    assert timing["inferenceQueueTime"] + timing["inferencePreprocessingTime"] == timing["total"]
    assert 0 < timing["inferenceDuration"] <= timing["inferencePreprocessingTime"]


def test_a_trait_stands_for_a_model(caller: Caller) -> None:
    answer = caller.generate(model="fastest")
    assert answer.headers["x-venice-model-id"] == "z-image-turbo"


def test_a_rewritten_prompt_is_sent_encoded_and_charged(emulator: Emulator, caller: Caller) -> None:
    answer = caller.generate("水", enhance_prompt=True)
    assert answer.headers["x-venice-enhanced-prompt"].startswith("%E6%B0%B4%2C%20")
    assert emulator.ledger()[0]["charged_usd"] == 0.05


def test_exif_is_embedded_when_asked(caller: Caller) -> None:
    data = caller.generate("a lake", embed_exif_metadata=True, return_binary=True, format="jpeg").content
    assert opened(data).getexif()[0x010E] == "a lake"
    plain = caller.generate("a lake", return_binary=True, format="jpeg").content
    assert not opened(plain).getexif()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [("gzip, deflate", True), ("br;q=1, gzip;q=0.5", True), ("gzip;q=0", False), ("identity", False)],
)
def test_json_is_packed_when_asked(caller: Caller, coding: str, packed: bool) -> None:
    caller.session.headers["Accept-Encoding"] = coding
    answer = caller.generate()
    assert (answer.headers.get("Content-Encoding") == "gzip") is packed
    assert answer.json()["images"]
    assert "Content-Encoding" not in caller.generate(return_binary=True).headers


def test_one_connection_serves_many_calls(caller: Caller) -> None:
    answers = [caller.generate(seed=seed) for seed in range(3)]
    assert all(answer.headers.get("Connection") is None for answer in answers)
    assert len(caller.emulator.ledger()) == 3


@pytest.fixture
def small() -> Iterator[Caller]:
    with Emulator(rate_limit=3, rate_window_s=2) as running:
        caller = Caller(running)
        yield caller
        caller.session.close()


def test_a_variant_counts_as_one_image_of_the_rate(small: Caller) -> None:
    answer = small.generate(variants=2)
    assert answer.headers["x-ratelimit-remaining-requests"] == "1"
    refused = small.generate(variants=2)
    assert refused.status_code == 429
    assert refused.json() == {"error": "Rate limit exceeded"}
    assert refused.headers["x-ratelimit-type"] == "user"
    assert "Retry-After" not in refused.headers
    assert small.generate().status_code == 200
    assert small.generate(model="lustify-v8").status_code == 200, "each model has its own"
    again = int(small.generate().headers["x-ratelimit-reset-requests"]) / 1000
    time.sleep(max(0, again - time.time()) + 0.05)
    assert small.generate().status_code == 200
    assert sum(entry["charged_usd"] for entry in small.emulator.ledger()) == pytest.approx(0.05)
