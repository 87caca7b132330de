"""What people type, made fit to keep: normal form, plain line ends, no controls, no broken bytes."""

import math
import re
import unicodedata
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest, QueryDict

REPLACEMENT = "\ufffd"
# C0 but tab and line feed, DEL, C1. They move cursors and colour terminals; no model draws them.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Format characters (zero width, soft hyphen, marks of direction), spaces and separators: nothing to see.
_INVISIBLE = frozenset({"Cf", "Zs", "Zl", "Zp", "Cc"})


def clean_text(text: str) -> str:
    """`text` in NFC, trimmed, with LF as line end and without control characters but tab and LF.

    Surrogates are kept: they are not ours to mend. Text of which nothing could be seen becomes the empty
    string. The length of the outcome is what a model's limit counts.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    clean = unicodedata.normalize("NFC", _CONTROLS.sub("", lines)).strip()
    return "" if is_blank(clean) else clean


def is_blank(text: str) -> bool:
    """Whether there is nothing to see in `text`."""
    return all(unicodedata.category(character) in _INVISIBLE for character in text)


def is_encodable(text: str) -> bool:
    """Whether `text` is free of surrogates, which are halves of characters and cannot be stored or sent."""
    return _SURROGATES.search(text) is None


def unreadable_fields(request: HttpRequest) -> frozenset[str]:
    """Names of the sent fields whose bytes are not UTF-8.

    Django reads such bytes as U+FFFD, or all of the body as Latin-1, without a word. An urlencoded body is read
    a second time, strictly; of a multipart body only the outcome is left, so that there U+FFFD itself counts.
    """
    posted = request.method == "POST"
    sent = request.POST if posted else request.GET
    if posted and request.content_type != "application/x-www-form-urlencoded":
        return _fields_with(sent, REPLACEMENT)
    raw = request.body if posted else request.META.get("QUERY_STRING", "").encode("latin-1")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return frozenset(name for name, values in sent.lists() if not all(str(v).isascii() for v in values))
    # Reading again costs time for long prompts: only where Django replaced something.
    suspects = _fields_with(sent, REPLACEMENT)
    if not suspects:
        return suspects
    limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    pairs = parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=limit)
    return frozenset(name for name, value in pairs if not is_encodable(value))


def _fields_with(sent: QueryDict, character: str) -> frozenset[str]:
    return frozenset(name for name, values in sent.lists() if any(character in str(v) for v in values))


# SQLite takes no JSON that is nested a thousand deep.
_DEEPEST = 200


def storable(tree: Any, depth: int = 0) -> Any:
    """A value of JSON as every database takes it: no zero bytes, half characters, infinities or great depths."""
    if isinstance(tree, str):
        return tree.replace("\0", "").encode(errors="replace").decode()
    if isinstance(tree, list | dict) and depth == _DEEPEST:
        return None
    if isinstance(tree, list):
        return [storable(item, depth + 1) for item in tree]
    if isinstance(tree, dict):
        return {storable(name): storable(value, depth + 1) for name, value in tree.items()}
    return tree if isinstance(tree, int) or (isinstance(tree, float) and math.isfinite(tree)) else None
