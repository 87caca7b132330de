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
from venice.reply import is_wanted, longest_value
from venice.route import Route

MAX_LINE = 1024 * 1024
#: The head is read as far as an answer may be long, for what follows is paid for; so much of it is kept.
MAX_HEAD = 256 * 1024 * 1024
MAX_KEPT = 4 * 1024 * 1024
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
    """The well-formed headers, as many and as long as may be kept; what else stands in the head is skipped.

    However long the head is, the body behind it is paid for. What we read is kept behind any number of others.
    """
    headers: list[tuple[bytes, bytes]] = []
    left, kept, seen = MAX_KEPT, False, set()
    while line := _read_line(stream, room).rstrip(b"\r\n"):
        if line[:1] in b" \t":
            if kept:
                name, value = headers[-1]
                more = (b" " + line.strip())[: min(left, _longest(name) - len(value))]
                headers[-1] = name, value + more
                left -= len(more)
            continue
        name, colon, value = line.partition(b":")
        value = value.strip()[: _longest(name)]
        size = len(name) + len(value)
        fits = len(headers) < MAX_LINES and size <= left
        is_new = is_wanted(name.decode("latin-1")) and name.lower() not in seen
        kept = bool(colon and _NAME.fullmatch(name) and (fits or is_new))
        if kept:
            headers.append((name, value))
            seen.add(name.lower())
            left = max(0, left - size)
    return headers


def _longest(name: bytes) -> int:
    # One more than is kept in the end, so that the cut is marked there.
    return longest_value(name.decode("latin-1")) + 1


def _read_line(stream: io.BufferedReader, room: list[int]) -> bytes:
    """One line with its end, cut to MAX_LINE. `room` is what the head may still take."""
    line = part = stream.readline(MAX_LINE)
    while True:
        room[0] -= len(part)
        if room[0] < 0:
            raise http.client.HTTPException("the head is too long")
        if part.endswith(b"\n"):
            return line
        if not part:
            raise http.client.HTTPException("the head is cut off")
        part = stream.readline(MAX_LINE)


class _ClockedMixin(_Base):
    """Tells the clock when the request begins to leave and when it has left."""

    response_class = PatientResponse

    def _tunnel(self) -> None:
        # What the proxy is asked for is no part of the request: it costs nothing, and holds no key.
        sock = self.sock
        timeout = sock.gettimeout()
        with current_clock.get().tunnel():
            super()._tunnel()
        sock.settimeout(timeout)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        clock = current_clock.get()
        if not clock.tunnelling:
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


_POOLS = {"http": _Pool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere: for a 307 requests would send the POST and its key once more."""


def new_session(route: Route) -> requests.Session:
    """A session that follows no redirect, repeats nothing, keeps no cookies and knows no way but this one."""
    session = _Session()
    session.trust_env = False
    session.verify = route.ca_bundle or True
    # Plain http goes to this machine only, which no proxy can reach.
    session.proxies = {"https": route.proxy} if route.proxy else {}
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(pool_maxsize=32, max_retries=0))
    return session
