"""The web server: waitress, in which one loop reads and writes all connections and threads run Django.

A thread is taken for a whole request only and given back before its answer is read, so who sends slowly or reads
nothing holds a connection; the deadlines here end that as well.
"""

import errno
import logging
import resource
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import WSGITask

from gallery.web.requests import HEAD_LIMIT, Request

log = logging.getLogger(__name__)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

THREADS = 8
BACKLOG = 1_024
# Connections of one process, and the files that each may need: its socket, the picture it is sent, a large body.
CONNECTIONS, FILES_EACH, OTHER_FILES = 1_000, 3, 96
# Pictures that are on their way to us at once: each lies on the disk, and takes no thread, until it is whole.
LARGE_BODIES = 32
# An answer waits in the kernel up to this size: unread ones of many connections must not add up to gigabytes.
SEND_BUFFER = 131_072

# An answer whose length nobody knows is made no further than this ahead of who reads it: neither memory nor, beyond a
# megabyte, a temporary file holds what they have not taken.
AHEAD = 262_144

# Seconds in which somebody who is sent an answer must take some of it, however little.
READ_PATIENCE = 120.0
# Seconds between two requests: longer than proxies keep their own side of a connection open.
IDLE_PATIENCE = 75.0
# Seconds in which somebody whose body was refused may go on sending it, so that our answer reaches them.
LINGER = 2.0
# Seconds for which a process with MANY connections or more leaves who comes to another one, which may have fewer.
LEAVE_TO_OTHERS, MANY = 0.005, 8
# Seconds for what is being answered when we are told to stop.
STOP_PATIENCE = 10.0


class CannotListen(Exception):
    """The address is taken or not ours; the message says what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that several processes may share. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = family == socket.AF_INET6 and host == "::" and socket.has_dualstack_ipv6()
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except OSError as error:
        # create_server puts its own words behind the system's.
        reason = (error.strerror or str(error)).partition(" (")[0]
        is_taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        remedy = "PORT to a free one" if is_taken else "HOST to an address of this machine"
        raise CannotListen(f"{host}:{port} cannot be used ({reason}); set {remedy}.") from None


def run(application: Application, listener: socket.socket, watcher: socket.socket | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what is being answered.

    `watcher` is a connection of whoever asks whether this very process answers; it is never closed for another one.
    """
    server = Server(application, listener)
    if watcher:
        WatcherChannel(server, watcher, ("127.0.0.1", 0), server.adj, map=server._map)

    def stop(number: int, frame: object) -> None:
        server.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.run()


class Task(WSGITask):
    def write(self, data: Any) -> None:
        """Take a part of the answer."""
        if not self.wrote_header:
            self.channel.streams = self.content_length is None and self.has_body
        super().write(data)

    def set_close_on_finish(self) -> None:
        """A 304 has no length and needs none: that alone is no reason to close the connection."""
        asked = self.version == "1.0" or self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or asked:
            super().set_close_on_finish()


class Channel(HTTPChannel):
    parser_class = Request
    task_class = Task
    close_when_flushed: bool
    refuses = False
    streams = False
    lingers_until = 0.0

    def readable(self) -> bool:
        """Whether the loop should look for more from them."""
        return bool(self.lingers_until or super().readable())

    def handle_read(self) -> None:
        """Read more; while we linger, only to throw it away."""
        if not self.lingers_until:
            super().handle_read()
            return
        try:
            self.recv(SEND_BUFFER)
        except OSError:
            self.handle_close()

    def handle_write(self) -> None:
        """Send what waits, and close if that was the last.

        After a refusal, end our side and linger: to close at once while they still send makes the kernel drop
        the answer that they have not read.
        """
        if not (self.close_when_flushed and self.refuses):
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if self.will_close:
            self.handle_close()
        elif not self.total_outbufs_len:
            self.close_when_flushed = False
            self.lingers_until = time.time() + LINGER
            self._end_our_side()

    def _end_our_side(self) -> None:
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.handle_close()

    def write_soon(self, data: Any) -> int:
        """Take a part of an answer, from a thread. Their time to read it starts now, not with their request."""
        self.last_activity = time.time()
        return int(super().write_soon(data))

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Before more of an answer is taken: of a stream, wait until they have read nearly all of it so far."""
        if not self.streams:
            super()._flush_outbufs_below_high_watermark()
            return
        with self.outbuf_lock:
            while self.connected and self.total_outbufs_len > AHEAD:
                self.server.pull_trigger()
                # The loop tells when it has sent some; a connection that it closes meanwhile is no longer connected.
                self.outbuf_lock.wait(1.0)

    def is_late(self, now: float) -> bool:
        """Whether they have let us wait for too long. While a thread has their request, they wait for us."""
        if self.lingers_until:
            return now > self.lingers_until
        if self.total_outbufs_len:
            return bool(now - self.last_activity > READ_PATIENCE)
        if self.requests:
            return False
        if self.request:
            return bool(self.request.is_late(now))
        return bool(now - self.last_activity > IDLE_PATIENCE)

    def cut(self) -> None:
        """Close it now, and let the kernel forget what they have not taken."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.handle_close()

    def waits_since(self) -> float:
        """Since when we wait for them; infinite while a thread has their request."""
        if self.requests:
            return float("inf")
        if self.request and not self.total_outbufs_len:
            return float(self.request.began)
        return float(self.last_activity)


class WatcherChannel(Channel):
    """The connection of whoever watches us."""

    def is_late(self, now: float) -> bool:
        """Never: they ask when they like."""
        return False

    def waits_since(self) -> float:
        """They are the last to make room."""
        return float("inf")


class Server(TcpWSGIServer):
    channel_class = Channel

    def __init__(self, application: Application, listener: socket.socket) -> None:
        self.is_stopping = False
        self.room = _room()
        # When whoever has come and waits for a process is ours to take; None while nobody waits.
        self.takes_at: float | None = None
        adjustments = Adjustments(
            sockets=[listener],
            threads=THREADS,
            backlog=BACKLOG,
            asyncore_use_poll=True,
            connection_limit=self.room + OTHER_FILES // 2,
            max_request_header_size=HEAD_LIMIT,
            # The first size that is too large.
            max_request_body_size=settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1,
            # Django decides whom to believe about https and addresses.
            clear_untrusted_proxy_headers=False,
            log_socket_errors=False,
            ident="",
        )
        address = (listener.family, listener.type, listener.proto, listener.getsockname())
        super().__init__(
            _without_body_for_head(application),
            _sock=listener,
            adj=adjustments,
            sockinfo=address,
            bind_socket=False,
        )

    def set_socket_options(self, conn: socket.socket) -> None:
        """Of an answer that is not read about SEND_BUFFER bytes wait in the kernel."""
        super().set_socket_options(conn)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)

    def add_task(self, task: Channel) -> None:
        """Queue a connection whose next request is whole."""
        task.refuses = bool(task.requests[0].error or task.requests[0].is_cut)
        super().add_task(task)

    def readable(self) -> bool:
        """Whether the loop should look for somebody who comes; while they are left to others it need not."""
        return bool(super().readable() and not self._leaves_for())

    def handle_accept(self) -> None:
        """Take who comes, the later the more connections we have.

        Processes that share a socket all hear of it. The kernel wakes first who has listened last, which is who
        has taken somebody last: one process would get nearly all connections, and keep them.
        """
        if self.takes_at is None:
            share = min(1.0, len(self.active_channels) / MANY)
            self.takes_at = time.monotonic() + LEAVE_TO_OTHERS * share
        if not self._leaves_for():
            self.takes_at = None
            super().handle_accept()

    def _leaves_for(self) -> float:
        """Seconds for which who has come is still left to others."""
        return max(0.0, self.takes_at - time.monotonic()) if self.takes_at else 0.0

    def maintenance(self, now: float) -> None:
        """Nothing: to close connections while the loop asks all of them what they wait for confuses it."""

    def run(self) -> None:
        """Serve until told to stop."""
        looked = 0.0
        while not self.is_stopping:
            left, waits = self._leaves_for(), self.takes_at is not None
            # Poll counts whole milliseconds.
            wasyncore.poll2(left + 0.001 if waits else 1.0, self._map)
            if waits and not left:
                # Looked for just now: taken by us, or before that by another process.
                self.takes_at = None
            now = time.time()
            if abs(now - looked) > 1:
                looked = now
                self._close_late(now)
                self._bound_large()
            if len(self.active_channels) >= self.room:
                self._make_room()
        self._end()

    def stop(self) -> None:
        """Make `run` come to its end; from a signal's handler or another thread, as often as one likes."""
        if not self.is_stopping:
            self.is_stopping = True
            self.pull_trigger()

    def _close_late(self, now: float) -> None:
        for channel in list(self.active_channels.values()):
            if channel.is_late(now):
                channel.cut()

    def _bound_large(self) -> None:
        """Close what has taken longest of the large bodies that are on their way, when they are too many."""
        large = [each for each in self.active_channels.values() if each.request and each.request.is_large]
        for channel in sorted(large, key=Channel.waits_since)[: max(0, len(large) - LARGE_BODIES)]:
            channel.cut()

    def _make_room(self) -> None:
        """Close the connection that has let us wait longest, so that a crowd of silent ones keeps nobody out."""
        longest = min(self.active_channels.values(), key=Channel.waits_since)
        if longest.waits_since() < float("inf"):
            longest.cut()

    def _end(self) -> None:
        """Take no more, and give those who are being answered their answers."""
        self.accepting = False
        wasyncore.dispatcher.close(self)
        deadline = time.time() + STOP_PATIENCE
        while self._answers() and time.time() < deadline:
            wasyncore.poll2(0.2, self._map)
        self.task_dispatcher.shutdown(timeout=5)
        for channel in list(self.active_channels.values()):
            channel.handle_close()

    def _answers(self) -> bool:
        return any(channel.requests or channel.total_outbufs_len for channel in self.active_channels.values())


def _without_body_for_head(application: Application) -> Application:
    """Drop what comes as a body after a HEAD: Django leaves that to the server, waitress to the application."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return body
        close = getattr(body, "close", None)
        if close:
            close()
        return []

    return answer


def _room() -> int:
    """How many connections there is room for, once the limit of open files is as high as we need and may set it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS * FILES_EACH + OTHER_FILES
    if soft < wanted:
        soft = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(CONNECTIONS, (soft - OTHER_FILES) // FILES_EACH)
