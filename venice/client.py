"""The client: the only place from which Venice is called."""

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from functools import cache
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlencode

from venice.access import DEFAULT_BASE_URL, Environment, clean_api_key, clean_base_url
from venice.account import Balance, RateLimits, UsageEntry, parse_balance, parse_usage, usage_query
from venice.bodies import InMemory, plain, whole
from venice.catalog import Model, bundled_models, parse_models, parse_styles
from venice.deadlines import Clock, Deadlines
from venice.errors import (
    BadResponse,
    CatalogError,
    InvalidRequest,
    Misconfigured,
    Unanswered,
    bounded,
    error_from_reply,
)
from venice.images import ImageBytes
from venice.operations import Operation
from venice.pieces import Pieces, Progress
from venice.reply import Reply
from venice.results import MAX_BODY, Result, Timing, read_result, result_from
from venice.route import Route
from venice.text import decode_json, keep_secret, masked

if TYPE_CHECKING:
    from venice.transport import Request, Transport, Writable

__all__ = ["Client", "Deadlines", "ImageBytes", "Reply", "Result", "Timing", "read_result"]

T = TypeVar("T")

logger = logging.getLogger(__name__)

USER_AGENT = "venice-gallery"
MAX_FREE_BODY = 32 * 1024 * 1024
#: Lists and probes come at once or not at all.
_FREE_FIRST_BYTE, _FREE_TOTAL = 30.0, 60.0
_MAX_EMPTY_PAGES = 20


class Client:
    """Calls Venice, from any number of threads. Nothing is ever sent twice; each call costs what it costs.

    Key and address come from VENICE_API_KEY and VENICE_BASE_URL when they are left out. Without a key there, what
    needs one is Misconfigured before anything is sent; a key that is given as None is none, and Venice has its say.
    Misconfigured for a key or an address that cannot be one. Use as a context manager, or `close` it.
    `models` is the catalogue against which `run` checks; by default the one that comes with this package.
    `proxy` and `ca_bundle` are read as `Route.to` says: left out, they come from the environment.
    """

    def __init__(
        self,
        api_key: str | Environment | None = Environment.KEY,
        base_url: str | Environment = Environment.BASE_URL,
        *,
        deadlines: Deadlines | None = None,
        max_bytes: int = MAX_BODY,
        models: Sequence[Model] | None = None,
        proxy: str | None = None,
        ca_bundle: str | None = None,
    ) -> None:
        if isinstance(base_url, Environment):
            base_url = os.environ.get(base_url.value, "").strip() or DEFAULT_BASE_URL
        self.base_url = clean_base_url(base_url)
        self.route = Route.to(self.base_url, proxy=proxy, ca_bundle=ca_bundle)
        self.deadlines = deadlines or Deadlines()
        self.max_bytes = max_bytes
        self._models = None if models is None else {model.id: model for model in models}
        self._lacks_key = isinstance(api_key, Environment) and not os.environ.get(api_key.value, "").strip()
        if isinstance(api_key, Environment):
            api_key = os.environ.get(api_key.value, "").strip()
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
        sink: "Writable",
        *,
        on_sent: Callable[[], None] | None = None,
        on_headers: Callable[[], None] | None = None,
        timeout: float | None = None,
    ) -> Reply:
        """Send a paid request once and write the answer to `sink`, as `read_result` reads it.

        The head is flushed before the body follows; the body is written as it arrives. `on_sent` is called
        when the request has left, `on_headers` when the head is written; an error in either is logged and
        not raised, for it must not cost the answer. A whole answer is returned whatever its status. Raises
        NotSent, Unanswered (also when `sink` cannot be written) or, for a redirect, Misconfigured.
        `timeout` is how many seconds this call may take, in place of the client's deadlines.
        """
        self.require_key()
        deadlines = self.deadlines if timeout is None else self.deadlines.within(timeout)
        body = json.dumps(operation.payload(), ensure_ascii=False, allow_nan=False).encode()
        request = self._request("POST", operation.path, body)
        extra = deadlines.enhance_extra if getattr(operation, "enhance_prompt", None) else 0
        clock = Clock(deadlines, on_sent=_harmless(on_sent), extra=extra)
        return self._open().exchange(
            request,
            sink,
            clock,
            connect=deadlines.connect,
            max_bytes=self.max_bytes,
            on_headers=_harmless(on_headers),
        )

    def run(
        self,
        operation: Operation,
        *,
        timeout: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Result:
        """Send a paid request and read its answer, all in memory. Raises any VeniceError.

        `timeout` as for `send`. `on_progress` is called as the call goes on, in this thread; its errors are logged.

        What came and could not be read is not lost: BadResponse and Unanswered have it as `body`, the latter
        also the `images` that are complete; a result of which some could not be read has it as `body` too.

        InvalidRequest, before anything is sent, for what the model is known to refuse. What is known may be
        old: an operation with `strict=False`, or with a model that is not in the catalogue, is sent as it is.
        """
        if operation.strict:
            self._check(operation)
        pieces = Pieces(on_progress)
        try:
            reply = self.send(operation, pieces, on_sent=pieces.sent, timeout=timeout)
            result = result_from(reply, InMemory(pieces.body))
        except OSError as error:
            unread = BadResponse(f"there is no room to unpack the answer ({error.strerror})")
            unread.body = self._credentials.struck_out(b"".join(pieces.body))
            raise unread from None
        except (BadResponse, Unanswered) as error:
            error.body = self._credentials.struck_out(b"".join(pieces.body))
            if isinstance(error, Unanswered):
                error.images = pieces.complete_images()
            raise
        return replace(result, body=self._credentials.struck_out(result.body)) if result.body else result

    def require_key(self) -> None:
        """Misconfigured when there is none to be found in the environment: what needs one could not be sent."""
        if self._lacks_key:
            error = Misconfigured("VENICE_API_KEY is not set, and nothing was sent")
            error.advice = "Set it to your key of Venice."
            raise error

    def _check(self, operation: Operation) -> None:
        models = _bundled() if self._models is None else self._models
        model = models.get(operation.model)
        if model and (problems := operation.problems(model)):
            text = "; ".join(f"{field}: {message}" for field, message in problems.items())
            raise InvalidRequest(text, field_errors=problems)

    def models(self, type: str = "image") -> list[Model]:
        """The catalogue as it is now. Free, and needs no key."""
        return self._get("/models", parse_models, type=type)

    def styles(self) -> list[str]:
        """The names of the style presets. Free, and needs no key."""
        return self._get("/image/styles", parse_styles)

    def traits(self, type: str = "image") -> dict[str, str]:
        """Trait -> the id of the model that has it now. Free, and needs no key."""
        return self._get("/models/traits", _names, type=type)

    def compatibility_mapping(self, type: str = "image") -> dict[str, str]:
        """A model id of another vendor -> the id of the model that Venice uses for it."""
        return self._get("/models/compatibility_mapping", _names, type=type)

    def rate_limits(self) -> RateLimits:
        """Balances, limits and `accessPermitted` of the key. Free: the probe of whether the key works."""
        self.require_key()
        return RateLimits(self._get("/api_keys/rate_limits", _data))

    def balance(self) -> Balance:
        """What the account can pay with. Free, but needs a key of the kind ADMIN."""
        self.require_key()
        return self._get("/billing/balance", parse_balance)

    def usage_history(
        self,
        currency: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        page_size: int | None = None,
    ) -> Iterator[UsageEntry]:
        """What was paid for, oldest first, from `start` to before `end`: aware times.

        Pages are fetched as they are needed, so any VeniceError may come while iterating. Free, but needs a
        key of the kind ADMIN. InvalidRequest at once for what Venice would refuse.
        """
        self.require_key()
        return self._usage_pages(usage_query(currency, start, end, page_size))

    def _usage_pages(self, query: dict[str, str]) -> Iterator[UsageEntry]:
        seen: set[str] = set()
        empty = 0
        while True:
            entries, cursor = self._get("/billing/usage-history", parse_usage, **query)
            yield from entries
            if not cursor:
                return
            empty = 0 if entries else empty + 1
            if cursor in seen or empty == _MAX_EMPTY_PAGES:
                raise CatalogError("the pages of the usage do not end")
            seen.add(cursor)
            # The cursor carries the filters of the first page; Venice refuses them beside it.
            query = {"cursor": cursor}

    def _get(self, path: str, read: Callable[[Any], T], **query: str) -> T:
        """What `read` makes of the JSON of a free answer. Nothing was charged, whatever goes wrong."""
        try:
            tail = f"?{urlencode(query)}" if query else ""
        except (UnicodeEncodeError, TypeError):
            raise InvalidRequest("the query is not valid text") from None
        try:
            reply, body = self._fetch(path + tail)
            if reply.status != 200:
                raise error_from_reply(reply, body)
            try:
                return read(decode_json(self._credentials.struck_out(body)))
            except BadResponse as error:
                error.status, error.headers = reply.status, bounded(reply.headers)
                raise
            except ValueError:
                raise CatalogError(
                    "the answer is not JSON", status=reply.status, headers=reply.headers
                ) from None
        except (Unanswered, BadResponse) as error:
            error.charge_unknown, error.advice = False, "Try again later."
            raise

    def _fetch(self, path: str) -> tuple[Reply, bytes]:
        limits = self.deadlines
        limits = replace(
            limits, first_byte=min(limits.first_byte, _FREE_FIRST_BYTE), total=min(limits.total, _FREE_TOTAL)
        )
        pieces = Pieces()
        reply = self._open().exchange(
            self._request("GET", path),
            pieces,
            Clock(limits),
            connect=limits.connect,
            max_bytes=MAX_FREE_BODY,
        )
        encoding = reply.headers.get("content-encoding", "")
        with closing(plain(InMemory(pieces.body), encoding, MAX_FREE_BODY)) as body:
            return reply, whole(body, MAX_FREE_BODY)

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

                self._transport = Transport(self.route)
            return self._transport


class _Credentials:
    """Keeps the key out of every repr, even out of that of an object's attributes."""

    __slots__ = ("_key",)

    def __init__(self, key: str | None) -> None:
        self._key = key
        if key:
            keep_secret(key)

    def __repr__(self) -> str:
        return "<a key>" if self._key else "<no key>"

    def struck_out(self, body: bytes) -> bytes:
        """`body` without the key: a gateway may send back what it was sent."""
        return b"".join(masked([body], self._key)) if self._key and self._key.encode() in body else body

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}"} if self._key else {}


def _data(body: Any) -> dict[str, Any]:
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise BadResponse("the answer holds no data")
    return data


def _names(body: Any) -> dict[str, str]:
    return {name: model for name, model in _data(body).items() if isinstance(model, str)}


@cache
def _bundled() -> dict[str, Model]:
    return {model.id: model for model in bundled_models()}


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
