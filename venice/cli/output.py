"""What the command line says: results on stdout, everything about them on stderr."""

import json
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from venice import pricing
from venice.errors import VeniceError

if TYPE_CHECKING:
    from venice.cli.saving import Saved

_TICK_S = 0.5


def say(text: str) -> None:
    """A line about the work, on stderr."""
    print(text, file=sys.stderr, flush=True)


def show_json(value: Any) -> None:
    """One JSON value on stdout; money is text, so that nothing is lost of it."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def show_error(error: VeniceError, saved: "Saved | None" = None, *, as_json: bool) -> None:
    """What went wrong, what to do about it, and where lies what came; as JSON on stdout when that was asked for."""
    words = f"{error}".rstrip(".")
    say(f"{words}. {error.advice}" if words else error.advice)
    if saved and saved.images:
        say(f"Saved all the same: {', '.join(map(str, saved.images))}.")
    if saved and saved.answer:
        say(f"All that came is in {saved.answer}.")
    if error.retry_at:
        say(f"Try again at {error.retry_at.astimezone():%H:%M:%S}.")
    if error.cf_ray:
        say(f"Venice's support asks for this id: {error.cf_ray}")
    if as_json:
        show_json(
            {
                "error": type(error).__name__,
                "message": error.message,
                "advice": error.advice,
                "status": error.status,
                "code": error.code,
                "fields": error.field_errors,
                "retry_at": error.retry_at and error.retry_at.isoformat(),
                "may_be_charged": error.charge_unknown,
                "cf_ray": error.cf_ray,
                "request_id": error.request_id,
                **(saved.named() if saved else {"files": [], "answer": None}),
            }
        )


def show_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Left-aligned columns on stdout, as wide as they must be."""
    table = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def dollars(amount: Decimal | None) -> str:
    """Money as everywhere; a dash for what nobody tells."""
    if amount is None:
        return "–"
    return pricing.dollars(amount)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Count the seconds on a terminal while Venice is at work; elsewhere say once what is waited for."""
    if not sys.stderr.isatty():
        say(f"{what} …")
        yield
        return
    over = threading.Event()
    began = time.monotonic()

    def tick() -> None:
        while not over.wait(_TICK_S):
            print(f"\r{what} … {time.monotonic() - began:.0f} s", end="", file=sys.stderr, flush=True)

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        # Clear the line: what follows must not be written over it.
        print("\r\033[K", end="", file=sys.stderr, flush=True)
