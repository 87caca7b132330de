"""What can be saved of an answer that stopped midway: paid for, and kept nowhere else."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from venice.bodies import Body, plain
from venice.errors import VeniceError
from venice.images import ImageBytes
from venice.reply import Reply
from venice.results import MAX_BODY, laid_out, open_answer, open_stored


@dataclass(frozen=True, slots=True)
class Salvage:
    """The head of a torn answer, whether its body is whole after all, and the images that are complete.

    The images are made as they are asked for, while the file is open.
    """

    reply: Reply
    is_whole: bool
    images: Iterator[ImageBytes]


def read_reply(file: BinaryIO) -> Reply | None:
    """The head of a spooled answer; None when it has none that can be read."""
    try:
        return open_stored(file)[0]
    except VeniceError:
        return None


@contextmanager
def salvage(file: BinaryIO) -> Iterator[Salvage | None]:
    """Read a spooled answer whose writer was stopped; None when not even its head is there.

    It is whole when Content-Length was reached, or when it can be read as a result although there was none.
    """
    try:
        reply, raw = open_stored(file)
    except VeniceError:
        yield None
        return
    length = reply.content_length
    is_whole = _has_images(reply, raw) if length is None else raw.size >= length
    with closing(plain(raw, reply.headers.get("content-encoding", ""), MAX_BODY)) as body:
        yield Salvage(reply, is_whole, _complete(reply, body))


def _has_images(reply: Reply, raw: Body) -> bool:
    try:
        with open_answer(reply, raw) as answer:
            return any(isinstance(entry, ImageBytes) for entry in answer.entries())
    except VeniceError:
        return False


def _complete(reply: Reply, body: Body) -> Iterator[ImageBytes]:
    """The images of a JSON body as far as it goes."""
    if answer := laid_out(reply, body, torn=True):
        yield from (entry for entry in answer.entries() if isinstance(entry, ImageBytes))
