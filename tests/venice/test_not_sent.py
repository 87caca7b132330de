"""What provably never left: it is free, and is told so."""

import socket
import ssl
import subprocess
import threading
from pathlib import Path
from shutil import which

import pytest

from tests.venice.conftest import KEY, QUICK, Script, free_port
from venice import Client, Generate, NotSent


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"http://127.0.0.1:{free_port()}", "refused"),
        ("https://name.invalid", "resolved"),
    ],
)
def test_without_a_connection_nothing_is_sent(operation: Generate, url: str, words: str) -> None:
    with Client(KEY, url) as client, pytest.raises(NotSent, match=words) as caught:
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


@pytest.mark.skipif(not which("openssl"), reason="needs the openssl command to make a certificate")
def test_a_certificate_of_a_stranger_is_refused(operation: Generate, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            sock, _ = listener.accept()
            try:
                with context.wrap_socket(sock, server_side=True) as secure:
                    received.append(secure.recv(100))
            except OSError:
                return

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"https://localhost:{listener.getsockname()[1]}"
        with Client(KEY, url) as client, pytest.raises(NotSent, match="certificate"):
            client.run(operation)
        thread.join()
    assert received == []
