"""Requests as they arrive: refused, 400, what two servers in a row might read differently; bodies bounded."""

import re
import time
from copy import copy
from typing import Any

from django.conf import settings
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import BadRequest, RequestEntityTooLarge, RequestHeaderFieldsTooLarge

from gallery.http import error_page

LINE_LIMIT, HEAD_LIMIT = 8_190, 65_536
# Seconds for a whole head; a body may take as much longer as it has bytes, at this pace in bytes a second.
PATIENCE, PACE = 30.0, 500.0

_LINE = re.compile(
    rb"[A-Z]+ (?:/[!-~\x80-\xff]*|https?://(?P<host>[\w.:\[\]-]+)(?:[/?][!-~\x80-\xff]*)?) HTTP/1\.[01]"
)
_FOLD = re.compile(rb"(?:\A|\r\n)[ \t]")
_CODING = re.compile(rb"(?:\A|\r\n)transfer-encoding:[ \t]*([^\r\n]*?)[ \t]*(?=\r\n|\Z)", re.IGNORECASE)
_LENGTH = re.compile(rb"(?:\A|\r\n)content-length:", re.IGNORECASE)


class Unreadable(BadRequest):
    """A refusal of what a person's browser may well send: a page in words, with a way back."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__("")
        self.code, self.reason = code, reason

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status, headers and body, as the server asks for them; nothing of the request is in them."""
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return f"{self.code} {self.reason}", headers, error_page(None, self.code).content


class Request(HTTPRequestParser):
    """A request while it arrives.

    A body that is too large is left where it is: Django answers from the head alone, with the site's own page.
    """

    headers: dict[str, str]
    error: BadRequest | None

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.began = time.time()
        self.is_cut = self.is_line_too_long = False

    def received(self, data: bytes) -> int:
        """Take `data`; return how many of its bytes are ours."""
        consumed = int(super().received(data))
        if isinstance(self.error, RequestEntityTooLarge):
            self._leave_body()
            consumed = len(data)
        if self.is_line_too_long:
            self.error = Unreadable(414, "URI Too Long")
        elif isinstance(self.error, RequestHeaderFieldsTooLarge):
            self.error = Unreadable(431, self.error.reason)
        if self.completed:
            # Nobody is told to go on with a body that nobody reads.
            self.expect_continue = False
        return consumed

    def _leave_body(self) -> None:
        self.is_cut, self.error = True, None
        self.close()
        self.body_rcv = None
        self.headers |= {
            "CONNECTION": "close",
            "CONTENT_LENGTH": str(max(self.content_length, self.body_bytes_received)),
        }

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head. Raises ParsingError, which becomes a 400."""
        line, _, fields = header_plus.partition(b"\r\n")
        target = _LINE.fullmatch(line)
        self.is_line_too_long = len(line) > LINE_LIMIT
        if self.is_line_too_long or not target:
            raise ParsingError("The request line is too long or invalid")
        _check_framing(line, fields)
        try:
            super().parse_header(header_plus)
        except ValueError:
            # A number of thousands of digits, brackets that hold no address.
            raise ParsingError("The head is invalid") from None
        if self._brings_pictures():
            self.adj: Any = copy(self.adj)
            self.adj.max_request_body_size = settings.UPLOADS_MAX_SIZE + 1
        if target["host"] and target["host"].decode().lower() != self.headers.get("HOST", "").lower():
            raise ParsingError("The request line and the Host disagree")

    def _brings_pictures(self) -> bool:
        """Whether it may be as large as pictures are: with the cookie of somebody who is signed in, true or not."""
        cookies = self.headers.get("COOKIE", "")
        return (
            self.command == "POST"
            and self.path in settings.UPLOADS_URLS
            and f"{settings.SESSION_COOKIE_NAME}=" in cookies
        )

    @property
    def is_large(self) -> bool:
        """Whether its body is, or will be, more than any form."""
        size = int(max(self.content_length, self.body_bytes_received))
        return bool(size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    def is_late(self, now: float) -> bool:
        """Whether it takes longer, by `now` (seconds), than anybody's who means well: PATIENCE, and PACE for a body."""
        return now - self.began > PATIENCE + float(self.body_bytes_received) / PACE


def _check_framing(line: bytes, fields: bytes) -> None:
    """Refuse a head after which the end of the body is a matter of opinion."""
    if _FOLD.search(fields):
        raise ParsingError("A header is folded")
    codings = [coding.lower() for coding in _CODING.findall(fields)]
    if not codings:
        return
    if codings != [b"chunked"] or line.endswith(b"1.0"):
        raise ParsingError("Transfer-Encoding is invalid")
    if _LENGTH.search(fields):
        raise ParsingError("Transfer-Encoding and Content-Length exclude each other")
