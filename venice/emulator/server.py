"""The HTTP server: reads requests, writes replies, and lives as long as its `with` block."""

import gzip
import secrets
import socket
import struct
import sys
import threading
import time
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from venice.emulator.faults import Fault
from venice.emulator.replies import JSON, Reply
from venice.emulator.routes import PREFIX, answer
from venice.emulator.state import Request, State

API_VERSION = "20260821.193530"
MAX_BODY = 35 * 1024 * 1024
PIECES = 40
# Seconds within which it sees that it shall stop: a test that starts one waits for that.
STOP_SEEN = 0.02


class Emulator:
    """Venice on 127.0.0.1. Use it as a context manager, or start() and close().

    `port` 0 takes a free one; `key` None lets any key in; tests shorten the windows, which are in seconds.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        key: str | None = None,
        latency_ms: float = 0,
        balance_usd: float | Decimal | str = 50,
        rate_limit: int = 20,
        error_budget: int = 20,
        rate_window_s: float = 60,
        error_window_s: float = 30,
    ) -> None:
        self.state = State(
            key=key,
            latency_ms=latency_ms,
            balance_usd=Decimal(str(balance_usd)),
            rate_limit=rate_limit,
            error_budget=error_budget,
            rate_window_s=rate_window_s,
            error_window_s=error_window_s,
        )
        self._server = _Server(port, self.state)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(STOP_SEEN,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def root_url(self) -> str:
        """Where /_emulator/ is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The base URL of the API."""
        return self.root_url + PREFIX

    def start(self) -> Self:
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop accepting, cut what is running, and wait for it a moment."""
        self.state.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ledger(self) -> list[dict[str, Any]]:
        """One entry for each POST to a paid route, oldest first."""
        return self.state.ledger.entries()

    @property
    def balance_usd(self) -> Decimal:
        return self.state.ledger.balance

    @balance_usd.setter
    def balance_usd(self, usd: float | Decimal | str) -> None:
        self.state.ledger.balance = Decimal(str(usd))

    def fault(self, name: str, *, times: int = 1, **arguments: Any) -> None:
        """Let the next calls misbehave: `seconds`, `retry_after`, `charged`, `path`; times -1 is for ever."""
        self.state.faults.add(Fault.of(name, times=times, **arguments))

    def clear_faults(self) -> None:
        self.state.faults.clear()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, state: State) -> None:
        self.state = state
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        # The inherited method looks the host's name up, which can take seconds without a network.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def server_close(self) -> None:
        super().server_close()
        with self._changed:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
            self._changed.wait_for(lambda: not self._open, timeout=5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A caller that hangs up is no error of the server.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "venice-emulator"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 120
    server: _Server

    def _serve(self) -> None:
        received = time.monotonic()
        url = urlsplit(self.path)
        try:
            body, too_large = self._read_body()
        except EOFError:
            # Who is killed while sending has asked for nothing: no inference begins on half a body.
            self.close_connection = True
            return
        request = Request(
            method=self.command,
            path=unquote(url.path),
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers=self.headers,
            body=body,
            too_large=too_large,
            received=received,
        )
        self._write(answer(self.server.state, request))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

    def _read_body(self) -> tuple[bytes, bool]:
        """The body, or that it is over the limit; then it is read and dropped, so that the reply arrives."""
        try:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                return self._read_chunks()
            left = max(0, int(self.headers.get("Content-Length", "0")))
        except ValueError:
            left = 0
            self.close_connection = True
        if left <= MAX_BODY:
            body = self.rfile.read(left)
            if len(body) < left:
                raise EOFError(f"{len(body)} of {left} bytes")
            return body, False
        while left > 0 and (piece := self.rfile.read(min(left, 1 << 20))):
            left -= len(piece)
        return b"", True

    def _read_chunks(self) -> tuple[bytes, bool]:
        body = bytearray()
        too_large = False
        while left := int(self._chunk_line().partition(b";")[0] or b"0", 16):
            if left < 0:
                raise ValueError("a chunk of less than nothing")
            while left > 0 and (piece := self.rfile.read(min(left, 1 << 20))):
                left -= len(piece)
                too_large = too_large or len(body) + len(piece) > MAX_BODY
                if not too_large:
                    body += piece
            self._chunk_line()
        self.rfile.readline(100)
        return b"" if too_large else bytes(body), too_large

    def _chunk_line(self) -> bytes:
        line = self.rfile.readline(100)
        if not line:
            raise EOFError("the last chunk has not come")
        return line

    def _write(self, reply: Reply) -> None:
        if reply.reset:
            self._reset()
            return
        headers = {**_common_headers(), **reply.headers}
        body = reply.body
        if reply.content_type == JSON and self._accepts_gzip():
            body = gzip.compress(body, compresslevel=1)
            headers["Content-Encoding"] = "gzip"
            headers["Vary"] = "Accept-Encoding"
        self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self._write_body(body, reply)

    def _write_body(self, body: bytes, reply: Reply) -> None:
        if reply.cut:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif reply.drip_s > 0:
            size = -(-len(body) // PIECES) or 1
            for start in range(0, len(body), size):
                self.wfile.write(body[start : start + size])
                self.server.state.wait(reply.drip_s / PIECES)
        else:
            self.wfile.write(body)

    def _reset(self) -> None:
        # Lingering for no time makes the kernel send RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _accepts_gzip(self) -> bool:
        for part in self.headers.get("Accept-Encoding", "").lower().split(","):
            coding, _, weight = part.partition(";")
            if coding.strip() == "gzip":
                return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
        return False

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """For what is no HTTP request, or of a method that no route knows."""
        self.close_connection = True
        # What could not be read may have left neither headers nor a version to answer in.
        self.headers = getattr(self, "headers", None) or Message()
        self.request_version = self.protocol_version
        # The library blames the server for a method or a version that it does not know.
        status = {501: 405, 505: 400}.get(int(code), int(code))
        self._write(Reply.json({"error": message or "Bad request"}, status))

    def version_string(self) -> str:
        return self.server_version

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the ledger tells what came."""


def _common_headers() -> dict[str, str]:
    return {
        "CF-RAY": f"{secrets.token_hex(8)}-VCE",
        "x-request-id": str(uuid.uuid4()),
        "x-venice-version": API_VERSION,
        "x-venice-timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "x-venice-emulator": "1",
    }
