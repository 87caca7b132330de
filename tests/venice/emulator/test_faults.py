"""Misbehaviour on demand."""

import base64
import json
import time
from typing import Any

import pytest
import requests
from PIL import ImageFilter, ImageStat

from tests.venice.emulator.conftest import PATH, Caller, opened
from venice.emulator import Emulator
from venice.emulator.faults import FAULTS, UnknownFault
from venice.emulator.lies import CONTROLS, LISTS, LONG


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("400", 400, '"request_id"'),
        ("details-string", 400, '"details":"'),
        ("401", 401, '{"error":"Authentication failed"}'),
        ("401-pro", 401, "Pro users"),
        ("402", 402, "Insufficient USD or Diem balance"),
        ("402-limit", 402, "spend limit exceeded"),
        ("403", 403, "Unauthorized access"),
        ("403-html", 403, "<title>403 Forbidden</title>"),
        ("404", 404, "Specified model not found"),
        ("410", 410, "retired"),
        ("413", 413, "PAYLOAD_TOO_LARGE"),
        ("415", 415, "Invalid request content-type"),
        ("422", 422, "content policy"),
        ("429", 429, '{"error":"Rate limit exceeded"}'),
        ("429-retry-after", 429, "currently overloaded"),
        ("429-blocked", 429, "Too many failed attempts (> 20)"),
        ("500", 500, '{"error":"Inference processing failed"}'),
        ("500-html", 500, "<html>"),
        ("502", 502, "<title>502 Bad Gateway</title>"),
        ("503", 503, "at capacity"),
        ("503-offline", 503, "temporarily offline"),
        ("504", 504, "timed-out"),
    ],
)
def test_errors_by_marker_and_by_queue(caller: Caller, name: str, status: int, text: str) -> None:
    marked = caller.generate(f"a lake [[fault:{name}]]")
    assert marked.status_code == status
    assert text in marked.text
    assert ("text/html" in marked.headers["Content-Type"]) == text.startswith("<")
    assert marked.headers["CF-RAY"]
    caller.emulator.fault(name)
    assert caller.generate().status_code == status
    assert caller.generate().status_code == 200
    entries = caller.emulator.ledger()
    assert [entry["charged_usd"] for entry in entries] == [0, 0, 0.01]
    assert entries[0]["faults"] == [name]


def test_429_with_and_without_retry_after(caller: Caller) -> None:
    plain = caller.generate("[[fault:429]]")
    assert "Retry-After" not in plain.headers
    assert int(plain.headers["x-ratelimit-reset-requests"]) / 1000 == pytest.approx(time.time() + 1, abs=3)
    assert caller.generate("[[fault:429-retry-after]]").headers["Retry-After"] == "30"
    assert caller.generate("[[fault:429-retry-after:7]]").headers["Retry-After"] == "7"


def test_a_failure_may_be_charged(caller: Caller) -> None:
    assert caller.generate("[[fault:504:charged]]").status_code == 504
    assert caller.emulator.ledger()[0]["charged_usd"] == 0.01


def test_a_marker_may_end_after_some_times(caller: Caller) -> None:
    prompt = "a lake [[fault:500:times=2]]"
    assert [caller.generate(prompt).status_code for _ in range(4)] == [500, 500, 200, 200]
    assert caller.generate(prompt + " and a boat").status_code == 500


def test_faults_over_http(emulator: Emulator, caller: Caller) -> None:
    url = emulator.root_url + "/_emulator/faults"

    def post(body: Any) -> requests.Response:
        return caller.session.post(url, json=body, timeout=5)

    assert post({"fault": "429", "times": 2}).json()["faults"][0]["times"] == 2
    assert [caller.generate().status_code for _ in range(3)] == [429, 429, 200]
    post({"fault": "503", "times": -1})
    assert [caller.generate().status_code for _ in range(3)] == [503] * 3
    assert post({"clear": True}).json() == {"faults": []}
    assert caller.generate().status_code == 200
    assert post({"fault": "nonsense"}).status_code == 400
    assert post([]).status_code == 400
    post({"fault": "500", "path": "/models"})
    assert [caller.get("/models").status_code for _ in range(2)] == [500, 200]


def test_an_unknown_fault_is_refused(emulator: Emulator, caller: Caller) -> None:
    with pytest.raises(UnknownFault, match="nonsense"):
        emulator.fault("nonsense")
    with pytest.raises(UnknownFault, match="numbers"):
        emulator.fault("slow", seconds="long")
    assert caller.generate("[[fault:nonsense]]").status_code == 200
    assert emulator.ledger()[0]["faults"] == []


def test_slow_waits_and_then_answers(caller: Caller) -> None:
    began = time.monotonic()
    answer = caller.generate("[[fault:slow:0.4]]")
    assert time.monotonic() - began > 0.4
    assert answer.json()["timing"]["total"] >= 400


def test_drip_sends_the_head_at_once(caller: Caller) -> None:
    with caller.post({"model": "chroma", "prompt": "[[fault:drip:0.5]]"}, stream=True) as answer:
        head_at = time.monotonic()
        assert answer.json()["images"]
    assert time.monotonic() - head_at > 0.4


def test_truncated_announces_more_than_it_sends(caller: Caller) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.generate("[[fault:truncated]]")
    assert caller.emulator.ledger()[0]["charged_usd"] == 0.01


def test_reset_is_charged_and_not_answered(caller: Caller) -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        caller.generate("[[fault:reset]]")
    assert caller.emulator.ledger()[0]["charged_usd"] == 0.01


def test_violation_is_black_and_free(emulator: Emulator, caller: Caller) -> None:
    answer = caller.generate("[[fault:violation]]", variants=2, enhance_prompt=True)
    assert answer.headers["x-venice-is-content-violation"] == "true"
    assert "x-venice-enhanced-prompt" not in answer.headers
    for image in answer.json()["images"]:
        assert opened(base64.b64decode(image)).convert("RGB").getextrema() == ((0, 0),) * 3
    binary = caller.generate("[[fault:violation]]", format="webp", return_binary=True)
    assert binary.headers["Content-Type"] == "image/png"
    assert emulator.balance_usd == 50


def test_blurred_is_blurred_and_charged(caller: Caller) -> None:
    options = {"seed": 3, "width": 512, "height": 512, "return_binary": True, "format": "png"}
    sharp = opened(caller.generate("venice canal", **options).content)
    answer = caller.generate("venice canal [[fault:blurred]]", **options)
    blurred = opened(answer.content)
    assert answer.headers["x-venice-is-blurred"] == "true"

    def detail(picture: Any) -> float:
        edges = picture.convert("L").filter(ImageFilter.FIND_EDGES).crop((4, 4, 508, 508))
        return float(ImageStat.Stat(edges).mean[0])

    assert detail(blurred) < detail(sharp) / 4
    assert caller.emulator.ledger()[1]["charged_usd"] == 0.01


def test_a_marker_does_not_change_the_picture(caller: Caller) -> None:
    plain, marked = (caller.generate(p, seed=1) for p in ("a lake", "a lake [[fault:deprecated]]"))
    assert plain.json()["images"] == marked.json()["images"]
    assert marked.headers["x-venice-deprecated"] == "true"
    for name in ("model-deprecation-warning", "model-deprecation-date", "deprecated-replacement"):
        assert marked.headers[f"x-venice-{name}"]


@pytest.mark.parametrize("kind", ["webp", "png", "jpeg"])
def test_wrong_format_is_a_picture_of_another_kind(caller: Caller, kind: str) -> None:
    image = caller.generate("[[fault:wrong-format]]", format=kind).json()["images"][0]
    assert (opened(base64.b64decode(image)).format or "").lower() != kind


def test_bodies_that_hold_no_picture(caller: Caller) -> None:
    assert caller.generate("[[fault:empty]]").json()["images"] == []
    assert caller.generate("[[fault:html-200]]").text.startswith("<html>")
    for name in ("litter", "images-wide"):
        litter = caller.generate(f"[[fault:{name}:0.3]]")
        assert len(litter.content) == pytest.approx(300_000, abs=50)
        assert litter.json()["images"][-1] == []


def test_a_long_head_comes_before_the_whole_answer(caller: Caller) -> None:
    answer = caller.generate("[[fault:long-head]]")
    assert sum(map(len, answer.headers.values())) > 4_000_000
    assert answer.json()["images"]


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("limits-huge", "x-ratelimit-limit-requests", "999999999999"),
        ("balance-huge", "x-venice-balance-usd", "99999999.9999999"),
        ("balance-nan", "x-venice-balance-usd", "NaN"),
        ("balance-endless", "x-venice-balance-usd", "1e999"),
        ("ids-controls", "CF-RAY", CONTROLS),
        ("ids-long", "x-request-id", LONG),
    ],
)
def test_lying_headers_come_with_the_pictures(caller: Caller, name: str, header: str, value: str) -> None:
    answer = caller.generate(f"a lake [[fault:{name}]]")
    assert answer.headers[header] == value
    assert opened(base64.b64decode(answer.json()["images"][0])).size == (64, 48)
    assert caller.emulator.ledger()[0]["charged_usd"] == 0.01


def test_lying_bodies(caller: Caller) -> None:
    assert caller.generate("[[fault:ids-controls]]").json()["id"] == CONTROLS
    assert caller.generate("[[fault:ids-long]]").json()["id"] == LONG
    timing = caller.generate("[[fault:timing-words]]").json()["timing"]
    assert (timing["inferenceDuration"], timing["total"]) == ("soon", 10**30)
    deep = caller.generate("[[fault:images-deep]]").text
    assert f"{'[' * LISTS}{']' * LISTS}" in deep
    with pytest.raises(RecursionError):
        json.loads(deep)


def test_a_fault_tells_the_limit_of_the_account(caller: Caller) -> None:
    assert caller.generate("[[fault:429]]").headers["x-ratelimit-limit-requests"] == "1000"


def test_styles_may_come_as_a_bare_list(emulator: Emulator, caller: Caller) -> None:
    emulator.fault("styles-list")
    assert isinstance(caller.get("/image/styles").json(), list)
    assert isinstance(caller.get("/image/styles").json(), dict)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_written_down_even_when_nobody_hears_the_end(caller: Caller, name: str) -> None:
    body = {"model": "chroma", "prompt": f"[[fault:{name}:0.05]]", "width": 64, "height": 64}
    try:
        caller.session.post(caller.emulator.url + PATH, json=body, timeout=5)
    except requests.RequestException:
        assert name in ("truncated", "reset")
    assert caller.emulator.ledger()[0]["faults"] == [name]
