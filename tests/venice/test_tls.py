"""Over TLS: who answers is verified before anything is sent, and deadlines hold there too."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.venice.conftest import HEAD, KEY, QUICK, answer, image_body, unanswered
from tests.venice.tls import certificate, needs_openssl, serving
from venice import Client, Generate, NotSent

__all__ = ["certificate"]
pytestmark = needs_openssl


@contextmanager
def _trusting(certificate: Path, url: str) -> Iterator[Client]:
    with Client(KEY, url, deadlines=QUICK, ca_bundle=str(certificate)) as client:
        yield client


def test_a_certificate_of_a_stranger_is_refused(certificate: Path, operation: Generate) -> None:
    with serving(certificate, lambda sock: sock.sendall(answer(image_body()))) as (url, received):
        with Client(KEY, url) as client, pytest.raises(NotSent, match="certificate"):
            client.run(operation)
        assert received == []


def test_a_certificate_of_another_name_is_refused(certificate: Path, operation: Generate) -> None:
    with serving(certificate, lambda sock: sock.sendall(answer(image_body()))) as (url, received):
        with (
            _trusting(certificate, url.replace("localhost", "127.0.0.1")) as client,
            pytest.raises(NotSent, match="certificate"),
        ):
            client.run(operation)
        assert received == []


def test_a_trusted_server_is_answered(certificate: Path, operation: Generate) -> None:
    body = answer(image_body(b"\x89PNG\r\n\x1a\n" + b"p" * 3_000_000), x_long="v" * 70_000)
    with (
        serving(certificate, lambda sock: sock.sendall(body)) as (url, received),
        _trusting(certificate, url) as client,
    ):
        assert len(client.run(operation).images[0].data) == 3_000_008
    assert KEY.encode() in received[0]


def test_a_dripping_server_is_given_up(certificate: Path, operation: Generate) -> None:
    def drip(sock: ssl.SSLSocket) -> None:
        sock.sendall(HEAD)
        for _ in range(100):
            sock.sendall(b"x")
            time.sleep(0.05)

    with serving(certificate, drip) as (url, _), _trusting(certificate, url) as client:
        unanswered(client, operation, within=1.8)


def test_a_handshake_that_drips_is_given_up(operation: Generate) -> None:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            sock, _ = listener.accept()
            with sock:
                try:
                    for byte in b"\x16\x03\x03\x40\x00\x02" + b"\x00" * 100:
                        sock.sendall(bytes([byte]))
                        if over.wait(0.1):
                            return
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        began = time.monotonic()
        url = f"https://localhost:{listener.getsockname()[1]}"
        with Client(KEY, url, deadlines=QUICK) as client, pytest.raises(NotSent):
            client.run(operation)
        assert time.monotonic() - began < 3
        over.set()
        thread.join()
