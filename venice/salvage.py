"""What can be saved of an answer that stopped midway: paid for, and kept nowhere else."""

import re
from dataclasses import dataclass
from typing import BinaryIO

from venice.errors import VeniceError
from venice.reply import Reply
from venice.results import ImageBytes, _image, plain_body, read_reply, result_from

_IMAGES = re.compile(rb'"images"\s*:\s*\[')
# A string that was ended, followed by what may follow it: anything else was cut.
_WHOLE = re.compile(rb'\s*"([A-Za-z0-9+/=\s]*)"\s*(?=[,\]])')


@dataclass(frozen=True, slots=True)
class Salvage:
    """The head of a torn answer, whether its body is whole after all, and the images that are complete."""

    reply: Reply
    is_whole: bool
    images: tuple[ImageBytes, ...]


def salvage(file: BinaryIO) -> Salvage | None:
    """Read a spooled answer whose writer was stopped; None when not even its head is there.

    It is whole when Content-Length was reached, or when it can be read as a result although none was told.
    """
    try:
        reply, raw = read_reply(file)
    except VeniceError:
        return None
    told = reply.headers.get("content-length", "")
    if told.isdigit():
        is_whole = len(raw) >= int(told)
    else:
        try:
            is_whole = bool(result_from(reply, raw).images)
        except VeniceError:
            is_whole = False
    return Salvage(reply, is_whole, tuple(_complete_images(plain_body(reply, raw))))


def _complete_images(body: bytes) -> list[ImageBytes]:
    """The images of a JSON body as far as it goes; later strings of a cut list are left out."""
    start = _IMAGES.search(body)
    if start is None:
        return []
    found: list[ImageBytes] = []
    place, index = start.end(), 0
    while entry := _WHOLE.match(body, place):
        image = _image(entry[1].decode("ascii"), index)
        if isinstance(image, ImageBytes):
            found.append(image)
        index += 1
        place = entry.end()
        if body[place : place + 1] != b",":
            break
        place += 1
    return found
