"""The web server: what it makes of heads and bodies, whom it cuts, whom it lets finish."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from gallery.web import requests, server

HEAD = b"Host: a.example\r\n"
CLOSE = b"Connection: close\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


class Running:
    """A server of our own in a thread; its application says what it was asked, and waits when told to."""

    def __init__(self, picture: Path, beside: "Running | None" = None) -> None:
        self.seen: list[dict[str, Any]] = []
        self.picture = picture
        self.streamed, self.ended = 0, threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.listener = beside.listener.dup() if beside else server.listen("127.0.0.1", 0)
        self.port = int(self.listener.getsockname()[1])
        self.server = server.Server(self.answer, self.listener)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()

    def answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.seen.append(environ)
        if environ["PATH_INFO"] != "/late":
            self.may_answer.wait(30)
        if environ["PATH_INFO"] == "/picture":
            size = str(self.picture.stat().st_size)
            start("200 OK", [("Content-Type", "image/png"), ("Content-Length", size)])
            return environ["wsgi.file_wrapper"](self.picture.open("rb"))  # type: ignore[no-any-return]
        if environ["PATH_INFO"] == "/unchanged":
            start("304 Not Modified", [])
            return [b""]
        if environ["PATH_INFO"] == "/stream":
            start("200 OK", [("Content-Type", "application/zip")])
            return self.stream()
        body = environ["wsgi.input"].read()
        answer = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']!a} {body!a}".encode()
        start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
        return [answer]

    def stream(self) -> Iterator[bytes]:
        """An answer that has no end."""
        try:
            while True:
                self.streamed += 65_536
                yield bytes(65_536)
        finally:
            self.ended.set()

    def connect(self, receive_buffer: int | None = None) -> socket.socket:
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def ask(self, data: bytes) -> bytes:
        """All that comes back for `data` until the other side ends."""
        with self.connect() as connection:
            connection.sendall(data)
            return read_to_end(connection)

    def stop(self) -> None:
        self.may_answer.set()
        self.server.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()
        self.server.close()


def read_to_end(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    picture = tmp_path / "picture"
    picture.write_bytes(bytes(4_000_000))
    started = Running(picture)
    yield started
    started.stop()


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 5\r\n" + CHUNKED,
        b"POST / HTTP/1.1\r\n" + HEAD + CHUNKED + b"Content-Length: 5\r\n",
        b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: +5\r\n",
        b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: -5\r\n",
        b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 0x5\r\n",
        b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: " + b"9" * 5_000 + b"\r\n",
        b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked, chunked\r\n",
        b"POST / HTTP/1.1\r\n" + HEAD + CHUNKED + CHUNKED,
        b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: xchunked\r\n",
        b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: identity\r\n",
        b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding:\x0bchunked\r\n",
        b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding : chunked\r\n",
        b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding:\r\n chunked\r\n",
        b"POST / HTTP/1.0\r\n" + HEAD + CHUNKED,
        b"GET / HTTP/1.1\r\n" + HEAD + b"X: a\r\n b\r\n",
        b"GET / HTTP/1.1\r\n X: a\r\n" + HEAD,
        b"GET / HTTP/1.1\r\n" + HEAD + b"X: a\x00b\r\n",
        b"GET / HTTP/1.1\r\n" + HEAD + b"X: a\nY: b\r\n",
        b"GET / HTTP/1.1\r\n" + HEAD + b"X: a\rY: b\r\n",
        b"GET / HTTP/1.1\r\n" + HEAD + b"X y: a\r\n",
        b"GET / HTTP/1.1\r\n" + HEAD + b": a\r\n",
        b"GET / HTTP/1.1\r\n" + HEAD + b"nonsense\r\n",
        b"GET /\x00 HTTP/1.1\r\n" + HEAD,
        b"GET /a b HTTP/1.1\r\n" + HEAD,
        b"GET  / HTTP/1.1\r\n" + HEAD,
        b"GET /\r\n" + HEAD,
        b"GET / HTTP/2.0\r\n" + HEAD,
        b"GET / HTTP/1.9\r\n" + HEAD,
        b"get / HTTP/1.1\r\n" + HEAD,
        b"GET a.example/ HTTP/1.1\r\n" + HEAD,
        b"GET http://other.example/ HTTP/1.1\r\n" + HEAD,
        b"GET http://[/ HTTP/1.1\r\nHost: [\r\n",
        b"GET ftp://a.example/ HTTP/1.1\r\n" + HEAD,
        b"CONNECT a.example:443 HTTP/1.1\r\n" + HEAD,
        b"OPTIONS * HTTP/1.1\r\n" + HEAD,
    ],
)
def test_it_refuses_what_can_be_read_in_two_ways(running: Running, head: bytes) -> None:
    answer = running.ask(head + b"\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n" + HEAD + b"\r\n")

    assert answer.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 ", b"HTTP/1.1 501 ")), answer[:200]
    assert answer.count(b"HTTP/1.") == 1
    assert running.seen == []


def test_too_long_an_address_is_refused_in_words_with_a_way_back(running: Running) -> None:
    address = b"/?q=" + b"%E5%AF%BA" * 1_000
    answer = running.ask(b"GET " + address + b" HTTP/1.1\r\n" + HEAD + b"\r\nGET /smuggled HTTP/1.1\r\n\r\n")

    head, _, page = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 414 URI Too Long\r\n")
    assert b"Content-Type: text/html" in head
    assert b"That address is too long" in page
    assert b'href="/"' in page
    assert b"%E5" not in page
    assert running.seen == []


@pytest.mark.parametrize(
    "lines", [[b"X: " + b"a" * 70_000], [b"X%d: a" % number for number in range(12_000)]]
)
def test_it_bounds_heads(running: Running, lines: list[bytes]) -> None:
    answer = running.ask(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n".join(lines) + b"\r\n\r\n")

    assert b" 431 " in answer.partition(b"\r\n")[0]
    assert b'href="/"' in answer
    assert running.seen == []


def test_it_takes_a_long_line_below_the_limit(running: Running) -> None:
    answer = running.ask(b"GET /" + b"a" * 8_000 + b" HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_it_answers_pipelined_requests_in_order(running: Running) -> None:
    one = b"POST /one HTTP/1.1\r\n" + HEAD + b"Content-Length: 3\r\n\r\nabc"
    two = b"POST /two HTTP/1.1\r\n" + HEAD + CHUNKED + b"\r\n3\r\ndef\r\n0\r\n\r\n"
    three = b"GET /three HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n"

    answer = running.ask(one + two + three)

    requests = [b"POST '/one' b'abc'", b"POST '/two' b'def'", b"GET '/three' b''"]
    positions = [answer.index(each) for each in requests]
    assert positions == sorted(positions)
    assert answer.count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize("path", [b"/", b"/picture"])
def test_a_head_has_a_length_and_no_body(running: Running, path: bytes) -> None:
    head = b"HEAD " + path + b" HTTP/1.1\r\n" + HEAD + b"\r\n"

    answer = running.ask(head + b"GET /next HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n")

    first, _, rest = answer.partition(b"\r\n\r\n")
    assert b"Content-Length: " in first
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest.endswith(b"GET '/next' b''")


def test_a_304_keeps_the_connection(running: Running) -> None:
    unchanged = b"GET /unchanged HTTP/1.1\r\n" + HEAD + b"\r\n"

    answer = running.ask(unchanged + b"GET /next HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n")

    assert answer.startswith(b"HTTP/1.1 304 ")
    assert answer.endswith(b"GET '/next' b''")


def test_it_asks_for_a_body_that_waits_to_be_asked_for(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\n" + HEAD + CLOSE + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"
        )
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert read_to_end(connection).endswith(b"POST '/' b'abc'")


@pytest.mark.parametrize("framing", [b"Content-Length: 30000000\r\n", CHUNKED])
@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
def test_the_application_answers_at_once_for_a_body_that_is_too_large(
    running: Running, framing: bytes, expect: bytes
) -> None:
    """Whoever goes on sending gets the answer nevertheless."""
    chunk = b"10000\r\n" + bytes(65_536) + b"\r\n" if framing == CHUNKED else bytes(65_536)
    with running.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n" + HEAD + framing + expect + b"\r\n")
        if expect and framing == CHUNKED:
            assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        if not expect or framing == CHUNKED:
            for _ in range(40):
                connection.sendall(chunk)
        answer = read_to_end(connection)

    assert answer.startswith(b"HTTP/1.1 200 OK"), answer[:100]
    assert answer.endswith(b"POST '/' b''")
    assert b"Connection: close" in answer
    assert int(running.seen[0]["CONTENT_LENGTH"]) > 1_000_000


def test_underscores_spoof_no_header(running: Running) -> None:
    spoofed = b"X_Forwarded_Proto: https\r\nX-Forwarded_For: 10.0.0.1\r\nX-Forwarded-Proto: http\r\n"

    running.ask(b"GET / HTTP/1.1\r\n" + HEAD + CLOSE + spoofed + b"\r\n")

    # What a proxy said is for Django to judge.
    assert running.seen[0]["HTTP_X_FORWARDED_PROTO"] == "http"
    assert "HTTP_X_FORWARDED_FOR" not in running.seen[0]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"http://A.example/x?y", "/x"),
        (b"/x./", "/x./"),
        (b"//evil.example/x", "/evil.example/x"),
        (b"/%00", "/\0"),
        (b"/../x", "/../x"),
    ],
)
def test_targets_become_paths(running: Running, target: bytes, path: str) -> None:
    running.ask(b"GET " + target + b" HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n")
    assert running.seen[0]["PATH_INFO"] == path
    assert running.seen[0]["HTTP_HOST"] == "a.example"


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("opening", "drip"),
    [
        (b"GET / HTTP/1.1\r\nHost: a", b""),
        (b"GET / HTTP/1.1\r\n", b"X: a\r\n"),
        (b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 900000\r\n\r\nabc", b""),
        (b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 900000\r\n\r\n", b"a"),
        (b"POST / HTTP/1.1\r\n" + HEAD + CHUNKED + b"\r\n", b"1\r\na\r\n"),
        (b"POST / HTTP/1.1\r\n" + HEAD + CHUNKED + b"\r\n", b"0"),
        (b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", b""),
    ],
)
def test_who_never_ends_a_request_is_cut(
    running: Running, monkeypatch: pytest.MonkeyPatch, opening: bytes, drip: bytes
) -> None:
    """The loop looks once a second; drips come twenty times as often and make no difference."""
    monkeypatch.setattr(requests, "PATIENCE", 1.0)
    with running.connect() as connection:
        connection.sendall(opening)
        assert is_cut_within(connection, 20, drip)
    assert running.seen == []


def is_cut_within(connection: socket.socket, seconds: float, drip: bytes = b"") -> bool:
    """Whether they end the connection while we go on sending `drip`."""
    connection.settimeout(0.05)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            connection.sendall(drip)
            if connection.recv(1) == b"":
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


@pytest.mark.long
def test_who_sends_a_body_at_a_fair_pace_may_finish(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "PATIENCE", 1.0)
    with running.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n" + HEAD + CLOSE + b"Content-Length: 400000\r\n\r\n")
        for _ in range(40):
            connection.sendall(bytes(10_000))
            time.sleep(0.1)
        assert read_to_end(connection).startswith(b"HTTP/1.1 200 ")


def test_who_asks_nothing_more_is_cut(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "IDLE_PATIENCE", 1.0)
    with running.connect() as silent, running.connect() as served:
        served.sendall(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n")
        answer = b""
        while not answer.endswith(b"GET '/' b''"):
            answer += served.recv(10_000)
        assert is_cut_within(served, 20)
        assert is_cut_within(silent, 20)


def test_who_takes_nothing_is_cut(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "READ_PATIENCE", 1.0)
    with running.connect(receive_buffer=4_096) as connection:
        connection.sendall(b"GET /picture HTTP/1.1\r\n" + HEAD + b"\r\n")
        wait_until(lambda: len(running.seen) == 1)
        wait_until(lambda: not running.server.active_channels)
        with pytest.raises(OSError, match="reset"):
            read_to_end(connection)


def test_who_takes_slowly_gets_all(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """In all it takes several times what is granted for a step."""
    monkeypatch.setattr(server, "READ_PATIENCE", 1.5)
    taken = 0
    with running.connect(receive_buffer=16_384) as connection:
        connection.sendall(b"GET /picture HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n")
        started = time.monotonic()
        while part := connection.recv(65_536):
            taken += len(part)
            # 800 KB a second: what fits into the buffers on the way is taken in a fraction of the patience.
            time.sleep(max(0.0, started + taken / 800_000 - time.monotonic()))
        assert time.monotonic() - started > 3 * server.READ_PATIENCE
    assert taken > running.picture.stat().st_size


def test_a_slow_view_is_not_cut(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((server, "READ_PATIENCE"), (server, "IDLE_PATIENCE"), (requests, "PATIENCE")):
        monkeypatch.setattr(module, name, 0.5)
    running.may_answer.clear()
    with running.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n")
        wait_until(lambda: len(running.seen) == 1)
        time.sleep(3)
        running.may_answer.set()
        assert read_to_end(connection).endswith(b"GET '/' b''")


def test_a_crowd_of_silent_ones_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is being answered stays; of the others the one that was silent longest goes."""
    monkeypatch.setattr(server, "CONNECTIONS", 20)
    running = Running(tmp_path)
    running.may_answer.clear()
    with ExitStack() as stack:
        stack.callback(running.stop)
        asking = stack.enter_context(running.connect())
        asking.sendall(b"GET /first HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n")
        wait_until(lambda: len(running.seen) == 1)
        for number in range(60):
            silent = stack.enter_context(running.connect())
            # Some of the first are gone by now.
            with suppress(OSError):
                silent.sendall(b"GET / HT" if number % 2 else b"")

        assert running.ask(b"GET /late HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n").endswith(b"GET '/late' b''")

        running.may_answer.set()
        assert read_to_end(asking).endswith(b"GET '/first' b''")
        wait_until(lambda: len(running.server.active_channels) <= 20)


@pytest.fixture
def two(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Running, Running]]:
    """Two on one socket: the first has many connections, and for so many seconds leaves who comes to the other."""
    first = Running(tmp_path)
    with ExitStack() as stack:
        stack.callback(first.stop)
        for _ in range(server.MANY):
            stack.enter_context(first.connect())
        wait_until(lambda: len(first.server.active_channels) == server.MANY)
        monkeypatch.setattr(server, "LEAVE_TO_OTHERS", request.param)
        second = Running(tmp_path, beside=first)
        stack.callback(second.stop)
        yield first, second


@pytest.mark.parametrize("two", [30.0], indirect=True)
def test_of_two_that_share_a_socket_who_has_fewer_connections_takes_who_comes(
    two: tuple[Running, Running],
) -> None:
    _, second = two
    for _ in range(12):
        wait_until(lambda: not second.server.active_channels)
        assert second.ask(b"GET / HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n").endswith(b"GET '/' b''")

    assert len(second.seen) == 12


@pytest.mark.parametrize("two", [2.0], indirect=True)
def test_who_was_taken_by_another_is_waited_for_no_more(two: tuple[Running, Running]) -> None:
    """Else the loop would look for them again and again, a thousand times a second, for as long as nobody comes."""
    first, second = two

    def is_left_by_first() -> bool:
        # Taken so quickly that the first one has not heard of it, it is asked again.
        wait_until(lambda: not second.server.active_channels)
        second.ask(b"GET / HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n")
        return first.server.takes_at is not None

    wait_until(is_left_by_first)
    wait_until(lambda: first.server.takes_at is None)
    assert not first.seen


def test_who_comes_is_taken_by_one_that_has_many_when_no_other_does(running: Running) -> None:
    with ExitStack() as stack:
        for _ in range(3 * server.MANY):
            stack.enter_context(running.connect())
        assert running.ask(b"GET / HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n").endswith(b"GET '/' b''")


def test_it_finishes_what_it_answers_when_it_stops(running: Running) -> None:
    running.may_answer.clear()
    with running.connect() as asking, running.connect() as idle:
        asking.sendall(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n")
        # Whom nobody has taken yet when the socket closes, the kernel turns away.
        wait_until(lambda: len(running.seen) == 1 and len(running.server.active_channels) == 2)

        running.server.stop()
        wait_until(lambda: not running.server.accepting)
        running.may_answer.set()

        assert read_to_end(asking).endswith(b"GET '/' b''")
        assert read_to_end(idle) == b""


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_says_why_it_cannot_listen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(server.CannotListen, match=rf"127\.0\.0\.1:{port} .*Address already in use.*PORT"):
            server.listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "[::1]"])
def test_an_address_that_is_not_ours_is_no_matter_of_the_port(host: str) -> None:
    with pytest.raises(server.CannotListen, match="set HOST to an address of this machine"):
        server.listen(host, 0)


def test_a_stream_is_made_only_as_it_is_read_and_ends_when_its_reader_goes(running: Running) -> None:
    with running.connect(4096) as connection:
        connection.sendall(b"GET /stream HTTP/1.1\r\n" + HEAD + b"\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK")
        before = -1
        while before != running.streamed:
            before = running.streamed
            time.sleep(0.3)
        # What the kernel holds for both sides, and what the server is ahead of it.
        most = server.AHEAD + 4 * server.SEND_BUFFER + 2 * 65_536
        assert before <= most
        assert not running.ended.is_set()
        # Others are answered meanwhile, and a reader that goes on is given more.
        assert b"'/x'" in running.ask(b"GET /x HTTP/1.1\r\n" + HEAD + CLOSE + b"\r\n")
        while running.streamed == before:
            assert connection.recv(65_536)
    assert running.ended.wait(20)
