"""What the emulator sends: a reply, and the refusals in the shapes that Venice uses."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A status, headers and a body. The last three fields say how badly the body travels."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    #: Seconds over which the body is spread in small pieces.
    drip_s: float = 0
    #: Announce the whole length, send half of it and close.
    cut: bool = False
    #: Reset the connection instead of answering.
    reset: bool = False

    @classmethod
    def json(cls, value: Any, status: int = 200, **headers: str) -> Self:
        """Header names are given with underscores: `retry_after` is sent as `retry-after`."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status=status, body=json.dumps(value, separators=(",", ":")).encode(), headers=named)

    def with_headers(self, headers: dict[str, str]) -> Self:
        """The reply with these headers below its own."""
        return replace(self, headers={**headers, **self.headers})


class Refusal(Exception):
    """The request ends here, with this reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refuse(status: int, text: str, **headers: str) -> Refusal:
    """Venice's ordinary error: `{"error": text}`."""
    return Refusal(Reply.json({"error": text}, status, **headers))


@dataclass(frozen=True, slots=True)
class Issue:
    """One complaint of the schema. An empty name means the body as a whole."""

    name: str
    message: str
    code: str = "custom"
    more: dict[str, Any] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        path = [self.name] if self.name else []
        return {"code": self.code, **self.more, "path": path, "message": self.message}


def refuse_parameters(issues: Sequence[Issue]) -> Refusal:
    """The detailed 400: a tree of messages by field, and the same as a list of issues."""
    details: dict[str, Any] = {"_errors": [issue.message for issue in issues if not issue.name]}
    for issue in issues:
        if issue.name:
            details.setdefault(issue.name, {"_errors": []})["_errors"].append(issue.message)
    body = {
        "error": "Invalid request parameters",
        "details": details,
        "issues": [issue.described() for issue in issues],
    }
    return Refusal(Reply.json(body, 400))
