"""What an answer lacks, in words for people."""

import re
from collections.abc import Mapping

from venice.text import LONGEST_SECRET, clean_line

MOST_NAMED = 3
_LONGEST_REASON = 120
_LONGEST_START = 40
#: Bytes to look at: behind what is shown the whole of a key, which is cut out.
BEGINNING = 200 + LONGEST_SECRET
_MARKUP_START = re.compile(rb"\s*(<[^<>]{0,30}>)")


def unread(reasons: Mapping[int, str], sent: int, lost: int) -> str:
    """`Picture 2 of 4: empty; Picture 4 of 4: not base64`: the first few of `lost` pictures, counted from 0."""
    named = [
        f"Picture {index + 1} of {sent}: {_phrase(reason)}" if sent > 1 else _phrase(reason)
        for index, reason in sorted(reasons.items())[:MOST_NAMED]
    ]
    more = lost - len(named)
    return "; ".join(named) + (f"; and {more} more" if more > 0 else "")


def beginning(body: bytes) -> str:
    """How a body that is nothing we know begins: its first tag, or its first characters; may be empty."""
    body = body[:BEGINNING]
    if tag := _MARKUP_START.match(body):
        return clean_line(tag[1].decode("utf-8", "replace"), _LONGEST_START) + "…"
    text = clean_line(body.decode("utf-8", "replace").replace("\ufffd", " "), 10_000)
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST_START else words[:_LONGEST_START].rstrip() + "…"


def _phrase(reason: str) -> str:
    """A reason as part of a sentence."""
    return clean_line(reason, _LONGEST_REASON).rstrip(". ")
