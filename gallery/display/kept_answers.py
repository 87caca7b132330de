"""Kept answers as the site shows them: where they lie, and their bytes for a download."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.http import HttpResponseBase, StreamingHttpResponse

from gallery.media.serving import SANDBOX
from gallery.models import Attempt, Generation
from gallery.pipeline.spool import Spool, open_body
from venice.text import masked

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that is kept, and the host that it lies on when this process cannot see its file."""

    attempt: Attempt
    away: str = ""


def kept(generation: Generation) -> list[Kept]:
    """What is kept of a generation's calls."""
    return [Kept(each, "" if _path(each) else each.host) for each in generation.kept_answers]


def is_here(attempt: Attempt) -> bool:
    """Whether its file is to be seen from here."""
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
    response = StreamingHttpResponse(_Body(file), content_type="application/octet-stream")
    response["Content-Length"] = size
    response["Content-Disposition"] = f'attachment; filename="venice-answer-{attempt.pk}.bin"'
    response["Content-Security-Policy"] = SANDBOX
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _path(attempt: Attempt) -> Path | None:
    """Its file in the folder of this host, whoever wrote it: several hosts may share one."""
    return Spool(Path(settings.SPOOL_DIR)).unused(attempt.pk)


class _Body:
    """The rest of an open file in pieces, without our key should a gateway have sent it back; closes the file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return masked(iter(lambda: self._file.read(_PIECE), b""), settings.VENICE_API_KEY)

    def close(self) -> None:
        self._file.close()
