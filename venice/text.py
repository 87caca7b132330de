"""Untrusted text made safe to keep: bounded, without control characters, without an API key."""

import re
from typing import Any

# C0, DEL and C1 controls, lone surrogates (not encodable), bidirectional overrides (they reorder a line).
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]+")
_CONTROLS_BUT_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]+")
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
