"""Servers that are slow in every way they can be: each call ends in time."""

import io
import time

from tests.venice.conftest import HEAD, Script, answer, image_body, unanswered
from venice import Client, Generate


def test_a_silent_server_is_given_up(script: Script, quick: Client, operation: Generate) -> None:
    script.plays(10.0)
    assert "0.6 s" in unanswered(quick, operation, within=1.5).message


def test_a_rewritten_prompt_gets_more_time(script: Script, quick: Client) -> None:
    script.plays(0.9, answer(image_body()))
    assert quick.run(Generate(model="m", prompt="p", enhance_prompt=True)).images


def test_a_dripping_status_line_is_given_up(script: Script, quick: Client, operation: Generate) -> None:
    script.drips(HEAD[:15] * 10, 0.1)
    unanswered(quick, operation, within=1.5)


def test_dripping_headers_are_given_up(script: Script, quick: Client, operation: Generate) -> None:
    script.plays(HEAD[:17], *[step for _ in range(100) for step in (b"X", 0.05)])
    assert "200 bytes" in unanswered(quick, operation, within=1.5).message


def test_a_dripping_body_is_given_up(script: Script, quick: Client, operation: Generate) -> None:
    script.plays(HEAD, *[step for _ in range(100) for step in (b"x", 0.05)])
    assert "200 bytes" in unanswered(quick, operation, within=1.8).message


def test_a_body_just_fast_enough_meets_the_whole_deadline(
    script: Script, quick: Client, operation: Generate
) -> None:
    script.plays(HEAD.replace(b"5000", b"500000"), *[step for _ in range(100) for step in (b"x" * 210, 0.1)])
    assert "2 s" in unanswered(quick, operation, within=3).message


def test_a_server_that_stops_in_the_body_is_given_up(
    script: Script, quick: Client, operation: Generate
) -> None:
    script.plays(HEAD + b"x" * 3000, 10.0)
    unanswered(quick, operation, within=1.5)


def test_a_dripping_chunk_size_is_given_up(script: Script, quick: Client, operation: Generate) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    script.plays(head, *[step for _ in range(100) for step in (b"0", 0.05)])
    unanswered(quick, operation, within=1.8)


def test_a_slow_disk_is_not_the_servers_fault(script: Script, quick: Client, operation: Generate) -> None:
    class Slow(io.BytesIO):
        def write(self, data: object) -> int:
            time.sleep(0.3)
            return super().write(data)  # type: ignore[arg-type]

    script.plays(HEAD + b"x" * 2000, 0.1, b"x" * 100, 0.1, b"x" * 2900)
    assert quick.send(operation, Slow()).bytes == 5000
