"""Heads that http.client alone would refuse after the image was paid for."""

import http.client

import venice.wire
from tests.venice.conftest import Script, answer, image_body, unanswered
from venice import Client, Generate


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
