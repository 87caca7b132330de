"""Whether rows, files and indexes agree, each picture and its files, each prompt and its counters; and mending.

Memory stays small whatever the size of the gallery: rows come in portions, files are read in pieces.
"""

import hashlib
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import PurePosixPath
from typing import Protocol

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef

from gallery.media.decoder import Decoder
from gallery.media.pictures import YOUNG
from gallery.media.storage import (
    ContentStorage,
    StorageAway,
    StoredFile,
    content_type,
    media_storage,
    thumbnail_name,
)
from gallery.media.thumbnails import SIZES, UnusablePicture
from gallery.models import Attempt, Image, Input, Outcome, Prompt, Upload, files
from gallery.models.prompt import COUNTERS
from gallery.models.stored import StoredPicture
from gallery.pipeline.index_agreement import differences
from gallery.pipeline.spool import MARK, NEWEST
from gallery.pipeline.thumbnail_upgrade import remake

_PORTION = 500
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, in words, and how it is mended when it can be."""

    words: str
    mend: Callable[[Decoder], None] | None = None


def findings() -> Iterator[Finding]:
    """Everything that does not agree, found while it is asked for. StorageAway when pictures cannot be looked at."""
    for row in _rows():
        yield from _of_picture(row)
    yield from _miscounts()
    yield from _missums()
    for words, mend in differences():
        yield Finding(words, _without_decoder(mend))
    yield from _orphans(_Media())
    yield from _orphans(_SpoolFolder())


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
    except StorageAway:
        # It says nothing of this file, nor of any other.
        raise
    except FileNotFoundError:
        yield Finding(f"{row.called}: its file {row.name} is missing")
        return
    except OSError as error:
        yield Finding(f"{row.called}: its file {row.name} cannot be read ({error.strerror})")
        return
    if digest.hexdigest() != row.sha256 or size != row.bytes:
        yield Finding(f"{row.called}: its file {row.name} is not what was stored")
        return
    for size in SIZES:
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


def _missums() -> Iterator[Finding]:
    for pk in Image.objects.missummed().order_by("id").values_list("pk", flat=True).iterator(_PORTION):
        yield Finding(f"Picture {pk}: its sums of marks are not what its marks say", _summing(pk))


def _summing(image: int) -> Callable[[Decoder], None]:
    def total(decoder: Decoder) -> None:
        with transaction.atomic():
            Image.objects.filter(pk__in=Image.objects.lock([image])).sum_marks()

    return total


def _without_decoder(mend: Callable[[], object]) -> Callable[[Decoder], None]:
    def go(decoder: Decoder) -> None:
        mend()

    return go


def _is_webp(name: str) -> bool:
    try:
        with default_storage.open(name) as file:
            head = file.read(12)
            return bool(head[:4] == b"RIFF" and head[8:] == b"WEBP")
    except StorageAway:
        raise
    except OSError:
        return False


class _FileStore(Protocol):
    """Where files lie that belong to something."""

    def listed(self) -> Iterator[StoredFile]:
        """All of them."""

    def owned(self, names: Collection[str]) -> set[str]:
        """Those of `names` that belong to something."""

    def shown(self, name: str) -> str:
        """What a person calls the file."""

    def set_aside(self, name: str) -> None:
        """Move it to where nothing is looked for."""


def _orphans(store: _FileStore) -> Iterator[Finding]:
    """Files that belong to nothing, but for those that are being written just now."""
    limit = time.time() - YOUNG
    files = (file.name for file in store.listed() if file.written_at < limit)
    while portion := list(islice(files, _PORTION)):
        owned = store.owned(portion)
        for name in portion:
            if name not in owned:
                yield Finding(f"{store.shown(name)} belongs to nothing", partial(_set_aside, store, name))


def _set_aside(store: _FileStore, name: str, decoder: Decoder) -> None:
    store.set_aside(name)


class _Media:
    """Stored pictures, wherever they are kept."""

    def __init__(self) -> None:
        storage = media_storage()
        self.listed, self.shown, self.set_aside = storage.listed, storage.shown, storage.set_aside

    def owned(self, names: Collection[str]) -> set[str]:
        return set(names) & files.named({PurePosixPath(name).stem for name in names if content_type(name)})


class _SpoolFolder(ContentStorage):
    """Answers on the disk of this host."""

    def __init__(self) -> None:
        super().__init__(settings.SPOOL_DIR)

    def listed(self) -> Iterator[StoredFile]:
        return (file for file in super().listed() if file.name not in (MARK, NEWEST))

    def owned(self, names: Collection[str]) -> set[str]:
        """What waits for a worker, and what was put aside since it may have been paid for."""
        heads = {name: PurePosixPath(name).name.partition(".")[0] for name in names}
        numbers = {name: int(head) for name, head in heads.items() if head.isdigit()}
        rows = Attempt.objects.filter(pk__in=numbers.values()).exclude(
            outcome__in=(Outcome.UNSENT, Outcome.REFUSED)
        )
        outcomes = dict(rows.values_list("pk", "outcome"))
        return {
            name
            for name, number in numbers.items()
            if number in outcomes and (name.endswith(".kept") or outcomes[number] != Outcome.OK)
        }
