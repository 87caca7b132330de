"""Proxies and authorities of one's own: what is set is used, what cannot be used is said, and never costs money."""

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.venice.conftest import KEY, QUICK, Script, answer, free_port, image_body
from tests.venice.tls import certificate, needs_openssl, serving
from venice import Client, Generate, Misconfigured, NotSent, Unanswered

__all__ = ["certificate"]


class Proxy:
    """Connects whoever asks with whom they ask for, or answers with a refusal of its own."""

    def __init__(
        self, refusal: bytes = b"", *, interim: Callable[[socket.socket], None] | None = None
    ) -> None:
        self.heads: list[bytes] = []
        self._refusal, self._interim = refusal, interim
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        # Wakes an accept that still waits.
        with socket.socket() as sock:
            sock.connect_ex(self._listener.getsockname())
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        sock, _ = self._listener.accept()
        with sock:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (piece := sock.recv(65536)):
                    return
                head += piece
            self.heads.append(head)
            if self._interim:
                self._interim(sock)
            if self._refusal:
                sock.sendall(self._refusal)
                return
            host, _, port = head.split()[1].decode().rpartition(":")
            with socket.create_connection((host, int(port)), timeout=10) as other:
                sock.sendall(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
                back = threading.Thread(target=_copy, args=(other, sock))
                back.start()
                _copy(sock, other)
                back.join(10)


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def _proxy(
    refusal: bytes = b"", *, interim: Callable[[socket.socket], None] | None = None
) -> Iterator[Proxy]:
    proxy = Proxy(refusal, interim=interim)
    try:
        yield proxy
    finally:
        proxy.close()


def _image(sock: ssl.SSLSocket) -> None:
    sock.sendall(answer(image_body()))


@needs_openssl
def test_a_proxy_carries_the_call_and_never_sees_the_key(certificate: Path, operation: Generate) -> None:
    with serving(certificate, _image) as (url, received), _proxy() as proxy:
        way = proxy.url.replace("http://", "http://anna:s3cret@")
        with Client(KEY, url, deadlines=QUICK, proxy=way, ca_bundle=str(certificate)) as client:
            assert len(client.run(operation).images) == 1
            assert "s3cret" not in repr(client) + repr(client.route) + repr(vars(client))
    assert proxy.heads[0].startswith(f"CONNECT {url[8:-7]} HTTP".encode())
    assert b64encode(b"anna:s3cret") in proxy.heads[0]
    assert KEY.encode() not in proxy.heads[0]
    assert KEY.encode() in b"".join(received)


@needs_openssl
def test_an_answer_that_breaks_off_behind_a_proxy_may_be_charged(
    certificate: Path, operation: Generate
) -> None:
    with serving(certificate, lambda sock: sock.close()) as (url, _), _proxy() as proxy:
        way = Client(KEY, url, deadlines=QUICK, proxy=proxy.url, ca_bundle=str(certificate))
        with way as client, pytest.raises(Unanswered):
            client.run(operation)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", r"HTTP 407 \(user or password\)"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nno\n", "HTTP 502"),
        (b"garbage\r\n\r\n", "proxy"),
        (b"HTTP/1.1 200 OK\r\n\r\nnot tls at all, not even nearly", "no secure connection"),
    ],
)
def test_what_a_proxy_refuses_was_not_sent(operation: Generate, refusal: bytes, words: str) -> None:
    with (
        _proxy(refusal) as proxy,
        Client(KEY, "https://venice.example", deadlines=QUICK, proxy=proxy.url) as client,
        pytest.raises(NotSent, match=words) as caught,
    ):
        client.run(operation)
    assert KEY not in f"{caught.value!r}"
    assert not caught.value.charge_unknown


def test_a_proxy_that_is_not_there_or_silent_was_not_sent(operation: Generate) -> None:
    gone = f"http://anna:s3cret@127.0.0.1:{free_port()}"
    with (
        Client(KEY, "https://venice.example", deadlines=QUICK, proxy=gone) as client,
        pytest.raises(NotSent, match="the proxy cannot be used: the connection was refused") as caught,
    ):
        client.run(operation)
    assert "s3cret" not in f"{caught.value!r} {caught.value}"
    over = threading.Event()
    with _proxy(b"HTTP/1.1 502 late\r\n\r\n", interim=lambda sock: over.wait(10) and None) as proxy:
        with (
            Client(KEY, "https://venice.example", deadlines=QUICK, proxy=proxy.url) as client,
            pytest.raises(NotSent, match=r"the proxy did not answer within 0\.5 s"),
        ):
            client.run(operation)
        over.set()


def test_the_environment_names_the_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    assert Client(KEY).route.proxy is None
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    assert Client(KEY).route.proxy == "http://proxy.example:3128"
    assert Client(KEY).route.ca_bundle == str(tmp_path)
    assert Client(KEY, proxy="http://own.example:1").route.proxy == "http://own.example:1"
    assert Client(KEY, proxy="", ca_bundle="").route == Client(KEY, "https://localhost:1", ca_bundle="").route
    assert Client(KEY, "http://127.0.0.1:1/api/v1").route.proxy is None
    monkeypatch.setenv("NO_PROXY", "example.org, venice.ai")
    assert Client(KEY).route.proxy is None


def test_plain_http_to_this_machine_goes_no_other_way(script: Script, operation: Generate) -> None:
    script.plays(answer(image_body()))
    with Client(KEY, script.url, proxy=f"http://127.0.0.1:{free_port()}") as client:
        assert client.run(operation).images


@pytest.mark.parametrize(
    "text",
    [
        "socks5://proxy:1080",
        "ftp://proxy",
        "http://",
        "http://proxy:0",
        "http://proxy:99999",
        "http://proxy/path",
        "http://proxy?q=s3cret",
        "anna:s3cret @proxy",
        "http://[::1",
        "http://pr oxy",
        "http://proxy:s3cret",
    ],
)
def test_what_cannot_be_a_proxy_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Client(KEY, proxy=text)
    assert "s3cret" not in f"{caught.value} {caught.value!r}"


def test_what_cannot_be_a_ca_bundle_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for path, words in (
        (empty, "no certificate"),
        (tmp_path / "gone.pem", "No such file"),
        ("a\0b", "not a path"),
    ):
        with pytest.raises(Misconfigured, match=words):
            Client(KEY, ca_bundle=str(path))
