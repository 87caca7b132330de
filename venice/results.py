"""From the bytes of an answer to images: everything in it is untrusted until it has been looked at."""

import io
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from venice.bodies import Body, Stored, plain, whole
from venice.dimensions import sniff
from venice.errors import BadResponse, Unanswered, error_from_reply
from venice.images import MAX_IMAGE, ImageBytes, Unreadable, image_at, image_from_bytes, image_of, text_at
from venice.layout import MAX_IMAGES, read_layout
from venice.reply import MAX_HEAD_LINE, Deprecation, RateLimit, Reply, read_head_line
from venice.scanner import Span
from venice.shortfall import BEGINNING, beginning, unread
from venice.text import clean_line, decode_json

logger = logging.getLogger(__name__)

MAX_BODY = 256 * 1024 * 1024
MAX_ERROR_BODY = 4 * 1024 * 1024
#: Up to here the standard library reads an answer: the tree of a hostile one takes 27 times as much.
SMALL_BODY = 1024 * 1024
_MAX_MS = 86_400_000
_ID_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Timing:
    """Where Venice's time went, in milliseconds; None for what Venice left out or what makes no sense."""

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

    def save(self, path: str | os.PathLike[str]) -> list[Path]:
        """Write every image, and say where. Several get `-1`, `-2` … before the suffix; no file is replaced.

        Without a suffix it is that of the format. OSError when one cannot be written.
        """
        path = Path(path)
        if len(self.images) == 1:
            return [self.images[0].save(path)]
        return [
            image.save(path.with_name(f"{path.stem}-{image.index + 1}{path.suffix}")) for image in self.images
        ]

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


@dataclass(slots=True, kw_only=True)
class Answer:
    """A whole answer of status 200 whose images are made one at a time, as they are asked for.

    `listed` counts all entries, those too that are not looked at. Close it when its images are read.
    """

    reply: Reply
    listed: int
    id: str = ""
    timing: Timing = Timing()
    _entries: Iterator[ImageBytes | Unreadable]
    _body: Body

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._body.close()

    def entries(self) -> Iterator[ImageBytes | Unreadable]:
        """Each entry once, in order: its image or why there is none; those beyond MAX_IMAGES as one."""
        yield from self._entries
        if self.listed > MAX_IMAGES:
            yield Unreadable(MAX_IMAGES, f"only the first {MAX_IMAGES} of {self.listed} are read")

    def nothing(self, unreadable: Sequence[Unreadable]) -> BadResponse | None:
        """The error that an answer without an image is; None for one that Venice has marked as a violation."""
        if self.reply.is_content_violation is True:
            return None
        error = _bad(self.reply, _none_of(unreadable, self.listed))
        error.unreadable = tuple(unreadable)
        return error


def open_stored(file: BinaryIO) -> tuple[Reply, Body]:
    """Head and body of an answer that `Client.send` wrote, from the position of a seekable file.

    BadResponse when the file does not begin with a head. The finishing time is the file's last change.
    """
    line = file.readline(MAX_HEAD_LINE)
    body = Stored(file, file.tell(), MAX_BODY + 1)
    try:
        return read_head_line(line, finished_at=_changed_at(file), size=body.size), body
    except ValueError as error:
        raise BadResponse("the stored answer has no readable head") from error


def open_result(file: BinaryIO) -> Answer:
    """An answer that `Client.send` wrote, to be read image by image in bounded memory.

    Raises what `error_from_reply` tells for any status but 200, and BadResponse for what is no image and no JSON.
    That none of its images can be read shows only when they are asked for.
    """
    return open_answer(*open_stored(file))


def read_result(file: BinaryIO) -> Result:
    """The images of an answer that `Client.send` wrote.

    Raises what `error_from_reply` tells for any status but 200, and BadResponse for an answer without an
    image; only one that Venice has marked as a content violation may be without. What may have been paid for
    is in the error's `body`, or in the result's when only some of the images could be read.
    """
    return result_from(*open_stored(file))


def result_from(reply: Reply, body: Body) -> Result:
    """Like `read_result`, for an answer that lies anywhere."""
    try:
        result = _result(reply, body)
    except (BadResponse, Unanswered) as error:
        error.body = whole(body, MAX_BODY)
        raise
    return replace(result, body=whole(body, MAX_BODY)) if result.bad_images else result


def _result(reply: Reply, body: Body) -> Result:
    with open_answer(reply, body) as answer:
        entries = list(answer.entries())
        images = tuple(entry for entry in entries if isinstance(entry, ImageBytes))
        unreadable = tuple(entry for entry in entries if isinstance(entry, Unreadable))
        if not images and (error := answer.nothing(unreadable)):
            raise error
    _warn_of_unknown_flags(reply)
    return Result(
        id=answer.id,
        images=images,
        timing=answer.timing,
        bad_images=answer.listed - len(images),
        reply=reply,
        unreadable=unreadable,
    )


def open_answer(reply: Reply, raw: Body) -> Answer:
    """Like `open_result`, for an answer that lies anywhere."""
    encoding = reply.headers.get("content-encoding", "")
    if reply.status != 200:
        with closing(plain(raw, encoding, MAX_ERROR_BODY)) as body:
            raise error_from_reply(reply, whole(body, MAX_ERROR_BODY))
    body = plain(raw, encoding, MAX_BODY)
    try:
        return _opened(reply, body)
    except BaseException:
        body.close()
        raise


def _opened(reply: Reply, body: Body) -> Answer:
    if sniff(whole(body, 16)):
        return Answer(reply=reply, listed=1, _entries=_alone(body), _body=body)
    answer = _built(reply, body) if body.size <= SMALL_BODY else laid_out(reply, body)
    if answer is None:
        raise _bad(reply, _unreadable_reason(body))
    return answer


def _unreadable_reason(body: Body) -> str:
    if not body.size:
        return "The answer is empty."
    start = beginning(whole(body, BEGINNING))
    return f"The answer is neither an image nor JSON{f': it begins with “{start}”' if start else ''}."


def _none_of(unreadable: Sequence[Unreadable], sent: int) -> str:
    if not sent:
        return "The answer has no images."
    reasons = unread({entry.index: entry.reason for entry in unreadable}, sent, sent)
    if sent == 1:
        return f"The image cannot be read: {reasons}."
    return f"None of {sent} images can be read: {reasons}."


def _alone(body: Body) -> Iterator[ImageBytes | Unreadable]:
    """A body that is the image itself."""
    # One byte more shows that it is larger than any.
    yield image_from_bytes(whole(body, MAX_IMAGE + 1))


def _built(reply: Reply, body: Body) -> Answer | None:
    """A small JSON body, built at once; None for what is none."""
    try:
        tree = decode_json(whole(body, SMALL_BODY), SMALL_BODY)
    except ValueError:
        return None
    tree = tree if isinstance(tree, dict) else {}
    images = _listed(tree)
    return Answer(
        reply=reply,
        listed=len(images),
        id=clean_line(tree.get("id"), _ID_LENGTH),
        timing=_timing(tree.get("timing")),
        _entries=(image_of(entry, index) for index, entry in enumerate(images[:MAX_IMAGES])),
        _body=body,
    )


def laid_out(reply: Reply, body: Body, *, torn: bool = False) -> Answer | None:
    """A JSON body of any size, looked through and not built; None for what is none, or with `torn` never."""
    layout = read_layout(body.pieces())
    if not layout.is_whole and not torn:
        return None
    listed = layout.listed
    return Answer(
        reply=reply,
        listed=listed.count,
        id=clean_line(text_at(body, layout.id, 3 * _ID_LENGTH + 1000), _ID_LENGTH) if layout.id else "",
        timing=_timing(layout.timing),
        _entries=_images(body, listed.entries),
        _body=body,
    )


def _images(body: Body, entries: list[Span | None]) -> Iterator[ImageBytes | Unreadable]:
    for index, span in enumerate(entries):
        if span is None:
            yield Unreadable(index, "not a text")
            continue
        yield image_at(body, span, index)


def _listed(tree: dict[str, Any]) -> list[Any]:
    """The images as they are listed: by Venice as texts, in OpenAI's way as objects with one."""
    images = tree.get("images")
    if isinstance(images, list):
        return images
    listed = tree.get("data")
    entries = listed if isinstance(listed, list) else []
    return [
        entry.get("b64_json") or entry.get("url") if isinstance(entry, dict) else None for entry in entries
    ]


def _timing(value: Any) -> Timing:
    times = value if isinstance(value, dict) else {}
    return Timing(
        queue_ms=_milliseconds(times.get("inferenceQueueTime")),
        preprocessing_ms=_milliseconds(times.get("inferencePreprocessingTime")),
        inference_ms=_milliseconds(times.get("inferenceDuration")),
        total_ms=_milliseconds(times.get("total")),
    )


def _milliseconds(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN and infinity fail the comparison.
    return round(value) if 0 <= value <= _MAX_MS else None


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
