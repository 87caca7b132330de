"""The outer part of an answer: status, headers, times; and what its headers say."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote

from venice.text import clean_line, clean_lines, decode_json

MAX_HEADERS = 300
MAX_VALUE = 8192
#: The rewritten prompt: 32 768 code points, each up to four bytes, each byte three characters when encoded.
MAX_PROMPT_VALUE = 400_000
MAX_HEAD_LINE = 8 * 1024 * 1024
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 120.0
_ENHANCED = "x-venice-enhanced-prompt"
# What is read here or nearby: kept behind any number of others.
_WANTED = frozenset({_ENHANCED, "cf-ray", "x-request-id", "date", "retry-after", "x-ratelimit-resets"})
_WANTED |= {f"content-{name}" for name in ("length", "type", "encoding")} | {"transfer-encoding", "location"}
_WANTED |= {f"x-ratelimit-{name}-requests" for name in ("limit", "remaining", "reset")}
_WANTED |= {f"x-venice-{name}" for name in ("model-id", "is-blurred", "is-content-violation")}
_WANTED |= {
    f"x-venice-{name}" for name in ("balance-usd", "balance-diem", "deprecated", "deprecated-replacement")
}
_WANTED |= {f"x-venice-model-deprecation-{name}" for name in ("warning", "date")}
# A session cookie of the gateway is of no use to anyone and is not ours to keep.
_DROPPED = frozenset({"set-cookie", "set-cookie2"})
_NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,20})?")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What the answer tells of the limit of requests; None for what it does not tell."""

    limit: int | None
    remaining: int | None
    reset_at: datetime | None


@dataclass(frozen=True, slots=True)
class Deprecation:
    """The model goes away: Venice's words, the day if it named one, the model to use instead."""

    warning: str
    date: date | None
    replacement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer but for its body, which `bytes` counts.

    Header names are lower-case; times are aware and in UTC.
    """

    status: int
    headers: dict[str, str]
    started_at: datetime
    sent_at: datetime
    headers_at: datetime
    finished_at: datetime
    bytes: int = 0
    #: Whether the request had a key; None for an answer that was kept before this was.
    with_key: bool | None = None

    @property
    def cf_ray(self) -> str:
        """The id that Venice's support asks for."""
        return self.headers.get("cf-ray", "")

    @property
    def request_id(self) -> str:
        return self.headers.get("x-request-id", "")

    @property
    def model_id(self) -> str:
        """The model that answered: a trait or an alias has been resolved."""
        return self.headers.get("x-venice-model-id", "")

    @property
    def balance_usd(self) -> Decimal | None:
        """The balance before this call was charged; None when the answer does not tell it."""
        return _amount(self.headers.get("x-venice-balance-usd"))

    @property
    def balance_diem(self) -> Decimal | None:
        return _amount(self.headers.get("x-venice-balance-diem"))

    @property
    def is_blurred(self) -> bool | None:
        """None: the header is missing, or its words mean nothing to us."""
        return _flag(self.headers.get("x-venice-is-blurred"))

    @property
    def is_content_violation(self) -> bool | None:
        return _flag(self.headers.get("x-venice-is-content-violation"))

    @property
    def enhanced_prompt(self) -> str:
        """The prompt as Venice rewrote it; empty when it did not."""
        return clean_lines(unquote(self.headers.get(_ENHANCED, "")), MAX_PROMPT_VALUE)

    @property
    def content_length(self) -> int | None:
        """How many bytes the body should have; None when no header says it."""
        return _whole(self.headers.get("content-length"))

    @property
    def rate_limit(self) -> RateLimit | None:
        """None when the answer tells nothing about the limit of requests."""
        limit = _whole(self.headers.get("x-ratelimit-limit-requests"))
        remaining = _whole(self.headers.get("x-ratelimit-remaining-requests"))
        reset_at = self.moment("x-ratelimit-reset-requests")
        if limit is None and remaining is None and reset_at is None:
            return None
        return RateLimit(limit, remaining, reset_at)

    @property
    def deprecation(self) -> Deprecation | None:
        warning = self.headers.get("x-venice-model-deprecation-warning", "")
        if not warning and _flag(self.headers.get("x-venice-deprecated")) is not True:
            return None
        try:
            day = datetime.fromisoformat(self.headers.get("x-venice-model-deprecation-date", "")).date()
        except ValueError:
            day = None
        return Deprecation(
            clean_line(warning, 500), day, self.headers.get("x-venice-deprecated-replacement", "")
        )

    def moment(self, header: str) -> datetime | None:
        """When a header says to come back, 1 to 120 s after the answer by our own clock.

        Numbers are read by their size: above 1e11 milliseconds and above 1e9 seconds since 1970, else
        seconds to go; a date is a date. Points in time are set against the answer's own Date, so that our
        clock may be wrong.
        """
        value = self.headers.get(header, "").strip()
        if _NUMBER.fullmatch(value):
            number = float(value)
            server_now = (_http_date(self.headers.get("date", "")) or self.headers_at).timestamp()
            if number > 1e11:
                number = number / 1000 - server_now
            elif number > 1e9:
                number -= server_now
        elif date := _http_date(value):
            number = (date - (_http_date(self.headers.get("date", "")) or self.headers_at)).total_seconds()
        else:
            return None
        return self.headers_at + timedelta(seconds=min(max(number, SHORTEST_WAIT), LONGEST_WAIT))


def head_line(reply: Reply) -> bytes:
    """The first line of a spooled answer: JSON, ended by a line feed."""
    head = {
        "status": reply.status,
        "headers": reply.headers,
        "started_at": reply.started_at.isoformat(),
        "sent_at": reply.sent_at.isoformat(),
        "headers_at": reply.headers_at.isoformat(),
        "with_key": reply.with_key,
    }
    # Not in ASCII: each sign of a header beyond it would take six bytes, and the line could be too long to be read.
    return json.dumps(head, ensure_ascii=False).encode() + b"\n"


def read_head_line(line: bytes, *, finished_at: datetime | None = None, size: int = 0) -> Reply:
    """The inverse of `head_line`. ValueError for a line that is cut or is something else."""
    head = decode_json(line, MAX_HEAD_LINE) if line.endswith(b"\n") else None
    if not isinstance(head, dict):
        raise ValueError("not the head of a spooled answer")
    try:
        times = {name: _stored_time(head[name]) for name in ("started_at", "sent_at", "headers_at")}
        headers = {str(name): str(value) for name, value in head["headers"].items()}
        status = int(head["status"])
    except (KeyError, AttributeError, TypeError) as error:
        raise ValueError("not the head of a spooled answer") from error
    finished_at = finished_at or times["headers_at"]
    with_key = head.get("with_key")
    return Reply(
        status=status,
        headers=headers,
        finished_at=finished_at,
        bytes=size,
        with_key=with_key if isinstance(with_key, bool) else None,
        **times,
    )


def bounded_headers(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers as text that is safe to keep; what comes twice is joined by a comma."""
    kept: dict[str, str] = {}
    for raw_name, raw_value in items:
        name = clean_line(raw_name, 100).lower()
        if name in kept:
            is_full = len(kept[name]) >= longest_value(name)
        else:
            is_full = len(kept) >= MAX_HEADERS and not is_wanted(name)
        if name in _DROPPED or is_full:
            continue
        joined = f"{kept[name]}, {raw_value}" if name in kept else raw_value
        kept[name] = clean_line(joined, longest_value(name))
    return kept


def is_wanted(name: str) -> bool:
    """Whether the header of that name, in any case, is one that is read."""
    return name.lower() in _WANTED


def longest_value(name: str) -> int:
    """How many characters of the header of that name are kept."""
    return MAX_PROMPT_VALUE if name.lower() == _ENHANCED else MAX_VALUE


def _stored_time(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value[:100])
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _flag(value: str | None) -> bool | None:
    words = {word.strip().lower() for word in (value or "").split(",")}
    return {"true": True, "false": False}.get(words.pop()) if len(words) == 1 else None


def _whole(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) <= 12 else None


def _amount(value: str | None) -> Decimal | None:
    if not value or len(value) > 40:
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < 10**12 else None
