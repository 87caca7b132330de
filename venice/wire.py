"""HTTP connections that keep to a clock, survive long headers and are never used twice.

Every request has a connection of its own: a kept one may have been closed by the other side while it was
idle, and then nobody can tell whether a paid request was read. A handshake costs little beside an image.
"""

import http.client
import io
import re
import socket
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from venice.deadlines import Clock

MAX_LINE = 1024 * 1024
MAX_HEAD = 16 * 1024 * 1024
MAX_LINES = 1000
MAX_INTERIM_ANSWERS = 10
_SLICE = 16 * 1024
_INTERIM = re.compile(rb"HTTP/1\.[01]\s+1(?!01)\d\d\b")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})

#: The clock of the call that the current thread is making; connections are built deep inside urllib3.
current_clock: ContextVar[Clock] = ContextVar("current_clock")

if TYPE_CHECKING:
    _Base = HTTPConnection
else:
    _Base = object


class _Reader(io.RawIOBase):
    """The receiving side of a socket; each read gets what is left of the deadlines."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, clock: Clock) -> None:
        self._raw, self._sock, self._clock = raw, sock, clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        with self._clock.wait(self._sock):
            size = self._raw.readinto(buffer) or 0
        self._clock.received(size)
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


class PatientResponse(http.client.HTTPResponse):
    """An answer whose head may be longer than http.client allows: it would be lost after it was paid for."""

    fp: Any

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._clock = current_clock.get()
        self.fp = io.BufferedReader(_Reader(self.fp.detach(), sock, self._clock), 64 * 1024)

    def begin(self) -> None:
        if self.headers is not None:
            return
        stream = self.fp
        status_line, headers = _read_head(stream, self._clock)
        framing = [name + b": " + value for name, value in headers if name.lower() in _FRAMING]
        self.fp = io.BytesIO(b"\r\n".join([status_line.rstrip(), *framing, b"", b""]))
        try:
            super().begin()
        finally:
            self.fp = stream
        for name, value in headers:
            if name.lower() not in _FRAMING:
                self.headers[name.decode("ascii")] = value.decode("latin-1")
        # The connection ends with this answer, whatever the server offers.
        self.will_close = True


def _read_head(stream: io.BufferedReader, clock: Clock) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Status line and headers of the final answer; interim answers before it are skipped."""
    room = [MAX_HEAD]
    for _ in range(MAX_INTERIM_ANSWERS + 1):
        status_line = _read_line(stream, room)
        interim = _INTERIM.match(status_line)
        if not interim:
            clock.answering()
        headers = _read_headers(stream, room) if status_line.startswith(b"HTTP/") else []
        if not interim:
            return status_line, headers
    raise http.client.HTTPException("too many interim answers")


def _read_headers(stream: io.BufferedReader, room: list[int]) -> list[tuple[bytes, bytes]]:
    """The first thousand well-formed headers; what else stands in the head is skipped."""
    headers: list[tuple[bytes, bytes]] = []
    while line := _read_line(stream, room).rstrip(b"\r\n"):
        if line[:1] in b" \t" and headers:
            name, value = headers[-1]
            headers[-1] = name, (value + b" " + line.strip())[:MAX_LINE]
            continue
        name, colon, value = line.partition(b":")
        if colon and _NAME.fullmatch(name) and len(headers) < MAX_LINES:
            headers.append((name, value.strip()))
    return headers


def _read_line(stream: io.BufferedReader, room: list[int]) -> bytes:
    """One line with its end, cut to MAX_LINE. `room` is what the head may still take."""
    line = part = stream.readline(MAX_LINE)
    room[0] -= len(part)
    while part and not part.endswith(b"\n"):
        part = stream.readline(MAX_LINE)
        room[0] -= len(part)
        if room[0] < 0:
            break
    if not part.endswith(b"\n"):
        raise http.client.HTTPException("the head is too long" if part else "the head is cut off")
    return line


class _ClockedMixin(_Base):
    """Tells the clock when the request begins to leave and when it has left."""

    response_class = PatientResponse

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        clock = current_clock.get()
        clock.begin()
        view = memoryview(data)
        for start in range(0, len(view), _SLICE):
            with clock.wait(self.sock):
                super().send(view[start : start + _SLICE])

    def getresponse(self) -> Any:
        current_clock.get().sent()
        return super().getresponse()


class _Connection(_ClockedMixin, HTTPConnection):
    pass


class _TlsConnection(_ClockedMixin, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere: for a 307 requests would send the POST and its key once more."""


def new_session() -> requests.Session:
    """A session that follows no redirect, repeats nothing, keeps no cookies and reads no environment."""
    session = _Session()
    session.trust_env = False
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(pool_maxsize=32, max_retries=0))
    return session
