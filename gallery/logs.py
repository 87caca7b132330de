"""One line for an event on stderr, as text or as JSON; control characters never reach a terminal."""

import errno
import json
import logging
import re
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

# The token of a sign-in link is as good as a password while nobody has used it.
_LINK = re.compile(r"/signin/[^/\s'\"<>]+")
# So many hosts of refused requests are named in so many seconds; whoever scans us has thousands, and none of them
# silences the one that matters for longer. The newest that were named are remembered.
_MOST_HOSTS, _SPAN = 20, 600
_REMEMBERED = 1000


class NoHealth(logging.Filter):
    """Drops the answers of `/healthz`: whoever asked has been told, and at the start it says 503 for a while."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(getattr(record, "request", None), "path_info", "") != "/healthz"


class FirstOfEachHost(logging.Filter):
    """Django logs each request for a host that is not ours: said once for each, with the addresses that are.

    Of those that are too many at once, how many were left out is said with the next line.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock, self._turn = clock, threading.Lock()
        # In the order in which they were named.
        self._hosts: dict[str, None] = {}
        self._began, self._named, self._left_out = clock(), 0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        from django.conf import settings

        request: Any = getattr(record, "request", None)
        host = request.META.get("HTTP_HOST", "")[:255] if request is not None else ""
        with self._turn:
            left_out = self._take(host)
        if left_out is None:
            return False
        more = f"; {left_out} more for other hosts were refused before" if left_out else ""
        record.msg = "a request for the host %r was refused: PUBLIC_URL says %s%s"
        record.args = (host, ", ".join(settings.PUBLIC_URLS), more)
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.exc_info = None
        return True

    def _take(self, host: str) -> int | None:
        """How many were left out until now when this one is to be named, or is the first to tell of them; else None."""
        now = self._clock()
        if now - self._began >= _SPAN:
            self._began, self._named = now, 0
        is_room = self._named < _MOST_HOSTS
        if host in self._hosts and not (is_room and self._left_out):
            return None
        if not is_room:
            self._left_out += 1
            return None
        self._named += 1
        self._hosts[host] = None
        if len(self._hosts) > _REMEMBERED:
            del self._hosts[next(iter(self._hosts))]
        left_out, self._left_out = self._left_out, 0
        return left_out


class OneLineForOutages(logging.Filter):
    """A database or a file that cannot be used now is one line a request; its traceback would say nothing of it."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, Exception) and (words := outage(error)):
            record.msg, record.args, record.exc_info = "%s: %s", (record.getMessage(), words), None
        return True


def outage(error: Exception) -> str:
    """What a person must mend, in one line; empty for an error that is the program's own."""
    from django.db import InterfaceError, OperationalError

    from gallery.checks import broken_database, unusable_database
    from gallery.media.storage import StorageAway

    if isinstance(error, StorageAway):
        return f"{error.strerror}."
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full ({error.filename})." if error.filename else "The disk is full."
    if isinstance(error, PermissionError) or (isinstance(error, OSError) and error.errno == errno.EROFS):
        return f"{error.filename or 'A file'} cannot be used ({error.strerror})."
    if words := broken_database(error):
        return f"The database cannot be used: {words}"
    if isinstance(error, OperationalError | InterfaceError):
        return f"The database cannot be used: {unusable_database() or one_line(error)}"
    return ""


def database_refusal(error: Exception) -> str:
    """What a command that ends of its database says: what is to be mended there, or to be looked at first."""
    from gallery.checks import broken_database, unusable_database

    named = broken_database(error) or unusable_database()
    return f"The database cannot be used: {named or one_line(error).rstrip('.?') + '. Is it migrated?'}"


def one_line(error: Exception) -> str:
    """An error in one line of at most 200 characters; one without words by its type."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def _clean(value: str) -> str:
    return _LINK.sub(
        "/signin/…", "".join(character if character.isprintable() else " " for character in value)
    )


def _moment(created: float) -> str:
    return datetime.fromtimestamp(created, UTC).isoformat(timespec="milliseconds")


class TextFormatter(logging.Formatter):
    """`time level logger: message`; a traceback follows only where an exception was logged."""

    def format(self, record: logging.LogRecord) -> str:
        level = record.levelname.lower()
        line = f"{_moment(record.created)} {level} {record.name}: {_clean(record.getMessage())}"
        if not record.exc_info:
            return line
        return f"{line}\n{_LINK.sub('/signin/…', self.formatException(record.exc_info))}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line; what a record has in `facts` stands beside its message."""

    def format(self, record: logging.LogRecord) -> str:
        event = _event(record.created, record.levelname.lower(), record.name, record.getMessage())
        event = event | {
            name: fact for name, fact in getattr(record, "facts", {}).items() if name not in event
        }
        if record.exc_info:
            event["exception"] = _LINK.sub("/signin/…", self.formatException(record.exc_info))
        return json.dumps(event, default=str)


def _event(created: float, level: str, logger: str, message: str) -> dict[str, Any]:
    return {"time": _moment(created), "level": level, "logger": logger, "message": _clean(message)}


def as_json(level: str, logger: str, message: str) -> str:
    """A line for what no logger says: from a signal's handler, or from a program that is not Django's."""
    return json.dumps(_event(time.time(), level, logger, message))


def log_everything(as_objects: bool) -> None:
    """Give warnings and uncaught exceptions to the log; with `as_objects`, whatever else is printed to stderr too."""
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    if as_objects and not isinstance(sys.stderr, JsonLines):
        sys.stderr = JsonLines(sys.stderr)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    info = (kind, error or kind(), trace)
    logging.getLogger("gallery").critical("uncaught: %s", kind.__name__, exc_info=info)


class JsonLines:
    """A stream on which each line is a JSON object: who prints words has them wrapped into one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._rest, self._turn = stream, "", threading.RLock()

    def write(self, text: str) -> int:
        """Take text; lines go out when they are whole."""
        with self._turn:
            *lines, self._rest = (self._rest + text).split("\n")
            for line in filter(str.strip, lines):
                whole = line if line.startswith('{"time"') else as_json("error", "stderr", line)
                self._stream.write(f"{whole}\n")
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
