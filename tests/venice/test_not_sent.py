"""What provably never left: it is free, and is told so."""

import socket

import pytest

from tests.venice.conftest import KEY, QUICK, Script, free_port
from venice import Client, Generate, NotSent


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:{free}", "refused"),
        ("https://name.invalid", "resolved"),
    ],
)
def test_without_a_connection_nothing_is_sent(operation: Generate, url: str, words: str) -> None:
    address = url.format(free=free_port())
    with Client(KEY, address) as client, pytest.raises(NotSent, match=words) as caught:
        client.run(operation)
    assert not caught.value.charge_unknown


def test_a_connection_that_is_not_taken_is_given_up(operation: Generate) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        waiting = [socket.create_connection(address) for _ in range(1)]
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        with Client(KEY, f"http://127.0.0.1:{address[1]}", deadlines=QUICK) as client, pytest.raises(NotSent):
            client.run(operation)
        for sock in [*waiting, *fillers]:
            sock.close()


def test_a_server_without_tls_gets_nothing(script: Script, operation: Generate) -> None:
    script.plays(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    url = script.url.replace("http:", "https:")
    with Client(KEY, url, deadlines=QUICK) as client, pytest.raises(NotSent):
        client.run(operation)
    assert script.requests == []
