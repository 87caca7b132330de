"""Heads that http.client alone would refuse after the image was paid for."""

import http.client
import io
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import pytest

import venice.wire
from tests.venice.conftest import Script, answer, image_body, unanswered
from tests.venice.test_results import _reply
from venice import Client, Generate, read_result
from venice.reply import bounded_headers, head_line


def test_a_header_line_over_64_kib_survives(script: Script, quick: Client, operation: Generate) -> None:
    script.plays(answer(image_body(), x_venice_enhanced_prompt="%E4%B8%AD" * 30_000, cf_ray="after"))
    result = quick.run(operation)
    assert result.enhanced_prompt == "中" * 30_000
    assert result.cf_ray == "after"
    assert result.images


def test_a_header_line_of_megabytes_is_cut(script: Script, quick: Client, operation: Generate) -> None:
    script.plays(answer(image_body(), x_long="v" * 3_000_000, cf_ray="after"))
    result = quick.run(operation)
    assert result.cf_ray == "after"
    assert result.images


def test_many_headers_survive(script: Script, quick: Client, operation: Generate) -> None:
    script.plays(answer(image_body(), **{f"x_{number}": "v" for number in range(150)}, cf_ray="after"))
    result = quick.run(operation)
    assert result.cf_ray == "after"
    assert result.images


def test_an_endless_head_is_given_up(script: Script, quick: Client, operation: Generate) -> None:
    script.plays(b"HTTP/1.1 200 OK\r\n", *[b"X-A: " + b"v" * 1_000_000 + b"\r\n"] * 20)
    assert "too long" not in str(unanswered(quick, operation))


#: Lines of 100 MB, each made when it is asked for.
OVERSIZE: dict[str, Callable[[], list[bytes]]] = {
    "long": lambda: [b"X-%d: %s\r\n" % (number, b"v" * 1_000_000) for number in range(100)],
    "folded": lambda: [b"X: 1\r\n", *[b" %s\r\n" % (b"v" * 1_000_000)] * 100],
    "many": lambda: [b"".join(b"X-%d: v\r\n" % number for number in range(50_000))],
    "no headers": lambda: [b"v" * 1_000_000 + b"\r\n"] * 100,
    "one line": lambda: [b"X: " + b"v" * 100_000_000 + b"\r\n"],
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("kind", OVERSIZE)
def test_an_oversize_head_costs_neither_memory_nor_the_answer(
    script: Script, client: Client, operation: Generate, kind: str
) -> None:
    body = image_body()
    wanted = b"X-Venice-Is-Content-Violation: true\r\nCF-Ray: after\r\nContent-Length: %d\r\n\r\n" % len(body)
    script.plays(b"HTTP/1.1 200 OK\r\n", *OVERSIZE[kind](), wanted + body)
    tracemalloc.start()
    try:
        result = client.run(operation)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (result.is_content_violation, result.cf_ray, len(result.images)) == (True, "after", 1)
    assert sum(map(len, result.reply.headers.values())) < 4 << 20
    assert peak < 24 << 20, f"{peak >> 20} MiB"


def test_the_head_of_a_stored_answer_is_short_enough_to_be_read_again() -> None:
    """Signs beyond ASCII and quotes take more room in the file."""
    for sign in ("\xff", '"', "\\"):
        named = [(f"x-{number}", sign * 9000) for number in range(400)]
        named.append(("x-venice-enhanced-prompt", sign * 400_000))
        named.append(("x-venice-is-blurred", "true"))
        reply = replace(_reply(), headers=bounded_headers(named))
        stored = io.BytesIO(head_line(reply) + image_body())
        assert read_result(stored).is_blurred is True


def test_strange_headers_do_not_cost_the_answer(script: Script, quick: Client, operation: Generate) -> None:
    body = image_body()
    lines = [
        b"HTTP/1.1 200 OK",
        b"no colon here",
        b"Bad Name: x",
        b": empty",
        b"X-Latin: caf\xe9",
        b"X-Esc: a\x1b[31m\x85b",
    ]
    lines += [b"X-Folded: one", b"  two", b"Content-Type: multipart/mixed; boundary=x", b"CF-Ray: after"]
    script.plays(b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", b""]) + body)
    result = quick.run(operation)
    headers = result.reply.headers
    assert headers["cf-ray"] == "after"
    assert headers["x-folded"] == "one two"
    assert headers["x-latin"] == "café"
    assert headers["x-esc"] == "a [31m b"


def test_a_few_interim_answers_are_skipped(script: Script, quick: Client, operation: Generate) -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    script.plays(interim * 5 + answer(image_body()))
    assert quick.run(operation).images


def test_the_limits_of_the_library_are_left_alone() -> None:
    assert venice.wire.MAX_LINE > 65536
    assert http.client._MAXLINE == 65536  # type: ignore[attr-defined]
