"""Untrusted text made safe to keep: bounded, without control characters, without an API key."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

#: Ten catalogues.
MOST_PARTS = 500_000

# C0, DEL and C1 controls, lone surrogates (not encodable), bidirectional overrides (they reorder a line).
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]+")
_CONTROLS_BUT_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]+")
#: What is shorter is no secret, and would occur in pictures by chance.
SHORTEST_SECRET = 8
_KEY = re.compile(r"VENICE_(?:INFERENCE|ADMIN)_KEY_[\w.~+/=-]*", re.IGNORECASE)


def clean_line(value: Any, limit: int) -> str:
    """One line of at most `limit` code points; what is not text becomes the empty string."""
    if not isinstance(value, str):
        return ""
    # Cut before the expressions run: the text may be megabytes.
    text = _KEY.sub("[key]", _CONTROLS.sub(" ", value[: limit * 2 + 1000])).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_lines(value: str, limit: int) -> str:
    """Like `clean_line`, with line breaks and tabs kept and nothing trimmed."""
    return _CONTROLS_BUT_LINES.sub("", value.replace("\r\n", "\n"))[:limit]


def masked(pieces: Iterable[bytes], key: str | None) -> Iterator[bytes]:
    """The bytes of `pieces` with every occurrence of `key` struck out by as many stars, also across a border."""
    secret = (key or "").encode()
    if len(secret) < SHORTEST_SECRET:
        yield from pieces
        return
    held = b""
    for piece in pieces:
        text = (held + piece).replace(secret, b"*" * len(secret))
        border = max(len(text) - len(secret) + 1, 0)
        held = text[border:]
        yield text[:border]
    yield held


def decode_json(body: bytes, most: int = MOST_PARTS) -> Any:
    """The value of a JSON text in UTF-8, with or without a byte order mark. ValueError for all else.

    Whole numbers too long to mean anything become None: they must not cost the rest of the answer. What has more
    than `most` parts is refused before it is built: each takes some hundred bytes.
    """
    if len(body) > most and sum(map(body.count, b",[{:")) > most:
        raise ValueError("too many parts")
    try:
        return json.loads(body.decode("utf-8-sig"), parse_int=short_int)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def short_int(digits: str) -> int | None:
    """A whole number; None for one that is too long to mean anything."""
    return int(digits) if len(digits) <= 30 else None
