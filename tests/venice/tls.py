"""A server over TLS with a certificate of its own authority."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import pytest

needs_openssl = pytest.mark.skipif(
    not which("openssl"), reason="needs the openssl command to make a certificate"
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of its own authority, and its key, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    key, public = folder / "key.pem", folder / "public.pem"
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
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(public)]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes(public.read_bytes() + key.read_bytes())
    return both


@contextmanager
def serving(certificate: Path, play: Callable[[ssl.SSLSocket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one connection; yields the address and what was received."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            sock, _ = listener.accept()
            try:
                with sock, context.wrap_socket(sock, server_side=True) as secure:
                    while b"gondola" not in b"".join(received):
                        received.append(secure.recv(65536))
                    play(secure)
            except OSError:
                return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"https://localhost:{listener.getsockname()[1]}/api/v1", received
        finally:
            thread.join(10)
