"""From the bytes of an answer to images: everything in it is untrusted until it has been looked at."""

import base64
import binascii
import io
import logging
import os
import re
import zlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from venice.dimensions import ImageFormat, sniff
from venice.errors import BadResponse, Unanswered, error_from_reply
from venice.reply import MAX_HEAD_LINE, Deprecation, RateLimit, Reply, read_head_line
from venice.shortfall import beginning, unread
from venice.text import clean_line, decode_json

logger = logging.getLogger(__name__)

MAX_BODY = 256 * 1024 * 1024
MAX_ERROR_BODY = 4 * 1024 * 1024
MAX_IMAGES = 64
#: What a packed body may always unpack to.
PLAIN_FLOOR = 32 * 1024 * 1024
_MAX_MS = 86_400_000
_DATA_URL = re.compile(r"data:[\w/+.-]*;base64,", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ImageBytes:
    """One image as Venice made it; the format is read from the bytes, whatever was asked for.

    `index` is its place in the answer, counting those that could not be read: only 0 follows the seed.
    """

    data: bytes
    format: ImageFormat
    index: int = 0

    def __repr__(self) -> str:
        return f"ImageBytes({self.format}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry of the list of images that gave none: its place in the answer, and why, in words for people."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Timing:
    """Where Venice's time went, in milliseconds; None for what was not told or makes no sense."""

    queue_ms: int | None = None
    preprocessing_ms: int | None = None
    inference_ms: int | None = None
    total_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An answered request. `bad_images` counts entries that were no image.

    `unreadable` says why for each; of those beyond MAX_IMAGES, which are not looked at, it names the first.
    """

    id: str
    images: tuple[ImageBytes, ...]
    timing: Timing
    bad_images: int
    reply: Reply
    unreadable: tuple[Unreadable, ...] = ()
    #: The whole answer as it came, when some of its images could not be read: they may have been paid for.
    body: bytes = field(default=b"", repr=False)

    @property
    def is_blurred(self) -> bool | None:
        return self.reply.is_blurred

    @property
    def is_content_violation(self) -> bool | None:
        return self.reply.is_content_violation

    @property
    def enhanced_prompt(self) -> str:
        return self.reply.enhanced_prompt

    @property
    def deprecation(self) -> Deprecation | None:
        return self.reply.deprecation

    @property
    def balance_usd(self) -> Decimal | None:
        return self.reply.balance_usd

    @property
    def rate_limit(self) -> RateLimit | None:
        return self.reply.rate_limit

    @property
    def cf_ray(self) -> str:
        return self.reply.cf_ray

    @property
    def request_id(self) -> str:
        return self.reply.request_id


def read_reply(file: BinaryIO) -> tuple[Reply, bytes]:
    """Head and body of an answer that `Client.send` wrote, from the file's current place.

    BadResponse when the file does not begin with a head. The finishing time is the file's last change.
    """
    line = file.readline(MAX_HEAD_LINE)
    body = file.read(MAX_BODY + 1)
    try:
        return read_head_line(line, finished_at=_changed_at(file), size=len(body)), body
    except ValueError as error:
        raise BadResponse("the stored answer has no readable head") from error


def read_result(file: BinaryIO) -> Result:
    """The images of an answer that `Client.send` wrote.

    Raises what `error_from_reply` tells for any status but 200, and BadResponse for an answer without an
    image; only one that Venice has marked as a content violation may be without. What may have been paid for
    is in the error's `body`, or in the result's when only some of the images could be read.
    """
    reply, raw = read_reply(file)
    return result_from(reply, raw)


def result_from(reply: Reply, raw: bytes) -> Result:
    """Like `read_result`, for an answer in memory."""
    try:
        result = _result(reply, raw)
    except (BadResponse, Unanswered) as error:
        error.body = raw
        raise
    return replace(result, body=raw) if result.bad_images else result


def _result(reply: Reply, raw: bytes) -> Result:
    if reply.status != 200:
        raise error_from_reply(reply, plain_body(reply, raw[:MAX_ERROR_BODY], MAX_ERROR_BODY))
    body = plain_body(reply, raw)
    if form := sniff(body):
        images: tuple[ImageBytes, ...] = (ImageBytes(body, form),)
        return Result(id="", images=images, timing=Timing(), bad_images=0, reply=reply)
    try:
        tree = decode_json(body)
    except ValueError:
        raise _bad(reply, _nothing_known(body)) from None
    tree = tree if isinstance(tree, dict) else {}
    found = _entries(tree)
    decoded = [_image(entry, index) for index, entry in enumerate(found[:MAX_IMAGES])]
    images = tuple(image for image in decoded if isinstance(image, ImageBytes))
    unreadable = [entry for entry in decoded if isinstance(entry, Unreadable)]
    if len(found) > MAX_IMAGES:
        unreadable.append(Unreadable(MAX_IMAGES, f"only the first {MAX_IMAGES} of {len(found)} are read"))
    if not images and reply.is_content_violation is not True:
        raise _bad(reply, _none_of(unreadable, len(found)))
    _warn_of_unknown_flags(reply)
    return Result(
        id=clean_line(tree.get("id"), 200),
        images=images,
        timing=_timing(tree.get("timing")),
        bad_images=len(found) - len(images),
        reply=reply,
        unreadable=tuple(unreadable),
    )


def _nothing_known(body: bytes) -> str:
    if not body:
        return "The answer is empty."
    start = beginning(body)
    return f"The answer is neither an image nor JSON{f': it begins with “{start}”' if start else ''}."


def _none_of(unreadable: list[Unreadable], sent: int) -> str:
    if not sent:
        return "The answer has no images."
    reasons = unread({entry.index: entry.reason for entry in unreadable}, sent)
    return (
        f"The image cannot be read: {reasons}."
        if sent == 1
        else f"None of {sent} images can be read: {reasons}."
    )


def _entries(tree: dict[str, Any]) -> list[Any]:
    """The images as they are listed: by Venice as texts, in OpenAI's way as objects with one."""
    found = tree.get("images")
    if isinstance(found, list):
        return found
    listed = tree.get("data")
    entries = listed if isinstance(listed, list) else []
    return [
        entry.get("b64_json") or entry.get("url") if isinstance(entry, dict) else None for entry in entries
    ]


def _image(entry: Any, index: int) -> ImageBytes | Unreadable:
    if not isinstance(entry, str):
        return Unreadable(index, "not a text")
    text = entry[match.end() :] if (match := _DATA_URL.match(entry)) else entry
    data = _decoded(text)
    # Broken lines are rare, and looking for them takes longer than decoding.
    if data is None:
        data = _decoded("".join(text.split()))
    if data is None:
        return Unreadable(index, "not base64")
    if not data:
        return Unreadable(index, "empty")
    form = sniff(data)
    return ImageBytes(data, form, index) if form else Unreadable(index, "neither PNG, JPEG nor WebP")


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _timing(found: Any) -> Timing:
    told = found if isinstance(found, dict) else {}
    return Timing(
        queue_ms=_milliseconds(told.get("inferenceQueueTime")),
        preprocessing_ms=_milliseconds(told.get("inferencePreprocessingTime")),
        inference_ms=_milliseconds(told.get("inferenceDuration")),
        total_ms=_milliseconds(told.get("total")),
    )


def _milliseconds(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN and infinity fail the comparison.
    return round(value) if 0 <= value <= _MAX_MS else None


def plain_body(reply: Reply, raw: bytes, limit: int = MAX_BODY) -> bytes:
    """The body without its content encoding, cut at `limit`. None is asked for, but a gateway may not care."""
    encoding = reply.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return raw
    # Base64 packs to three quarters, lists to a twentieth: what unpacks to far more is a bomb.
    limit = min(limit, max(PLAIN_FLOOR, 4 * len(raw)))
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        plain = unpacker.decompress(raw, limit)
    except zlib.error:
        return raw
    return plain


def _bad(reply: Reply, message: str) -> BadResponse:
    return BadResponse(message, status=reply.status, headers=reply.headers)


def _warn_of_unknown_flags(reply: Reply) -> None:
    for name in ("x-venice-is-blurred", "x-venice-is-content-violation"):
        value = reply.headers.get(name)
        if value is not None and value.strip().lower() not in ("true", "false"):
            logger.warning("Unknown value of %s: %r", name, value[:40])


def _changed_at(file: BinaryIO) -> datetime | None:
    try:
        return datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
    except (OSError, io.UnsupportedOperation, AttributeError):
        return None
