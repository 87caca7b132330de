"""What the command line says: results on stdout, everything about them on stderr."""

import io
import json
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TextIO

from venice import formats
from venice.cli.saved import Saved
from venice.errors import InvalidRequest, Moderated, VeniceError

_TICK_S = 0.5
#: What stdout did not take.
_failures: list[OSError] = []


def prepare() -> None:
    """Make both streams take any text: what they cannot encode is written as an escape."""
    _failures.clear()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str, *, end: str = "\n") -> None:
    """A line about the work, on stderr. That nobody reads it any more is no reason to stop."""
    if sys.stderr is None:
        return
    try:
        print(text, end=end, file=sys.stderr, flush=True)
    except OSError:
        silence(sys.stderr)


def show(text: str) -> None:
    """A line of the result, on stdout. What cannot be written there is reported by `finish`: it stops nothing."""
    try:
        print(text)
    except OSError as error:
        silence(sys.stdout)
        _failures.append(error)


def finish() -> None:
    """Bring out what is still held back. OSError, such as for a full disk, but not for a reader who has gone."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        silence(sys.stdout)
        _failures.append(error)
    for failure in _failures:
        if not isinstance(failure, BrokenPipeError):
            raise failure


def silence(stream: TextIO) -> None:
    """Send what is still held back, and all that follows, nowhere."""
    # Python would complain once more when it flushes at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show_json(value: Any) -> None:
    """One JSON value on stdout; money is text, so that nothing is lost of it."""
    is_unicode = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
    show(json.dumps(value, indent=2, ensure_ascii=not is_unicode, default=str))


def show_error(
    error: VeniceError,
    saved: Saved | None = None,
    parameters: Mapping[str, object] | None = None,
    *,
    as_json: bool,
) -> None:
    """What went wrong, what to do about it, and where lies what came; as JSON on stdout when that was asked for.

    `parameters` is what the call was made with, its seed among it.
    """
    saved = saved or Saved()
    # With these nothing was sent.
    parameters = {} if isinstance(error, InvalidRequest) else parameters or {}
    _say_error(error, saved, parameters)
    if as_json:
        show_json(_account(error, saved, parameters))


def _say_error(error: VeniceError, saved: Saved, parameters: Mapping[str, object]) -> None:
    """In words, on stderr."""
    words = f"{error}".rstrip(".")
    say(f"{words}. {error.advice}" if words else error.advice)
    for field, message in error.field_errors.items():
        if field not in words or message.rstrip(".") not in words:
            say(f"  {field}: {message}")
    if suggested := _suggested_prompt(error):
        say(f"Venice suggests this prompt: {suggested}")
    if "seed" in parameters:
        say(f"The seed was {parameters['seed']}.")
    if saved.images:
        say(f"Saved all the same: {', '.join(map(str, saved.images))}.")
    if saved.answer:
        say(f"All that came is in {saved.answer}.")
    if error.retry_at:
        clock = error.retry_at.astimezone().timetz()
        say(f"Try again at {clock.isoformat('seconds')}.")
    if error.cf_ray:
        say(f"Venice's support asks for this id: {error.cf_ray}")


def _account(error: VeniceError, saved: Saved, parameters: Mapping[str, object]) -> dict[str, Any]:
    """Everything that is known of the failure, for --json."""
    return {
        "error": type(error).__name__,
        "message": error.message,
        "advice": error.advice,
        "status": error.status,
        "code": error.code,
        "fields": error.field_errors,
        "suggested_prompt": _suggested_prompt(error) or None,
        **parameters,
        "retry_at": error.retry_at and error.retry_at.isoformat(),
        "may_be_charged": error.charge_unknown,
        "cf_ray": error.cf_ray,
        "request_id": error.request_id,
        **saved.named(),
    }


def _suggested_prompt(error: VeniceError) -> str:
    return error.suggested_prompt if isinstance(error, Moderated) else ""


def show_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Left-aligned columns on stdout, as wide as they must be."""
    table = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    for row in table:
        show("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def dollars(amount: Decimal | None) -> str:
    """Money as everywhere; a dash for what nobody tells."""
    if amount is None:
        return "–"
    return formats.dollars(amount)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Count the seconds on a terminal while Venice is at work; elsewhere say once what is waited for."""
    if sys.stderr is None or not sys.stderr.isatty():
        say(f"{what} …")
        yield
        return
    over = threading.Event()
    began = time.monotonic()

    def tick() -> None:
        while not over.wait(_TICK_S):
            say(f"\r{what} … {time.monotonic() - began:.0f} s", end="")

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        # Clear the line: what follows must not be written over it.
        say("\r\033[K", end="")
