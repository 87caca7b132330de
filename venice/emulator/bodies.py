"""Reads the body of a paid request: JSON, or a form with files where the route takes one."""

import json
import math
from email.parser import BytesHeaderParser
from email.policy import HTTP
from typing import Any

from venice.emulator.failures import file_too_large, too_large
from venice.emulator.replies import refuse
from venice.emulator.state import Request

JSON_TYPE = "application/json"
FORM_TYPE = "multipart/form-data"
MAX_FILE = 25 * 1024 * 1024
MAX_FILES = 10
MAX_PARTS = 64
#: What a form can only send as text.
NUMBERS = frozenset({"scale", "creativity"})
FLAGS = frozenset({"safe_mode", "enhance_prompt", "disable_prompt_optimization_thinking"})


def read_body(request: Request, *, forms: bool) -> dict[str, Any]:
    """The fields of the request. A file of a form is bytes, a list of bytes when its name is `images`.

    Raises Refusal: a wrong content type, too much of it, or what cannot be read.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise refuse(415, "Invalid request content-type")
    kind = request.headers.get_content_type()
    if kind != JSON_TYPE and not (forms and kind == FORM_TYPE):
        others = f" or '{FORM_TYPE}'" if forms else ""
        raise refuse(400, f"'Content-Type' must be '{JSON_TYPE}'{others}")
    if request.too_large:
        raise file_too_large() if kind == FORM_TYPE else too_large()
    return _read_form(request) if kind == FORM_TYPE else _read_json(request)


def _read_json(request: Request) -> dict[str, Any]:
    try:
        payload = json.loads(request.body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise refuse(400, "Invalid JSON request") from None
    return payload if isinstance(payload, dict) else {}


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _read_form(request: Request) -> dict[str, Any]:
    """RFC 7578, strictly: each part between delimiters, with a name. Of two texts of a name the last counts."""
    fields: dict[str, Any] = {}
    for head, content in _parts(request):
        name = head.get_param("name", header="content-disposition")
        if not isinstance(name, str) or not name:
            raise _unreadable()
        if head.get_filename() is None and name != "image":
            fields[name] = _typed(name, _as_text(content))
        elif head.get_filename() is None and not _is_binary(content):
            fields[name] = _as_text(content)
        elif len(content) > MAX_FILE:
            raise file_too_large()
        elif name == "images":
            fields.setdefault(name, [])
            if not isinstance(fields[name], list) or len(fields[name]) == MAX_FILES:
                raise refuse(400, f"At most {MAX_FILES} files may be uploaded")
            fields[name].append(content)
        else:
            fields[name] = content
    return fields


def _parts(request: Request) -> list[tuple[Any, bytes]]:
    boundary = request.headers.get_param("boundary")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= 200:
        raise _unreadable()
    delimiter = b"\r\n--" + boundary.encode("utf-8", "replace")
    pieces = (b"\r\n" + request.body).split(delimiter, MAX_PARTS + 1)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise _unreadable()
    parts = []
    for piece in pieces[1:-1]:
        head, separator, content = piece.lstrip(b" \t").partition(b"\r\n\r\n")
        if not separator or not head.startswith(b"\r\n"):
            raise _unreadable()
        parts.append((BytesHeaderParser(policy=HTTP).parsebytes(head[2:] + b"\r\n\r\n"), content))
    return parts


def _as_text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise _unreadable() from None


def _is_binary(content: bytes) -> bool:
    """Whether a part without a file name holds a file all the same, as some clients send it."""
    return b"\0" in content[:64] or content[:1] > b"\x7f"


def _typed(name: str, text: str) -> Any:
    """Text as the schema wants it; what does not read as that stays text, for the schema to refuse."""
    if name in FLAGS:
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    if name in NUMBERS:
        try:
            value = float(text)
        except ValueError:
            return text
        return value if math.isfinite(value) else text
    return text


def _unreadable() -> Exception:
    return refuse(400, "Invalid multipart request")
