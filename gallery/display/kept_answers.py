"""Kept answers as the site shows them: where they lie, and their bytes for a download."""

import mmap
import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.http import FileResponse, HttpResponseBase

from gallery.media.responses import SANDBOX
from gallery.media.storage import EXTENSIONS
from gallery.models import Attempt, Generation
from gallery.pipeline.spool import Spool, open_body
from venice.dimensions import sniff
from venice.text import masked

_PIECE = 1 << 16
# So many bytes tell what an answer is, and what no text has among them.
_HEAD = 512
_NO_TEXT = {*range(32), 127} - set(b"\t\n\f\r\x1b")


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that is kept, and the host that it lies on when this process cannot see its file."""

    attempt: Attempt
    away: str = ""


def kept(generation: Generation) -> list[Kept]:
    """The kept answers of a generation's calls, each with where it lies."""
    return [Kept(each, "" if _path(each) else each.host) for each in generation.kept_answers]


def is_here(attempt: Attempt) -> bool:
    """Whether this process sees its file, on the disk of the host that received it."""
    return _path(attempt) is not None


def is_of_this_host(attempt: Attempt) -> bool:
    """Whether the answer was written by a worker of the host that we run on."""
    return attempt.host == socket.gethostname()[:150]


def download(attempt: Attempt) -> HttpResponseBase | None:
    """What Venice sent, byte for byte, as a file that no browser opens; None when its file is not to be seen here."""
    path = _path(attempt)
    if path is None:
        return None
    try:
        file, size = open_body(path)
    except OSError:
        return None
    ending = _ending(file)
    # A file and no generator: the server sends it without keeping a thread, however slowly it is read.
    response = FileResponse(_without_key(file), content_type="application/octet-stream")
    response["Content-Length"] = size
    response["Content-Disposition"] = f'attachment; filename="venice-answer-{attempt.pk}.{ending}"'
    response["Content-Security-Policy"] = SANDBOX
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _ending(file: BinaryIO) -> str:
    """How a file with these bytes is named; the file stays where it stands. What claims to be a page is a text."""
    start = file.tell()
    head = file.read(_HEAD)
    file.seek(start)
    if form := sniff(head):
        return EXTENSIONS[form]
    if head.lstrip()[:1] in (b"{", b"["):
        return "json"
    return "txt" if head and not set(head) & _NO_TEXT else "bin"


def _path(attempt: Attempt) -> Path | None:
    """Its file in the folder of this host, whoever wrote it: several hosts may share one."""
    return Spool(Path(settings.SPOOL_DIR)).unused(attempt.pk)


def _without_key(file: BinaryIO) -> BinaryIO:
    """The open file from where it stands; or a copy of that without our key, should a gateway have sent it back."""
    secret, start = (settings.VENICE_API_KEY or "").encode(), file.tell()
    if not secret or not _holds(file, secret, start):
        return file
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the response
    with file:
        for piece in masked(iter(lambda: file.read(_PIECE), b""), settings.VENICE_API_KEY):
            copy.write(piece)
    copy.seek(0)
    return cast(BinaryIO, copy)


def _holds(file: BinaryIO, words: bytes, start: int) -> bool:
    """Whether these bytes stand in the file from `start` on; its memory is the kernel's."""
    if not os.fstat(file.fileno()).st_size:
        return False
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(words, start) >= 0
