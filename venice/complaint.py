"""What an error body says, in whatever of its shapes it came: JSON of many kinds, HTML, nothing."""

import html
import re
from dataclasses import dataclass
from typing import Any

from venice.text import clean_line, clean_lines, decode_json, without_keys

MAX_FIELDS = 5
#: The key of a message that belongs to no field.
NO_FIELD = "__all__"
MAX_PROMPT = 32_768
_MAX_JSON = 4 * 1024 * 1024
_MAX_NODES = 2000
_MOST_PARTS = 50_000
_TITLE = re.compile(r"<title[^>]*>([^<]*)</title", re.IGNORECASE)
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,49}")


@dataclass(frozen=True, slots=True)
class Complaint:
    """`is_venice` tells an answer of the API itself from one of a gateway in front of it.

    `offers_payment` tells that it asks to be paid for this one call (x402), as who has no key or no credits is asked.
    """

    text: str = ""
    code: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    is_venice: bool = False
    offers_payment: bool = False
    request_id: str = ""
    suggested_prompt: str = ""


def read_complaint(body: bytes) -> Complaint:
    """Read an error body. Never fails: what cannot be read gives an empty complaint."""
    try:
        tree = decode_json(body, _MOST_PARTS) if len(body) <= _MAX_JSON else None
    except ValueError:
        tree = None
    if not isinstance(tree, dict):
        return Complaint(text=_title(body))
    error = tree.get("error")
    nested = error if isinstance(error, dict) else {}
    texts = [_text(error) or _text(nested.get("message")) or _text(tree.get("message"))]
    fields: dict[str, str] = {}
    details = tree.get("details")
    texts.append(_text(details))
    if isinstance(details, dict):
        for name, branch in list(details.items())[:100]:
            _note(fields, name, _first_message(branch))
    issues = tree.get("issues")
    for issue in issues[:100] if isinstance(issues, list) else ():
        if isinstance(issue, dict):
            path = issue.get("path")
            _note(
                fields, path[0] if isinstance(path, list) and path else NO_FIELD, _text(issue.get("message"))
            )
    texts.append(fields.pop(NO_FIELD, ""))
    return Complaint(
        text=": ".join(dict.fromkeys(text for text in texts if text)),
        code=_text(tree.get("code")) or _text(nested.get("code")),
        fields=tuple(fields.items())[:MAX_FIELDS],
        is_venice=isinstance(error, str | dict),
        offers_payment="x402Version" in tree,
        request_id=clean_line(tree.get("request_id"), 200),
        suggested_prompt=_prompt(tree.get("suggested_prompt")),
    )


def _note(fields: dict[str, str], name: Any, message: str) -> None:
    """The first message of a field counts; names that cannot be a field's go to none."""
    is_field = (
        isinstance(name, str) and name != "_errors" and _FIELD.fullmatch(name) and without_keys(name) == name
    )
    if message:
        fields.setdefault(name if is_field else NO_FIELD, message)


def _first_message(branch: Any) -> str:
    """The first text at or below a branch. Walks without recursion: the tree may be deep or huge."""
    waiting = [branch]
    for _ in range(_MAX_NODES):
        if not waiting:
            break
        node = waiting.pop()
        if isinstance(node, str):
            return _text(node)
        if isinstance(node, dict):
            waiting.extend(reversed(list(node.values())[:100]))
        elif isinstance(node, list):
            waiting.extend(reversed(node[:100]))
    return ""


def _prompt(value: Any) -> str:
    return clean_lines(value, MAX_PROMPT).strip() if isinstance(value, str) else ""


def _text(value: Any) -> str:
    return clean_line(value, 300)


def _title(body: bytes) -> str:
    """The title of an HTML page, or the beginning of a plain text."""
    start = body[:20_000].decode("utf-8", "replace")
    if match := _TITLE.search(start):
        return _text(html.unescape(match[1]))
    plain = "<" not in start and "{" not in start and "\x00" not in start and "\ufffd" not in start
    return _text(start) if plain else ""
