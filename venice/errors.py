"""What can go wrong with a call, classed by the reaction that a caller owes."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from venice.complaint import Complaint, read_complaint
from venice.reply import Reply, is_wanted
from venice.text import clean_line

if TYPE_CHECKING:
    from venice.images import ImageBytes, Unreadable

MESSAGE_LIMIT = 500
HEADERS_LIMIT = 100
HEADER_VALUE_LIMIT = 2000


class Reach(StrEnum):
    """How much waits after an error. The code is a key; `label`, for people, reads before "waits"."""

    label: str

    GENERATION = "generation", "this request"
    MODEL = "model", "every request to this model"
    EVERYTHING = "everything", "every request"
    KEY = "key", "every request of this key"
    BALANCE = "balance", "every request that costs credits"

    def __new__(cls, code: str, label: str) -> Self:
        """The code as a text, with its label."""
        hold = str.__new__(cls, code)
        hold._value_, hold.label = code, label
        return hold


class VeniceError(Exception):
    """Any failure of a call. `message` holds Venice's words (or ours), `advice` says what to do about it.

    `status` and `headers` are those of the answer, when there was one; `retry_at` is the moment before which
    a repetition is pointless, when known; `field_errors` maps request fields to what is wrong with them.
    """

    advice: str = "Try again later."
    #: What else is affected: KEY and BALANCE stop every call with this key until a person acts.
    gate: Reach | None = None
    #: Whether the call may have cost money although no usable answer came.
    charge_unknown: bool = False

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        field_errors: Mapping[str, str] | None = None,
        retry_at: datetime | None = None,
        code: str = "",
    ) -> None:
        self.message = clean_line(message, MESSAGE_LIMIT)
        super().__init__(self.message)
        self.status = status
        self.headers = bounded(headers or {})
        self.field_errors = dict(field_errors or {})
        self.retry_at = retry_at
        self.code = clean_line(code, 100)
        self._body_request_id = ""

    @property
    def cf_ray(self) -> str:
        """The id that Venice's support asks for; empty when the answer had none."""
        return self.headers.get("cf-ray", "")

    @property
    def request_id(self) -> str:
        """Venice's name for the request: that of the header, else that of the body."""
        return self.headers.get("x-request-id", "") or self._body_request_id

    def __str__(self) -> str:
        where = f"HTTP {self.status}: " if self.status else ""
        return f"{where}{self.message}" if self.message else where.rstrip(": ") or type(self).__name__

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.message,), self.__dict__)


def bounded(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers as an error keeps them: the first few and those that are read, short, by name in lower case."""
    named = {clean_line(name, 100).lower(): value for name, value in headers.items()}
    kept = [name for number, name in enumerate(named) if number < HEADERS_LIMIT or is_wanted(name)]
    return {name: clean_line(named[name], HEADER_VALUE_LIMIT) for name in kept}


class NotSent(VeniceError):
    """Not one byte of the request has left: DNS, refused, connect timeout, TLS. Free to repeat."""

    advice = "Check the network connection; the request was not sent and cost nothing."


class InvalidRequest(NotSent, ValueError):
    """Refused here, unsent: it cannot be sent, or Venice is known to refuse it, for this model or for any."""

    advice = "Check the marked fields."


class Refused(VeniceError):
    """Venice said no before it made an image; nothing was charged and the same request gets the same no."""

    advice = "Check the request."


class BadRequest(Refused):
    """400, 413, 415, 422 and their like; an image at a URL that Venice could not fetch."""

    advice = "Check field names, types and what the model allows."


class Moderated(Refused):
    """422, or 400 in such words: the prompt or an image is against the content policy. Nothing was made.

    `suggested_prompt` is one that would pass, where Venice names one. Making an image from text is not
    refused like this: its answer is marked instead, see `Result.is_content_violation`.
    """

    advice = "Change the prompt: the content policy refuses it."
    suggested_prompt: str = ""


class AuthenticationFailed(Refused):
    """The key is wrong, expired or revoked: 401; or there was none: a 402 that offers x402 payment."""

    advice = "Check your API key and what it may use."
    gate = Reach.KEY


class InsufficientBalance(Refused):
    """402: no credits (also where Venice then offers x402 payment), or the key's own spend limit is reached."""

    advice = "Add credits at venice.ai/settings/api, or raise the key's spend limit."
    gate = Reach.BALANCE


class Forbidden(Refused):
    """403, or a 401 that concerns the model only.

    `gate` is KEY when Venice itself refuses the account as a whole: a firewall in front knows nothing of accounts.
    """

    advice = "Check your API key and model access, or choose another model."


class ModelGone(Refused):
    """404 and 410: the model is unknown or retired."""

    advice = "Choose another model; this one is no longer offered."


class Busy(VeniceError):
    """Venice did not begin; the same request may succeed after `retry_at`."""

    advice = "Wait; the request is tried again."


class RateLimited(Busy):
    """429: too many requests of this key for this model."""


class Overloaded(Busy):
    """429 or 503: the model has no free capacity, or is offline for now."""

    advice = "The model is busy; try again after a short delay or choose another one."


class BlockedForAWhile(Busy):
    """The error budget is used up: every call of this key is refused until `retry_at`."""

    advice = "Too many requests failed; nothing is sent for half a minute."


class ServerFailed(VeniceError):
    """500 in Venice's own words: the image was not made."""

    advice = "Try again."


class Unanswered(VeniceError):
    """The outcome is unknown: the request has left, and no whole answer came. It may have been charged."""

    advice = "The image may have been charged. Try again if you accept that it may be paid twice."
    charge_unknown = True
    #: What came of the answer, from `Client.run`; empty when nothing did. Without our key, whoever sent it back.
    body: bytes = b""
    #: The images that are complete in it.
    images: "tuple[ImageBytes, ...]" = ()


class BadResponse(VeniceError):
    """A whole answer that is of no use: empty, HTML, undecodable, without images."""

    advice = "The answer could not be read and may have been charged. Try again or choose another model."
    charge_unknown = True
    #: The answer as it came: it may be all that there is of what was paid. From `Client.run` without our key.
    body: bytes = b""
    #: Why each of its images is none, when it has a list of them.
    unreadable: "tuple[Unreadable, ...]" = ()


class CatalogError(BadResponse):
    """A list of models or styles, or an entry of it, that cannot be read."""

    advice = "Keep the last good catalogue and try again later."
    charge_unknown = False


class Misconfigured(VeniceError):
    """The client's own set-up is wrong: a redirect instead of an answer, a bad address, a bad key text."""

    advice = "Check VENICE_BASE_URL and VENICE_API_KEY."


_BLOCKED = re.compile(r"too many failed attempts", re.IGNORECASE)
_OVERLOADED = re.compile(r"overloaded|at capacity|temporarily offline", re.IGNORECASE)
_PRO_ONLY = re.compile(r"only available to pro", re.IGNORECASE)
_ABOUT_THE_MODEL = re.compile(r"model|region|country|privacy|anonymi[sz]ed", re.IGNORECASE)
_POLICY = re.compile(r"content[ _-]?(?:policy|policies|violation)|violat(?:es|ing|ed|ion)\b", re.IGNORECASE)
_NO_CREDENTIALS = re.compile(r"authentication required", re.IGNORECASE)
_ADMIN_ONLY = re.compile(r"admin api key required", re.IGNORECASE)
#: An image at a URL that could not be had is answered like a model that is not there.
_NOT_FETCHED = re.compile(
    r"\b(?:fetch|download|retriev|access|load)\w*\b.{0,60}\b(?:media|image|url|file)", re.IGNORECASE
)
#: Venice blocks a key for 30 s; waiting a little longer keeps a slightly fast clock out of trouble.
_BLOCK_SECONDS = 35
_DEFAULT_WAIT = 30


def error_from_reply(reply: Reply, body: bytes) -> VeniceError:
    """The error that a whole answer means, for every status and every kind of body. Never raises."""
    complaint = read_complaint(body)
    kind = _kind(reply, complaint)
    text = complaint.text or _plain(reply.status)
    if kind is InsufficientBalance and complaint.offers_payment:
        # Its own words are for who came without a key.
        text = f"no credits are left: Venice asks to be paid for each call ({text})"
    error = kind(
        text,
        status=reply.status,
        headers=reply.headers,
        field_errors=dict(complaint.fields),
        retry_at=_retry_at(kind, reply),
        code=complaint.code,
    )
    error._body_request_id = complaint.request_id
    if isinstance(error, Moderated):
        error.suggested_prompt = complaint.suggested_prompt
    if kind is Forbidden and not complaint.is_venice:
        error.advice = "Something in front of Venice refused this request. Change it, or try again later."
    elif kind is Forbidden and reply.status == 403 and not _ABOUT_THE_MODEL.search(complaint.text):
        error.gate = Reach.KEY
    if reply.status in (405, 415):
        error.advice = "This looks like a bug of the client; please report it."
    elif reply.status == 413:
        error.advice = "Send fewer or smaller images."
    elif kind is AuthenticationFailed and _ADMIN_ONLY.search(complaint.text):
        # The key is good for everything else: nothing need be stopped.
        error.gate, error.advice = None, "This needs a key of the kind ADMIN."
    return error


def _kind(reply: Reply, complaint: Complaint) -> type[VeniceError]:
    status = reply.status
    if status >= 400 and _BLOCKED.search(complaint.text):
        return BlockedForAWhile
    if status < 300:
        return BadResponse
    if status < 400:
        return Misconfigured
    if status < 500:
        return _refusal(reply, complaint)
    # Only the API itself can say that nothing was made; a gateway in front of it cannot know.
    if complaint.is_venice and status in (500, 503):
        return ServerFailed if status == 500 else Overloaded
    return Unanswered


def _refusal(reply: Reply, complaint: Complaint) -> type[VeniceError]:
    match reply.status:
        case 401:
            return Forbidden if _PRO_ONLY.search(complaint.text) else AuthenticationFailed
        case 402:
            return AuthenticationFailed if _came_without_key(reply, complaint) else InsufficientBalance
        case 403 | 451:
            return Forbidden
        case 404 if _NOT_FETCHED.search(complaint.text):
            return BadRequest
        case 404 | 410:
            return ModelGone
        case 400 | 422 if _is_moderation(complaint):
            return Moderated
        case 408:
            return Unanswered
        case 429:
            return Overloaded if _OVERLOADED.search(complaint.text) else RateLimited
        case _:
            return BadRequest


def _came_without_key(reply: Reply, complaint: Complaint) -> bool:
    """Whether a 402 is about the key: a wrong one is always 401, so it is the answer to none at all."""
    if reply.with_key is not None:
        return complaint.offers_payment and not reply.with_key
    return complaint.offers_payment and bool(_NO_CREDENTIALS.search(complaint.text))


def _is_moderation(complaint: Complaint) -> bool:
    # What names a field is about its form, not about what it says.
    if complaint.suggested_prompt:
        return True
    return not complaint.fields and bool(_POLICY.search(f"{complaint.text} {complaint.code}"))


def _retry_at(kind: type[VeniceError], reply: Reply) -> datetime | None:
    if not issubclass(kind, Busy):
        return None
    candidates = [reply.moment("retry-after")]
    if kind is BlockedForAWhile:
        candidates.append(reply.headers_at + timedelta(seconds=_BLOCK_SECONDS))
    elif kind is RateLimited:
        candidates.append(reply.moment("x-ratelimit-reset-requests"))
        if "x-ratelimit-resets" in reply.headers:
            candidates.append(reply.headers_at + timedelta(seconds=_DEFAULT_WAIT))
    moments = [moment for moment in candidates if moment]
    return max(moments) if moments else reply.headers_at + timedelta(seconds=_DEFAULT_WAIT)


def _plain(status: int) -> str:
    return "Venice redirected the request" if 300 <= status < 400 else "an answer without an explanation"
