"""One line for an event on stderr, as text or as JSON; control characters never reach a terminal."""

import json
import logging
from datetime import UTC, datetime


class NoHealth(logging.Filter):
    """Drops the answers of `/healthz`: whoever asked has been told, and at the start it says 503 for a while."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(getattr(record, "request", None), "path_info", "") != "/healthz"


def one_line(error: Exception) -> str:
    """An error in one short line of the log."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def _clean(value: str) -> str:
    return "".join(character if character.isprintable() else " " for character in value)


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class TextFormatter(logging.Formatter):
    """`time level logger: message`; a traceback follows only where an exception was logged."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_moment(record)} {record.levelname.lower()} {record.name}: {_clean(record.getMessage())}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _clean(record.getMessage()),
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event)
