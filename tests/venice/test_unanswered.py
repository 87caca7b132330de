"""Answers that break off or are none: sent once, outcome unknown."""

import io
from collections.abc import Callable

import pytest

from tests.venice.conftest import HEAD, KEY, Script, answer, image_body, reset, unanswered
from venice import Client, Generate, Unanswered


def _cut_in_the_head(script: Script) -> None:
    script.plays(HEAD[:25])


def _cut_in_the_headers(script: Script) -> None:
    script.plays(HEAD[:-2])


def _no_answer(script: Script) -> None:
    script.plays(b"")


def _reset(script: Script) -> None:
    script.plays(reset)


def _reset_in_the_body(script: Script) -> None:
    script.plays(HEAD + b"x" * 100, 0.1, reset)


def _cut_in_the_body(script: Script) -> None:
    script.plays(answer(image_body())[:-1])


def _cut_in_a_chunk(script: Script) -> None:
    script.plays(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nabc")


def _no_last_chunk(script: Script) -> None:
    script.plays(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")


def _bad_chunk(script: Script) -> None:
    script.plays(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n")


def _status_in_words(script: Script) -> None:
    script.plays(b"HTTP/1.1 HELLO\r\n\r\n")


def _another_protocol(script: Script) -> None:
    script.plays(b"SSH-2.0-OpenSSH_9.9\r\n")


def _a_hundred_interim_answers(script: Script) -> None:
    script.plays(b"HTTP/1.1 100 Continue\r\n\r\n" * 100 + answer(image_body()))


def _two_lengths(script: Script) -> None:
    script.plays(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde")


@pytest.mark.parametrize(
    "play",
    [
        _cut_in_the_head,
        _cut_in_the_headers,
        _no_answer,
        _reset,
        _reset_in_the_body,
        _cut_in_the_body,
        _cut_in_a_chunk,
        _no_last_chunk,
        _bad_chunk,
        _status_in_words,
        _another_protocol,
        _a_hundred_interim_answers,
        _two_lengths,
    ],
)
def test_a_broken_answer_is_an_unknown_outcome(
    script: Script, quick: Client, operation: Generate, play: Callable[[Script], None]
) -> None:
    play(script)
    error = unanswered(quick, operation)
    assert error.message
    assert len(script.requests) == 1, "a paid request went out twice"


def test_the_facts_of_a_cut_answer_are_kept(script: Script, quick: Client, operation: Generate) -> None:
    script.plays(answer(image_body(), cf_ray="8f-AMS")[:-1])
    sink = io.BytesIO()
    with pytest.raises(Unanswered) as caught:
        quick.send(operation, sink)
    assert (caught.value.status, caught.value.cf_ray) == (200, "8f-AMS")
    assert sink.getvalue().endswith(image_body()[:-1])


def test_an_answer_that_is_too_large_is_given_up(script: Script, operation: Generate) -> None:
    script.plays(answer(b"x" * 300_000))
    sink = io.BytesIO()
    with Client(KEY, script.url, max_bytes=100_000) as client, pytest.raises(Unanswered, match="100000"):
        client.send(operation, sink)
    assert len(sink.getvalue()) <= 101_000


def test_a_full_disk_is_reported_as_such(script: Script, quick: Client, operation: Generate) -> None:
    script.plays(answer(image_body()))
    with open("/dev/full", "wb", buffering=0) as sink, pytest.raises(Unanswered, match="No space left"):
        quick.send(operation, sink)
