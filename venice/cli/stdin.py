"""What the command line reads from stdin, where `-` stands for it: a prompt or an image, once."""

import sys

from venice.errors import InvalidRequest
from venice.operations import MAX_PROMPT
from venice.sources import MAX_FILE, ImageSource

STDIN = "-"


def prompt_text(text: str) -> str:
    """The prompt, or that from stdin without the line feed at its end. InvalidRequest for what is no UTF-8."""
    if text != STDIN:
        return text
    # Four bytes a character; one more shows that it is too long, which the request's own checks say.
    raw = _stdin("prompt", 4 * MAX_PROMPT + 4)
    try:
        return raw.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise _wrong("prompt", "the text from stdin is not UTF-8.") from None


def negative_text(text: str | None) -> str | None:
    """The negative prompt as it stands. InvalidRequest for `-`, which would be paid for as a word."""
    if text == STDIN:
        raise _wrong("negative_prompt", "only the prompt is read from stdin; write these words out.")
    return text


def image_source(text: str, *others: str) -> ImageSource:
    """The image, or that from stdin. InvalidRequest when one of `others` has been read from there."""
    if text != STDIN:
        return text
    if STDIN in others:
        raise _wrong("image", "- stands for stdin, which can be read once only.")
    return _stdin("image", MAX_FILE + 1)


def _stdin(field: str, limit: int) -> bytes:
    if sys.stdin is None:
        raise _wrong(field, "- stands for stdin, which is closed.")
    data: bytes = sys.stdin.buffer.read(limit)
    if not data:
        raise _wrong(field, "- stands for stdin, which is empty.")
    return data


def _wrong(field: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, field_errors={field: message})
