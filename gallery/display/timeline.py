"""A generation's history: from its row and its ledger lines to events in words. Pure: asks nobody."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from gallery.formats import counted, duration, price, size
from gallery.models import Attempt, Generation, Outcome, State
from gallery.models.states import HOLDS_OF_CALLS
from venice import BadResponse
from venice.retry import MOST_SENDS

# The error of a whole answer that cannot be used.
BAD = BadResponse.__name__


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line. `quote` is text of Venice, or a reason that somebody gave: to be set apart.

    `at` is None where the moment is not known, `until` is the end of a hold, `link` a generation's number.
    """

    kind: str
    words: str
    at: datetime | None = None
    until: datetime | None = None
    facts: tuple[str, ...] = ()
    quote: str = ""
    link: int | None = None


def timeline(
    generation: Generation,
    attempts: Sequence[Attempt],
    pictures: Mapping[int, int],
    repeats: Sequence[Generation] = (),
    host: str = "",
) -> list[Event]:
    """What happened, first to last; ends with what it waits for while it is not over.

    `attempts` are oldest first, `pictures` counts those of each attempt that are still stored, `repeats` are its runs
    again, `host` is the silent one that a received answer lies on.
    """
    events = [_queued(generation), *_first_hold(generation, attempts)]
    since: datetime | None = generation.created_at
    sends = 0
    for attempt, following in zip_longest(attempts, attempts[1:]):
        sends += attempt.outcome != Outcome.UNSENT
        events += _call(generation, attempt, following, since, sends)
        since = attempt.finished_at
    events += _end(generation, attempts, sum(pictures.values()) + generation.purged_count, host)
    after = [
        Event(kind="again", at=repeat.created_at, words="Run again as", link=repeat.pk) for repeat in repeats
    ]
    after += [event for attempt in attempts for event in _afterwards(attempt)]
    if generation.dismissed_at:
        after.append(Event(kind="dismissed", at=generation.dismissed_at, words="Dismissed"))
    return events + sorted(after, key=lambda event: event.at or generation.created_at)


def _queued(generation: Generation) -> Event:
    old = generation.run_again_of_id
    words = "Queued, as another run of" if old else "Queued"
    return Event(kind="queued", at=generation.created_at, words=words, link=old)


def _first_hold(generation: Generation, attempts: Sequence[Attempt]) -> Iterator[Event]:
    """What held it before its first call; the hold after a call is shown with that call."""
    # A call that came back to the queue has written its own reason over the first one.
    if attempts and generation.hold in HOLDS_OF_CALLS:
        return
    if generation.hold or (generation.not_before and not attempts):
        until = attempts[0].sent_at if attempts else generation.not_before
        words = f"Held by {generation.get_hold_display()}" if not generation.hold_words else "Held"
        yield Event(
            kind="held", until=until, words=words if generation.hold else "Held", quote=generation.hold_words
        )


def _call(
    generation: Generation, attempt: Attempt, following: Attempt | None, since: datetime | None, sends: int
) -> Iterator[Event]:
    """The `sends`-th POST: sent, headers, answer; and the hold after it, when it went back to the queue."""
    facts = (*_repeated(attempt, sends), *_bill(attempt))
    yield Event(kind="sent", at=attempt.sent_at, words=_sent(attempt, since), facts=facts)
    headers_at = attempt.headers_at or (None if following else generation.headers_at)
    if headers_at and headers_at >= attempt.sent_at:
        words = f"Headers after {duration(headers_at - attempt.sent_at)}"
        yield Event(kind="headers", at=headers_at, words=words, facts=_marks(attempt))
    yield from _answer(generation, attempt, is_last=following is None)
    is_back = attempt.outcome in (Outcome.UNSENT, Outcome.REFUSED)
    if is_back and (following or generation.state == State.QUEUED):
        until = following.sent_at if following else generation.not_before
        words = "Back in the queue, held" if until else "Back in the queue"
        yield Event(kind="held", at=attempt.finished_at, until=until, words=words)


def _sent(attempt: Attempt, since: datetime | None) -> str:
    verb = "Tried to send" if attempt.outcome == Outcome.UNSENT else "Sent"
    return f"{verb} after {duration(attempt.sent_at - since)}" if since and attempt.sent_at >= since else verb


def _repeated(attempt: Attempt, sends: int) -> tuple[str, ...]:
    """How often it was sent, when nobody asked for it but the first time."""
    if sends < 2 or attempt.outcome == Outcome.UNSENT:
        return ()
    return (f"sent {sends} of at most {MOST_SENDS} times by itself",)


def _bill(attempt: Attempt) -> tuple[str, ...]:
    """What it asked for and what it costs by the catalogue."""
    facts = [counted(attempt.images_asked, "picture")] if attempt.images_asked > 1 else []
    facts.append(f"{price(attempt.price)}{' (pretend)' if attempt.emulated else ''}")
    if attempt.balance_before is not None:
        facts.append(f"balance before {price(attempt.balance_before)}")
    return tuple(facts)


def _marks(attempt: Attempt) -> tuple[str, ...]:
    status = [f"HTTP {attempt.status}"] if attempt.status else []
    return (*status, *([f"CF-RAY {attempt.cf_ray}"] if attempt.cf_ray else []))


def _answer(generation: Generation, attempt: Attempt, *, is_last: bool) -> Iterator[Event]:
    """How the call ended, as far as it is known."""
    took = duration(attempt.finished_at - attempt.sent_at) if attempt.finished_at else ""
    length = (size(attempt.bytes),) if attempt.bytes else ()
    end = {"at": attempt.finished_at, "quote": attempt.error_message}
    match attempt.outcome:
        case Outcome.OK:
            whole = f"Received whole after {took}" if took else "Received whole"
            yield Event(kind="received", at=attempt.finished_at, words=whole, facts=length)
        case Outcome.UNSENT:
            yield Event(kind="unsent", words="Not sent, nothing charged", **end)  # type: ignore[arg-type]
        case Outcome.REFUSED:
            words = "Refused by Venice, nothing charged"
            facts = () if attempt.headers_at else _marks(attempt)
            yield Event(kind="refused", words=words, facts=facts, **end)  # type: ignore[arg-type]
        case Outcome.UNKNOWN:
            words = "The answer is of no use" if attempt.error_kind == BAD else "No whole answer"
            words = f"{words}, may have been charged"
            yield Event(kind="unknown", words=words, facts=length, **end)  # type: ignore[arg-type]
        case _ if is_last and generation.state == State.SENDING:
            yield Event(kind="waiting", words="Waiting for Venice’s answer")
        case _ if is_last and generation.state == State.RECEIVED:
            whole = f"Received whole after {took}" if took else "Received whole"
            yield Event(kind="received", at=attempt.finished_at, words=whole, facts=length)
        case _:
            yield Event(
                kind="unknown", at=attempt.finished_at, words="Outcome unknown, may have been charged"
            )


def _end(generation: Generation, attempts: Sequence[Attempt], saved: int, host: str) -> Iterator[Event]:
    """How it ended, or what it waits for."""
    at, messages = generation.finished_at, {attempt.error_message for attempt in attempts}
    quote = "" if generation.error_message in messages else generation.error_message
    match generation.state:
        case State.DONE:
            yield Event(
                kind="stored", at=at, words=_stored(generation), facts=_stock(generation, saved), quote=quote
            )
        case State.FAILED:
            yield Event(kind="failed", at=at, words="Failed", quote=quote)
        case State.INTERRUPTED:
            facts = (f"{saved} of {generation.variants} saved",) if saved or generation.variants > 1 else ()
            yield Event(kind="interrupted", at=at, words="Interrupted", facts=facts, quote=quote)
        case State.CANCELLED:
            yield Event(
                kind="cancelled", at=at, words="Cancelled" if attempts else "Cancelled, nothing was sent"
            )
        case State.RECEIVED:
            yield Event(kind="waiting", words="Waiting for host" if host else "Being stored", quote=host)
        case State.QUEUED if not attempts and not generation.hold:
            yield Event(kind="waiting", words="Waiting for a worker")


def _afterwards(attempt: Attempt) -> Iterator[Event]:
    """What became of an answer that could not be used as a whole."""
    is_kept = attempt.kept_bytes is not None
    if attempt.read_again_at:
        words = "Read again, and still not all of it can be used" if is_kept else "Read again"
        quote = attempt.kept_reason if is_kept else ""
        yield Event(kind="read-again", at=attempt.read_again_at, words=words, quote=quote)
    if attempt.kept_until and not is_kept and attempt.outcome == Outcome.UNKNOWN:
        yield Event(kind="removed", at=attempt.kept_until, words="What came is not kept any more")


def _stored(generation: Generation) -> str:
    after = generation.stored_after
    return f"Stored after {duration(after)}" if after is not None and after >= timedelta(0) else "Stored"


def _stock(generation: Generation, saved: int) -> tuple[str, ...]:
    moderated = ("moderated by Venice",) if generation.is_content_violation else ()
    pictures = counted(generation.variants, "picture")
    count = f"{saved} of {pictures}" if saved != generation.variants else pictures
    return (count, *moderated)
