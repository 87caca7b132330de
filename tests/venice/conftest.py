"""A scripted server on a raw socket: it sends the bytes it is told, as slowly or as badly as it is told."""

import base64
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from venice import Client, Deadlines, Generate, Unanswered

PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 40
JPEG = b"\xff\xd8\xff\xe0" + b"j" * 40
WEBP = b"RIFF\x10\x00\x00\x00WEBP" + b"w" * 40
KEY = "VENICE_INFERENCE_KEY_very-secret-1234"
QUICK = Deadlines(
    connect=0.5, first_byte=0.6, enhance_extra=0.6, min_rate_bytes=200, min_rate_window=0.5, total=2
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"

Step = bytes | float | Callable[[socket.socket], None]


def image_body(*images: bytes, **more: Any) -> bytes:
    encoded = [base64.b64encode(image).decode() for image in images or (PNG,)]
    return json.dumps({"id": "generate-image-1", "images": encoded, **more}).encode()


def answer(body: bytes = b"", status: int | str = 200, **headers: str) -> bytes:
    """A whole answer; underscores in header names stand for hyphens."""
    lines = [f"HTTP/1.1 {status} Text", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def reset(sock: socket.socket) -> None:
    """Close so that the other side sees a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Script:
    """Plays a list of steps per connection: bytes are sent, numbers slept, callables called; then closes."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._plays: list[tuple[Step, ...]] = []
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/api/v1"

    def plays(self, *steps: Step) -> None:
        """Add what the next connection gets; the last one is repeated."""
        self._plays.append(steps)

    def drips(self, data: bytes, pause: float) -> None:
        """Send byte by byte."""
        self.plays(*[step for byte in data for step in (bytes([byte]), pause)])

    @property
    def body(self) -> Any:
        """The JSON body of the last request."""
        return json.loads(self.requests[-1].partition(b"\r\n\r\n")[2])

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the last request, names in lower case."""
        lines = self.requests[-1].partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def close(self) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            try:
                self._read_request(sock)
                for step in self._plays.pop(0) if len(self._plays) > 1 else self._plays[0]:
                    if self._over.is_set():
                        return
                    if isinstance(step, bytes):
                        sock.sendall(step)
                    elif callable(step):
                        step(sock)
                    else:
                        self._over.wait(step)
            except OSError:
                return

    def _read_request(self, sock: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._some(sock)
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = re.findall(rb"(?im)^content-length: *([0-9]+)", head)
        length = int(lengths[0]) if lengths else 0
        while len(body) < length:
            body += self._some(sock)
        self.requests.append(head + b"\r\n\r\n" + body)

    def _some(self, sock: socket.socket) -> bytes:
        data = sock.recv(65536)
        if not data:
            raise ConnectionError
        return data


@pytest.fixture
def script() -> Iterator[Script]:
    running = Script()
    yield running
    running.close()


@pytest.fixture
def client(script: Script) -> Iterator[Client]:
    with Client(KEY, script.url) as running:
        yield running


@pytest.fixture
def operation() -> Generate:
    return Generate(model="z-image-turbo", prompt="a gondola", seed=7)


@pytest.fixture
def quick(script: Script) -> Iterator[Client]:
    """A client with little patience."""
    with Client(KEY, script.url, deadlines=QUICK) as running:
        yield running


def unanswered(client: Client, operation: Generate, *, within: float = 10) -> Unanswered:
    """Run and expect an unknown outcome, soon enough."""
    began = time.monotonic()
    with pytest.raises(Unanswered) as caught:
        client.run(operation)
    assert time.monotonic() - began < within
    assert caught.value.charge_unknown
    return caught.value


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
