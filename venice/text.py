"""Untrusted text made safe to keep: bounded, without control characters, without an API key."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

#: Ten catalogues.
MOST_PARTS = 500_000

# C0, DEL and C1 controls, lone surrogates (not encodable), bidirectional overrides (they reorder a line).
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]+")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROLS_BUT_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]+")
#: What is shorter is no secret, and would occur in pictures by chance.
SHORTEST_SECRET = 8
#: A key as long as any; what is cut may end in a part of one.
LONGEST_SECRET = 500
_KEY = re.compile(r"VENICE_(?:INFERENCE|ADMIN)_KEY_[\w.~+/=-]*", re.IGNORECASE)


#: Our own keys in the forms in which a gateway may send them back, as one expression for each key.
_secrets: dict[str, re.Pattern[str]] = {}


def keep_secret(key: str) -> None:
    """From now on this very key is cut from every text of this process, whatever its shape.

    What is shorter than SHORTEST_SECRET is no secret: it would be cut from words.
    """
    if len(key) < SHORTEST_SECRET or key in _secrets:
        return
    encoded = base64.b64encode(key.encode()).decode().rstrip("=")
    forms = {key, quote(key, safe=""), quote(key), html.escape(key), json.dumps(key)[1:-1], encoded}
    forms.add(key.replace("/", "\\/"))
    # The longest first: a part of it that is replaced would leave the rest.
    pattern = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    _secrets[key] = re.compile(pattern, re.IGNORECASE)


def without_keys(text: str) -> str:
    """The text with `[key]` in place of our own keys and of whatever looks like one of Venice's."""
    for pattern in tuple(_secrets.values()):
        text = pattern.sub("[key]", text)
    return _KEY.sub("[key]", text)


def clean_line(value: Any, limit: int) -> str:
    """One line of at most `limit` code points; what is not text becomes the empty string."""
    if not isinstance(value, str):
        return ""
    # Cut before the expressions run: the text may be megabytes.
    most = limit * 2 + 2 * LONGEST_SECRET
    text = without_keys(_CONTROLS.sub(" ", value[:most])).strip()
    if len(value) > most:
        # The cut may have gone through a key.
        text = f"{text[:-LONGEST_SECRET]}…"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_lines(value: str, limit: int) -> str:
    """Like `clean_line`, with tabs kept, LF for each line end, and nothing trimmed."""
    most = 2 * limit + 2 * LONGEST_SECRET
    text = without_keys(_CONTROLS_BUT_LINES.sub("", _LINE_ENDS.sub("\n", value[:most])))
    return (text[:-LONGEST_SECRET] if len(value) > most else text)[:limit]


def masked(pieces: Iterable[bytes], key: str | None) -> Iterator[bytes]:
    """The bytes of `pieces` with every occurrence of `key` struck out by as many stars, also across a border."""
    secret = (key or "").encode()
    if len(secret) < SHORTEST_SECRET:
        yield from pieces
        return
    tail = b""
    for piece in pieces:
        text = (tail + piece).replace(secret, b"*" * len(secret))
        border = max(len(text) - len(secret) + 1, 0)
        tail = text[border:]
        yield text[:border]
    yield tail


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
