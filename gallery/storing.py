"""From a spooled answer to rows and files: decoded once, files before rows, rows in one transaction."""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from gallery.decoder import Decoder
from gallery.failpoints import failpoint
from gallery.models import Attempt, CatalogModel, Generation, Image, State
from gallery.models.attempt import Outcome
from gallery.storage import original_name, thumbnail_name
from gallery.thumbnails import RECIPE, Decoded, UnusablePicture
from venice import BadResponse, ImageBytes, Result, read_result

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stored:
    """How many pictures an answer gave, and how many of its entries could not be used."""

    pictures: int
    unusable: int


def store(generation: Generation, attempt: Attempt, answer: BinaryIO, decoder: Decoder) -> Stored:
    """Store every usable picture of `answer`, and end `generation`.

    Raises a venice.VeniceError when the answer is a refusal or holds no usable picture; then nothing was stored.
    """
    result = read_result(answer)
    images = _images(generation, attempt, result.images, decoder)
    if not images and not result.is_content_violation:
        raise BadResponse("Venice's answer holds no picture that can be decoded.", status=result.reply.status)
    failpoint("files-written")
    with transaction.atomic():
        _write_rows(generation, attempt, images)
        _end(generation, attempt, result, len(images))
        failpoint("rows-written")
    return Stored(len(images), result.bad_images + len(result.images) - len(images))


def store_salvage(
    generation: Generation, attempt: Attempt, pictures: Iterable[ImageBytes], decoder: Decoder
) -> int:
    """Store the complete pictures of a torn answer, without ending the generation; returns how many."""
    images = _images(generation, attempt, pictures, decoder)
    with transaction.atomic():
        _write_rows(generation, attempt, images)
    return len(images)


def _images(
    generation: Generation, attempt: Attempt, pictures: Iterable[ImageBytes], decoder: Decoder
) -> list[Image]:
    """Files of the pictures that decode, and their rows, not saved yet. One at a time: memory stays bounded."""
    images = []
    for picture in pictures:
        try:
            decoded = decoder.decode(picture.data)
        except UnusablePicture as error:
            log.warning("generation %d: picture %d %s", generation.pk, picture.index, error)
            continue
        images.append(_write_files(generation, attempt, picture.index, picture.data, decoded))
    return images


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
        recipe=RECIPE,
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


def _end(generation: Generation, attempt: Attempt, result: Result, stored: int) -> None:
    timing = result.timing
    Attempt.objects.filter(pk=attempt.pk).update(outcome=Outcome.OK)
    # A late answer turns `interrupted` into `done` as well.
    mine = Generation.objects.filter(
        pk=generation.pk, state__in=(State.SENDING, State.RECEIVED, State.INTERRUPTED)
    )
    mine.update(
        state=State.DONE,
        finished_at=Now(),
        token=None,
        worker=None,
        venice_id=result.id[:200],
        queue_ms=timing.queue_ms,
        preprocessing_ms=timing.preprocessing_ms,
        inference_ms=timing.inference_ms,
        total_ms=timing.total_ms,
        is_blurred=result.is_blurred,
        is_content_violation=result.is_content_violation,
        enhanced_prompt=result.enhanced_prompt or "",
        error_kind="" if stored == generation.variants else "missing",
        error_message=_missing(generation, stored),
        error_advice="",
    )


def _missing(generation: Generation, got: int) -> str:
    return f"Venice sent {got} of {generation.variants} pictures." if got != generation.variants else ""
