"""One exchange with Venice: the request out, head and body of the answer into a file, or why not."""

import http.client
import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import urllib3

from venice.deadlines import Clock
from venice.errors import Misconfigured, NotSent, Unanswered, VeniceError
from venice.reply import Reply, bounded_headers, head_line
from venice.route import Route
from venice.wire import current_clock, new_session

#: That of the package: an application turns on the lines of all requests by its name.
logger = logging.getLogger("venice")

CHUNK = 64 * 1024
_FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Request:
    """What goes out. The headers hold the key, so they are not shown."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


class Writable(Protocol):
    """What an answer is written to: a file, or what takes its pieces."""

    def write(self, data: bytes, /) -> object: ...
    def flush(self) -> object: ...


class Transport:
    """Sends requests, from any number of threads."""

    def __init__(self, route: Route | None = None) -> None:
        self._session = new_session(route or Route())

    def close(self) -> None:
        self._session.close()

    def exchange(
        self,
        request: Request,
        sink: Writable,
        clock: Clock,
        *,
        connect: float,
        max_bytes: int,
        on_headers: Callable[[], None] | None = None,
    ) -> Reply:
        """Send once; write the head line and the body as it arrives. Any status but a redirect is an answer.

        NotSent when no byte has left, Unanswered when it has and no whole answer is in the sink.
        """
        try:
            reply = self._exchange(request, sink, clock, connect, max_bytes, on_headers)
        except VeniceError as error:
            _log(request, clock, f"{type(error).__name__}, {error.message}")
            raise
        _log(request, clock, f"{reply.status}, {reply.bytes} bytes")
        return reply

    def _exchange(
        self,
        request: Request,
        sink: Writable,
        clock: Clock,
        connect: float,
        max_bytes: int,
        on_headers: Callable[[], None] | None,
    ) -> Reply:
        failure: VeniceError | None = None
        token = current_clock.set(clock)
        try:
            prepared = requests.Request(
                request.method, request.url, headers=request.headers, data=request.body
            ).prepare()
            response = self._session.send(prepared, stream=True, allow_redirects=False, timeout=connect)
            with closing(response):
                return _receive(request, response, _Sink(sink, clock), clock, max_bytes, on_headers)
        except _FAILURES as error:
            failure = _outcome(error, clock)
        finally:
            current_clock.reset(token)
        # Raised outside of the handler: the library's error holds the request and with it the key.
        raise failure


def _log(request: Request, clock: Clock, outcome: str) -> None:
    """One line for a request: neither key nor prompt, nor the query, which may be a cursor."""
    seconds = (datetime.now(UTC) - clock.started_at).total_seconds()
    logger.info("%s %s: %s, %.2f s", request.method, urlsplit(request.url).path, outcome, seconds)


class _Sink:
    """The file of the caller. When it fails, the clock learns why, so that the network is not blamed."""

    def __init__(self, file: Writable, clock: Clock) -> None:
        self._file, self._clock = file, clock

    def write(self, data: bytes, *, flush: bool = False) -> None:
        try:
            self._file.write(data)
            if flush:
                self._file.flush()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else ""
            self._clock.failure = f"the answer could not be written to disk: {reason or type(error).__name__}"
            raise


def _receive(
    request: Request,
    response: requests.Response,
    sink: _Sink,
    clock: Clock,
    max_bytes: int,
    on_headers: Callable[[], None] | None,
) -> Reply:
    now = datetime.now(UTC)
    reply = Reply(
        status=response.status_code,
        headers=bounded_headers(response.headers.items()),
        started_at=clock.started_at,
        sent_at=clock.sent_at or now,
        headers_at=now,
        finished_at=now,
        with_key="Authorization" in request.headers,
    )
    clock.reply = reply
    if 300 <= reply.status < 400:
        message = "Venice answered with a redirect, which is never followed"
        raise Misconfigured(message, status=reply.status, headers=reply.headers)
    sink.write(head_line(reply), flush=True)
    if on_headers:
        on_headers()
    size = 0
    while chunk := response.raw.read1(CHUNK, decode_content=False):
        size += len(chunk)
        if size > max_bytes:
            message = f"the answer is larger than {max_bytes} bytes"
            raise Unanswered(message, status=reply.status, headers=reply.headers)
        sink.write(chunk)
    sink.write(b"", flush=True)
    return replace(reply, finished_at=datetime.now(UTC), bytes=size)


def _outcome(error: Exception, clock: Clock) -> VeniceError:
    message = clock.failure or _describe(error, clock)
    if not clock.begun:
        return NotSent(message)
    reply = clock.reply
    if reply is None:
        return Unanswered(message)
    return Unanswered(message, status=reply.status, headers=reply.headers)


def _describe(error: BaseException, clock: Clock) -> str:
    """The cause in words of our own: the text of library errors may hold anything."""
    causes = list(_causes(error))
    if clock.tunnelling or any(isinstance(cause, urllib3.exceptions.ProxyError) for cause in causes):
        return f"the proxy cannot be used: {_proxy_failure(causes)}"
    return _words(causes)


def _proxy_failure(causes: Sequence[BaseException]) -> str:
    for cause in causes:
        # The one place where the library gives the status of the proxy.
        if match := _TUNNEL_REFUSED.match(str(cause)):
            wrong = " (user or password)" if match[1] == "407" else ""
            return f"it answered with HTTP {match[1]}{wrong}"
    return _words(causes)


def _words(causes: Sequence[BaseException]) -> str:
    for kind, words in _WORDS:
        for cause in causes:
            if isinstance(cause, kind):
                return words
    return f"the connection failed ({type(causes[-1]).__name__})"


_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: (\d{3})\b")
_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "the host name could not be resolved"),
    (ssl.SSLCertVerificationError, "the certificate of the server could not be verified"),
    (ssl.SSLError, "no secure connection could be made"),
    (ConnectionRefusedError, "the connection was refused"),
    (http.client.RemoteDisconnected, "the connection was closed without an answer"),
    (ConnectionResetError, "the connection was reset"),
    (http.client.IncompleteRead, "the answer was cut off"),
    (urllib3.exceptions.IncompleteRead, "the answer was cut off"),
    (http.client.HTTPException, "the answer was not valid HTTP"),
    (urllib3.exceptions.ConnectTimeoutError, "no connection in time"),
    (TimeoutError, "no connection in time"),
    (urllib3.exceptions.NewConnectionError, "no connection could be made"),
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it came from, each once."""
    waiting: list[Any] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
