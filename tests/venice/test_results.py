"""From stored answers to images, and what is made of answers that hold none."""

import base64
import gzip
import io
import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.venice.conftest import JPEG, PNG, WEBP, image_body
from venice import BadResponse, ModelGone, Reply, Unreadable, read_result
from venice.reply import MAX_PROMPT_VALUE, bounded_headers, head_line, read_head_line

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def _reply(status: int = 200, **headers: str) -> Reply:
    named = bounded_headers((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(status=status, headers=named, started_at=NOW, sent_at=NOW, headers_at=NOW, finished_at=NOW)


def _spooled(body: bytes, status: int = 200, **headers: str) -> io.BytesIO:
    return io.BytesIO(head_line(_reply(status, **headers)) + body)


def test_it_reads_images_of_every_format() -> None:
    timing = {"inferenceDuration": 6367, "inferencePreprocessingTime": 6436, "inferenceQueueTime": 33870}
    result = read_result(_spooled(image_body(PNG, JPEG, WEBP, timing=timing | {"total": 40306})))

    assert [image.format for image in result.images] == ["png", "jpeg", "webp"]
    assert [image.data for image in result.images] == [PNG, JPEG, WEBP]
    assert result.id == "generate-image-1"
    assert (result.timing.queue_ms, result.timing.preprocessing_ms) == (33870, 6436)
    assert (result.timing.inference_ms, result.timing.total_ms) == (6367, 40306)
    assert result.bad_images == 0


def test_it_reads_a_binary_answer() -> None:
    result = read_result(_spooled(WEBP, content_type="image/png"))
    assert [image.format for image in result.images] == ["webp"]
    assert result.id == ""


def test_it_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "1.raw"
    path.write_bytes(_spooled(image_body()).getvalue())
    with path.open("rb") as file:
        result = read_result(file)
    assert result.reply.bytes == len(image_body())
    assert result.reply.finished_at.timestamp() == pytest.approx(path.stat().st_mtime)


def test_bad_images_are_skipped_and_counted() -> None:
    good = base64.b64encode(PNG).decode()
    entries = ["not base64!", 123, "", None, good, {}, base64.b64encode(b"BM6\0").decode(), good[:-1]]
    result = read_result(_spooled(json.dumps({"images": entries}).encode()))
    assert [image.data for image in result.images] == [PNG]
    assert result.bad_images == 7
    assert {entry.index: entry.reason for entry in result.unreadable} == {
        0: "not base64",
        1: "not a text",
        2: "empty",
        3: "not a text",
        5: "not a text",
        6: "neither PNG, JPEG nor WebP",
        7: "not base64",
    }


def test_entries_beyond_the_limit_are_counted_and_the_first_is_named() -> None:
    body = json.dumps({"images": [base64.b64encode(PNG).decode()] * 70}).encode()
    result = read_result(_spooled(body))
    assert (len(result.images), result.bad_images) == (64, 6)
    assert result.unreadable == (Unreadable(64, "only the first 64 of 70 are read"),)


def test_a_data_address_and_line_breaks_are_understood() -> None:
    encoded = base64.encodebytes(PNG).decode()
    body = json.dumps({"images": [f"data:image/png;base64,{encoded}"]}).encode()
    assert read_result(_spooled(body)).images[0].data == PNG


BAD = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b'"x"',
    b'{"images":null}',
    b'{"images":[]}',
    b'{"images":{}}',
    b'{"images":["x"]}',
    b"<html><title>Bad</title></html>",
    image_body()[:-5],
    image_body() + b"trailing",
    b"[" * 100_000,
    image_body().decode().encode("utf-16"),
    b"BM6\0",
]


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_an_answer_without_an_image_is_bad(body: bytes) -> None:
    with pytest.raises(BadResponse) as caught:
        read_result(_spooled(body, cf_ray="abc"))
    assert caught.value.cf_ray == "abc"
    assert caught.value.charge_unknown


def test_a_content_violation_may_be_without_images() -> None:
    result = read_result(_spooled(b'{"images":[]}', x_venice_is_content_violation="true"))
    assert result.images == ()
    assert result.is_content_violation is True


def test_odd_but_valid_json_is_read() -> None:
    assert read_result(_spooled(b"\xef\xbb\xbf" + image_body())).images
    twice = b'{"images": [], ' + image_body()[1:]
    assert read_result(_spooled(twice)).images
    long_number = image_body()[:-1] + b', "timing": {"total": ' + b"9" * 9000 + b"}}"
    assert read_result(_spooled(long_number)).timing.total_ms is None


@pytest.mark.parametrize("value", [-1, "5", None, True, float("nan"), float("inf"), 1e308, [], 10**12])
def test_senseless_times_are_ignored(value: Any) -> None:
    result = read_result(_spooled(image_body(timing={"total": value, "inferenceDuration": 5})))
    assert result.timing.total_ms is None
    assert result.timing.inference_ms == 5


@pytest.mark.parametrize("timing", [None, [], "x", 5])
def test_timing_of_another_type_is_ignored(timing: Any) -> None:
    assert read_result(_spooled(image_body(timing=timing))).timing.total_ms is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", True),
        ("TRUE", True),
        ("false", False),
        ("1", None),
        ("maybe", None),
        ('"false"', None),
        ("", None),
    ],
)
def test_only_true_is_true(value: str, expected: bool | None) -> None:
    result = read_result(_spooled(image_body(), x_venice_is_blurred=value))
    assert result.is_blurred is expected
    assert result.is_content_violation is None


def test_a_header_that_comes_twice_must_agree_with_itself() -> None:
    for second, expected in (("true", True), ("false", None)):
        headers = bounded_headers([("X-Venice-Is-Blurred", "true"), ("x-venice-is-blurred", second)])
        reply = _reply()
        reply.headers.update(headers)
        assert reply.is_blurred is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("4.23", Decimal("4.23")),
        ("0", Decimal(0)),
        ("NaN", None),
        ("1e999", None),
        ('"5"', None),
        ("", None),
        ("Infinity", None),
        ("9" * 50, None),
        ("x", None),
    ],
)
def test_the_balance_is_a_number_or_nothing(value: str, expected: Decimal | None) -> None:
    assert _reply(x_venice_balance_usd=value).balance_usd == expected


def test_it_reads_what_headers_tell() -> None:
    result = read_result(
        _spooled(
            image_body(),
            cf_ray="8f-AMS",
            x_request_id="req-1",
            x_venice_balance_usd="12.5",
            x_ratelimit_limit_requests="20",
            x_ratelimit_remaining_requests="19",
            x_ratelimit_reset_requests="60",
            x_venice_enhanced_prompt="caf%C3%A9%20%0A%E4%B8%AD%00%C2%85x%0D%0Ay%E2%80%A8z",
            x_venice_model_deprecation_warning="Goes away",
            x_venice_model_deprecation_date="2026-12-24T00:00:00Z",
            x_venice_deprecated_replacement="newer",
        )
    )
    assert (result.cf_ray, result.request_id, result.balance_usd) == ("8f-AMS", "req-1", Decimal("12.5"))
    assert result.enhanced_prompt == "café \n中\nx\ny\nz"
    assert result.rate_limit is not None
    assert (result.rate_limit.limit, result.rate_limit.remaining) == (20, 19)
    assert result.deprecation is not None
    assert str(result.deprecation.date) == "2026-12-24"
    assert result.deprecation.replacement == "newer"


def test_a_senseless_day_of_deprecation_is_ignored() -> None:
    reply = _reply(x_venice_model_deprecation_warning="x", x_venice_model_deprecation_date="soon")
    assert reply.deprecation is not None
    assert reply.deprecation.date is None
    assert _reply().deprecation is None
    assert _reply().rate_limit is None


def test_headers_are_bounded_and_clean() -> None:
    items = [("X-Long", "v" * 60_000), ("X-Bad", "a\x1b[31mb\x00"), ("Set-Cookie", "s=1")]
    headers = bounded_headers([*items, *((f"x-{number}", "v") for number in range(1000))])
    assert len(headers["x-long"]) <= 8192
    assert headers["x-bad"] == "a [31mb"
    assert "set-cookie" not in headers
    assert len(headers) <= 300


def test_a_header_that_comes_again_and_again_is_not_cleaned_each_time() -> None:
    before = time.thread_time()
    headers = bounded_headers([("x-venice-enhanced-prompt", "v" * 100_000)] * 1000)

    assert len(headers["x-venice-enhanced-prompt"]) == MAX_PROMPT_VALUE
    assert time.thread_time() - before < 0.5


def test_a_status_that_is_no_success_is_raised() -> None:
    with pytest.raises(ModelGone) as caught:
        read_result(_spooled(b'{"error":"Specified model not found: x"}', 404))
    assert caught.value.status == 404


def test_an_unasked_encoding_is_undone() -> None:
    assert read_result(_spooled(gzip.compress(image_body()), content_encoding="gzip")).images
    with pytest.raises(BadResponse):
        read_result(_spooled(b"not gzip", content_encoding="gzip"))


@pytest.mark.parametrize(
    "head", [b"", b"\n", b"x\n", b"[]\n", b"{}\n", b'{"status":200}\n', b'{"status":200']
)
def test_a_file_without_a_head_is_bad(head: bytes) -> None:
    with pytest.raises(BadResponse):
        read_result(io.BytesIO(head + image_body()))


def test_a_head_survives_being_written() -> None:
    reply = _reply(418, x_text="zwölf\ndrei", cf_ray="a")
    assert read_head_line(head_line(reply)) == reply
    assert head_line(reply).count(b"\n") == 1
