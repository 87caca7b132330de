"""Whether rows and files agree, each picture and its files, each prompt and its counters; and mending what can be.

Memory stays small whatever the size of the gallery: rows come in portions, files are read in pieces.
"""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef

from gallery.media.decoding import Decoder
from gallery.media.pictures import YOUNG
from gallery.media.storage import THUMBNAIL_SIZES, content_type, thumbnail_name
from gallery.media.thumbnails import UnusablePicture
from gallery.models import Attempt, Image, Input, Outcome, Prompt, Upload, files
from gallery.models.prompt import COUNTERS
from gallery.models.stored import StoredPicture
from gallery.pipeline.spool import MARK
from gallery.pipeline.thumbnail_upgrade import remake

_PORTION = 500
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, in words, and how it is mended when it can be."""

    words: str
    mend: Callable[[Decoder], None] | None = None


def findings() -> Iterator[Finding]:
    """Everything that does not agree, found while it is asked for."""
    for row in _rows():
        yield from _of_picture(row)
    yield from _miscounts()
    yield from _orphans(Path(settings.MEDIA_ROOT), _has_row)
    yield from _orphans(Path(settings.SPOOL_DIR), _has_attempt)


def _rows() -> Iterator[StoredPicture]:
    """Every row that names a file; of what inputs and uploads share with pictures, or with each other, one."""
    columns = ("sha256", "name", "bytes")
    yield from Image.objects.order_by("id").only(*columns).iterator(_PORTION)
    same: dict[type[StoredPicture], tuple[type[StoredPicture], ...]] = {
        Upload: (Image,),
        Input: (Image, Upload),
    }
    for table, others in same.items():
        rows = table._default_manager.order_by("id").only(*columns)
        for other in others:
            rows = rows.exclude(Exists(other._default_manager.filter(sha256=OuterRef("sha256"))))
        before = table._default_manager.filter(sha256=OuterRef("sha256"), pk__lt=OuterRef("pk"))
        yield from rows.exclude(Exists(before)).iterator(_PORTION)


def check(*, repair: bool, say: Callable[[str], None]) -> int:
    """Tell each finding; with `repair`, mend what can be mended. Returns how many remain."""
    remaining = 0
    decoder = Decoder()
    try:
        for finding in findings():
            mended = repair and finding.mend is not None and _mend(finding, decoder)
            say(f"{finding.words}{' (mended)' if mended else ''}")
            remaining += not mended
    finally:
        decoder.close()
    return remaining


def _mend(finding: Finding, decoder: Decoder) -> bool:
    assert finding.mend  # noqa: S101 - asked by the caller
    try:
        finding.mend(decoder)
    except (OSError, UnusablePicture):
        return False
    return True


def _of_picture(row: StoredPicture) -> Iterator[Finding]:
    try:
        with default_storage.open(row.name) as file:
            digest, size = hashlib.sha256(), 0
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    except OSError:
        yield Finding(f"{row.called}: its file {row.name} is missing")
        return
    if digest.hexdigest() != row.sha256 or size != row.bytes:
        yield Finding(f"{row.called}: its file {row.name} is not what was stored")
        return
    for size in THUMBNAIL_SIZES:
        name = thumbnail_name(row.sha256, size)
        if not _is_webp(name):
            yield Finding(
                f"{row.called}: its thumbnail {name} is missing or broken",
                partial(remake, row),
            )


def _miscounts() -> Iterator[Finding]:
    for prompt in (
        Prompt.objects.miscounted().order_by("id").defer("text", "words", "folded").iterator(_PORTION)
    ):
        wrong = [
            f"{name} is {kept}, its rows say {right}"
            for name in COUNTERS
            if (kept := getattr(prompt, name)) != (right := getattr(prompt, f"true_{name}"))
        ]
        yield Finding(f"Prompt {prompt.pk}: {'; '.join(wrong)}", _counting(prompt.pk))


def _counting(prompt: int) -> Callable[[Decoder], None]:
    def count(decoder: Decoder) -> None:
        Prompt.objects.filter(pk=prompt).recount()

    return count


def _is_webp(name: str) -> bool:
    try:
        with default_storage.open(name) as file:
            head = file.read(12)
            return bool(head[:4] == b"RIFF" and head[8:] == b"WEBP")
    except OSError:
        return False


def _orphans(folder: Path, owned: Callable[[list[Path]], set[Path]]) -> Iterator[Finding]:
    files = _old_files(folder)
    while portion := list(islice(files, _PORTION)):
        owned_paths = owned(portion)
        for path in portion:
            if path not in owned_paths:
                shown = path.relative_to(folder.parent)
                yield Finding(f"{shown} belongs to nothing", _moving(path, folder.parent))


def _old_files(folder: Path) -> Iterator[Path]:
    """All files below `folder` that are not being written just now."""
    limit = time.time() - YOUNG
    for path in folder.rglob("*"):
        try:
            if path.is_file() and path.name != MARK and path.stat().st_mtime < limit:
                yield path
        except FileNotFoundError:
            continue


def _has_row(paths: list[Path]) -> set[Path]:
    named = {path: path.relative_to(settings.MEDIA_ROOT).as_posix() for path in paths}
    digests = {path.stem for path, name in named.items() if content_type(name)}
    with_row = files.named(digests)
    return {path for path, name in named.items() if name in with_row}


def _has_attempt(paths: list[Path]) -> set[Path]:
    """What waits for a worker, and what was put aside since it may have been paid for."""
    numbers = {
        path: int(path.name.partition(".")[0]) for path in paths if path.name.partition(".")[0].isdigit()
    }
    rows = Attempt.objects.filter(pk__in=numbers.values()).exclude(
        outcome__in=(Outcome.UNSENT, Outcome.REFUSED)
    )
    outcomes = dict(rows.values_list("pk", "outcome"))
    return {
        path
        for path, number in numbers.items()
        if number in outcomes and (path.suffix == ".kept" or outcomes[number] != Outcome.OK)
    }


def _moving(path: Path, root: Path) -> Callable[[Decoder], None]:
    def move(decoder: Decoder) -> None:
        target = Path(settings.DATA_DIR) / "quarantine" / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)

    return move
