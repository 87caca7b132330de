"""From a spooled answer to rows and files: decoded once, files before rows, rows in one transaction."""

import hashlib
import logging
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from gallery import columns
from gallery.decoder import Decoder
from gallery.failpoints import failpoint
from gallery.models import Attempt, CatalogModel, Generation, Image, State
from gallery.models.attempt import Outcome
from gallery.storage import original_name, thumbnail_name
from gallery.thumbnails import Decoded, UnusablePicture
from venice import ImageBytes, Unreadable
from venice.results import Answer, open_result

log = logging.getLogger(__name__)


# Larger answers are read one at a time: what each takes does not add up.
_LARGE = 16 << 20
_large_turn = threading.Lock()


@dataclass(frozen=True, slots=True)
class Stored:
    """How many pictures an answer gave, how many of its entries could not be used, and why not."""

    pictures: int
    unusable: int
    unreadable: tuple[Unreadable, ...] = ()


@contextmanager
def turn_of(answer: BinaryIO) -> Iterator[None]:
    """While a spooled answer is read, so that those that take much memory take it one after the other."""
    with _large_turn if os.fstat(answer.fileno()).st_size > _LARGE else nullcontext():
        yield


def store(
    generation: Generation,
    attempt: Attempt,
    answer: BinaryIO,
    decoder: Decoder,
    counted: AbstractContextManager[None],
) -> Stored:
    """Store every usable picture of `answer`, and end `generation`; `answer` is read within `counted`.

    Raises a venice.VeniceError when the answer is a refusal or holds no usable picture; then nothing was stored.
    """
    with turn_of(answer), counted, open_result(answer) as result:
        failpoint("reading")
        images, unreadable = _images(generation, attempt, result.entries(), decoder)
        if not images and (error := result.nothing(unreadable)):
            raise error
    failpoint("files-written")
    with transaction.atomic():
        _write_rows(generation, attempt, images)
        _end(generation, attempt, result, len(images))
        failpoint("rows-written")
    return Stored(len(images), result.listed - len(images), tuple(unreadable))


def store_salvage(
    generation: Generation, attempt: Attempt, pictures: Iterable[ImageBytes], decoder: Decoder
) -> int:
    """Store the complete pictures of a torn answer, without ending the generation; returns how many."""
    images, _ = _images(generation, attempt, pictures, decoder)
    with transaction.atomic():
        _write_rows(generation, attempt, images)
    return len(images)


def _images(
    generation: Generation, attempt: Attempt, entries: Iterable[ImageBytes | Unreadable], decoder: Decoder
) -> tuple[list[Image], list[Unreadable]]:
    """Files of the pictures that decode, and their rows, not saved yet; and the entries that are none.

    One at a time: memory stays bounded.
    """
    images, unreadable = [], []
    for entry in entries:
        if isinstance(entry, Unreadable):
            unreadable.append(entry)
            continue
        try:
            decoded = decoder.decode(entry.data)
        except UnusablePicture as error:
            unreadable.append(Unreadable(entry.index, str(error)))
            continue
        images.append(_write_files(generation, attempt, entry.index, entry.data, decoded))
    for entry in unreadable:
        log.warning("generation %d: picture %d: %s", generation.pk, entry.index, entry.reason)
    return images, unreadable


def _write_files(
    generation: Generation, attempt: Attempt, index: int, data: bytes, decoded: Decoded
) -> Image:
    """The files of one picture, each flushed and renamed; returns its row, not saved yet."""
    sha256 = hashlib.sha256(data).hexdigest()
    name = original_name(sha256, decoded.format)
    default_storage.save(name, ContentFile(data))
    for size, thumbnail in decoded.thumbnails.items():
        default_storage.save(thumbnail_name(sha256, size), ContentFile(thumbnail))
    return Image(
        attempt=attempt,
        generation=generation,
        index=index,
        seed=_own_seed(generation, index),
        sha256=sha256,
        name=name,
        format=decoded.format,
        width=decoded.width,
        height=decoded.height,
        bytes=len(data),
        color=decoded.color,
        owner_id=generation.owner_id,
        prompt_id=generation.prompt_id,
        model=generation.model,
        style_preset=generation.style_preset,
        emulated=generation.emulated,
        created_at=timezone.now(),
    )


def _own_seed(generation: Generation, index: int) -> int | None:
    """The seed that makes this picture again: Venice follows it for image 0 alone, and some models never do."""
    if index:
        return None
    entry = CatalogModel.objects.filter(model_id=generation.model).first()
    return generation.seed if entry is None or entry.spec.uses_seed else None


def _write_rows(generation: Generation, attempt: Attempt, images: list[Image]) -> None:
    """Rows of the pictures; whoever stored this answer before us (a recovery, a late worker) has made the same ones."""
    # One at a time: two that store different parts of an answer would choose two covers.
    Generation.objects.select_for_update().filter(pk=generation.pk).values_list("pk").first()
    has_cover = Image.objects.filter(generation=generation, is_cover=True).exists()
    for place, image in enumerate(images):
        image.is_cover = place == 0 and not has_cover
    Image.objects.bulk_create(images, ignore_conflicts=True)
    mine = Image.objects.filter(attempt=attempt)
    mine.update(stack_size=mine.count() or 1)


def _end(generation: Generation, attempt: Attempt, result: Answer, stored: int) -> None:
    timing, reply = result.timing, result.reply
    Attempt.objects.filter(pk=attempt.pk).update(outcome=Outcome.OK)
    # A late answer turns `interrupted` into `done` as well.
    mine = Generation.objects.filter(
        pk=generation.pk, state__in=(State.SENDING, State.RECEIVED, State.INTERRUPTED)
    )
    told = columns.held(
        Generation,
        venice_id=result.id,
        queue_ms=timing.queue_ms,
        preprocessing_ms=timing.preprocessing_ms,
        inference_ms=timing.inference_ms,
        total_ms=timing.total_ms,
        is_blurred=reply.is_blurred,
        is_content_violation=reply.is_content_violation,
        enhanced_prompt=reply.enhanced_prompt,
    )
    mine.update(
        state=State.DONE,
        finished_at=Now(),
        token=None,
        worker=None,
        **told,
        error_kind="" if stored == generation.variants else "missing",
        error_message=_missing(generation, stored),
        error_advice="",
    )


def _missing(generation: Generation, got: int) -> str:
    return f"Venice sent {got} of {generation.variants} pictures." if got != generation.variants else ""
