"""The client: the only place from which Venice is called."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self
from urllib.parse import urlencode

from venice.access import DEFAULT_BASE_URL, clean_api_key, clean_base_url
from venice.catalog import Model, parse_models, parse_styles
from venice.deadlines import Clock, Deadlines
from venice.errors import BadResponse, CatalogError, Unanswered, error_from_reply
from venice.operations import Operation
from venice.reply import Reply
from venice.results import MAX_BODY, ImageBytes, Result, Timing, read_result, result_from
from venice.text import decode_json

if TYPE_CHECKING:
    from venice.transport import Request, Transport

__all__ = ["Client", "Deadlines", "ImageBytes", "Reply", "Result", "Timing", "read_result"]

logger = logging.getLogger(__name__)

USER_AGENT = "venice-gallery"
MAX_FREE_BODY = 32 * 1024 * 1024
#: Lists and probes come at once or not at all.
_FREE_FIRST_BYTE, _FREE_TOTAL = 30.0, 60.0


class Client:
    """Calls Venice, from any number of threads. Nothing is ever sent twice; each call costs what it costs.

    Misconfigured for a key or an address that cannot be one. Use as a context manager, or `close` it.
    """

    def __init__(
        self,
        api_key: str | None,
        base_url: str = DEFAULT_BASE_URL,
        *,
        deadlines: Deadlines | None = None,
        max_bytes: int = MAX_BODY,
    ) -> None:
        self.base_url = clean_base_url(base_url)
        self.deadlines = deadlines or Deadlines()
        self.max_bytes = max_bytes
        self._credentials = _Credentials(clean_api_key(api_key) if api_key else None)
        self._transport: Transport | None = None
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"Client({self.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the sockets back. The client may be used again."""
        with self._lock:
            transport, self._transport = self._transport, None
        if transport:
            transport.close()

    def send(
        self,
        operation: Operation,
        sink: BinaryIO,
        *,
        on_sent: Callable[[], None] | None = None,
        on_headers: Callable[[], None] | None = None,
    ) -> Reply:
        """Send a paid request once and write the answer to `sink`, as `read_result` reads it.

        The head is flushed before the body follows; the body is written as it arrives. `on_sent` is called
        when the request has left, `on_headers` when the head is written; an error in either is logged and
        not raised, for it must not cost the answer. A whole answer is returned whatever its status. Raises
        NotSent, Unanswered (also when `sink` cannot be written) or, for a redirect, Misconfigured.
        """
        body = json.dumps(operation.payload(), ensure_ascii=False, allow_nan=False).encode()
        request = self._request("POST", operation.path, body)
        extra = self.deadlines.enhance_extra if getattr(operation, "enhance_prompt", None) else 0
        clock = Clock(self.deadlines, on_sent=_harmless(on_sent), extra=extra)
        return self._open().exchange(
            request,
            sink,
            clock,
            connect=self.deadlines.connect,
            max_bytes=self.max_bytes,
            on_headers=_harmless(on_headers),
        )

    def run(self, operation: Operation) -> Result:
        """Send a paid request and read its answer, all in memory. Raises any VeniceError."""
        buffer = BytesIO()
        reply = self.send(operation, buffer)
        buffer.seek(0)
        buffer.readline()
        return result_from(reply, buffer.read())

    def models(self, type: str = "image") -> list[Model]:
        """The catalogue as it is now. Free, and needs no key."""
        return parse_models(self._get("/models", type=type))

    def styles(self) -> list[str]:
        """The names of the style presets. Free, and needs no key."""
        return parse_styles(self._get("/image/styles"))

    def traits(self, type: str = "image") -> dict[str, str]:
        """Trait -> the id of the model that has it now."""
        found = _data(self._get("/models/traits", type=type))
        return {trait: model for trait, model in found.items() if isinstance(model, str)}

    def rate_limits(self) -> dict[str, Any]:
        """Balances, limits and `accessPermitted` of the key. Free: the probe of whether the key works."""
        return _data(self._get("/api_keys/rate_limits"))

    def _get(self, path: str, **query: str) -> Any:
        limits = self.deadlines
        limits = replace(
            limits, first_byte=min(limits.first_byte, _FREE_FIRST_BYTE), total=min(limits.total, _FREE_TOTAL)
        )
        buffer = BytesIO()
        request = self._request("GET", path + (f"?{urlencode(query)}" if query else ""))
        try:
            reply = self._open().exchange(
                request, buffer, Clock(limits), connect=limits.connect, max_bytes=MAX_FREE_BODY
            )
        except Unanswered as error:
            error.charge_unknown, error.advice = False, "Try again later."
            raise
        buffer.seek(0)
        buffer.readline()
        body = buffer.read()
        if reply.status != 200:
            raise error_from_reply(reply, body)
        try:
            return decode_json(body)
        except ValueError:
            raise CatalogError("the answer is not JSON", status=200, headers=reply.headers) from None

    def _request(self, method: str, path: str, body: bytes | None = None) -> "Request":
        from venice.transport import Request

        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
        headers["User-Agent"] = USER_AGENT
        if body is not None:
            headers["Content-Type"] = "application/json"
        return Request(method, self.base_url + path, headers | self._credentials.headers(), body)

    def _open(self) -> "Transport":
        with self._lock:
            if self._transport is None:
                # Not at the top: requests takes an eighth of a second that most commands do not need.
                from venice.transport import Transport

                self._transport = Transport()
            return self._transport


class _Credentials:
    """Keeps the key out of every repr, even out of that of an object's attributes."""

    __slots__ = ("_key",)

    def __init__(self, key: str | None) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "<a key>" if self._key else "<no key>"

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}"} if self._key else {}


def _data(body: Any) -> dict[str, Any]:
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise BadResponse("the answer holds no data")
    return data


def _harmless(callback: Callable[[], None] | None) -> Callable[[], None] | None:
    """The callback without its errors."""
    if callback is None:
        return None

    def call() -> None:
        try:
            callback()
        except Exception:
            logger.exception("A callback failed while an answer was on its way")

    return call
