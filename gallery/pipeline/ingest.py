"""From a spooled answer to rows and files: decoded once, files before rows, rows in one transaction."""

import logging
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from django.db import transaction
from django.utils import timezone

from gallery.failpoints import failpoint
from gallery.formats import counted
from gallery.media import pictures
from gallery.media.decoder import Decoder
from gallery.media.thumbnails import Decoded, UnusablePicture
from gallery.models import Attempt, Batch, CatalogModel, Collection, Generation, Image, Prompt
from gallery.models.image import sort_price
from venice import BadResponse, ImageBytes, Unreadable, shortfall
from venice.results import Answer, open_result

log = logging.getLogger(__name__)


# Larger answers are read one at a time: what each takes does not add up.
_LARGE = 16 << 20
_large_turn = threading.Lock()


@dataclass(frozen=True, slots=True)
class Stored:
    """How many pictures an answer gave in all, and why others of it could not be read; empty when all could."""

    pictures: int
    unread: str


def _thrown_away(attempt: Attempt) -> set[int]:
    """Places in the answer of what was thrown away for good: it stays away, however often the answer is read."""
    struck = Attempt.objects.filter(pk=attempt.pk).values_list("purged_indexes", flat=True).first()
    return set(struck or ())


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
    reading: AbstractContextManager[None],
    *,
    again: bool = False,
) -> Stored:
    """Store every usable picture of `answer`, which is read within `reading`, and end `generation`.

    `again`: it has ended, and may end better. Raises a venice.VeniceError when the answer is a refusal or holds no
    usable picture; then nothing was stored.
    """
    handled = _thrown_away(attempt)
    if again:
        handled |= set(Image.objects.filter(attempt=attempt).values_list("index", flat=True))
    with turn_of(answer), reading, open_result(answer) as result:
        failpoint("reading")
        new = (entry for entry in result.entries() if entry.index not in handled)
        images, unreadable = _images(generation, attempt, new, decoder)
        count = len(handled) + len(images)
        missing = _missing(result.listed, generation.variants, count, unreadable)
        if not count and (error := result.nothing(unreadable)):
            raise BadResponse(missing, status=error.status) if unreadable else error
        for image in images:
            image.is_moderated = bool(result.reply.is_content_violation)
            image.is_sensitive = bool(result.reply.is_blurred)
    unread = missing if unreadable else ""
    failpoint("files-written")
    with transaction.atomic():
        _write_rows(generation, attempt, images)
        attempt.succeed(result.reply.bytes, unread, was_read_again=again)
        generation.finish(_facts(result), missing, is_reading_again=again)
        failpoint("rows-written")
    return Stored(count, unread)


def store_salvage(
    generation: Generation, attempt: Attempt, complete: Iterable[ImageBytes], decoder: Decoder
) -> int:
    """Store the complete pictures of a torn answer, without ending the generation; returns how many.

    Those that were stored before and thrown away for good are counted, and stay away.
    """
    gone = _thrown_away(attempt)
    images, _ = _images(generation, attempt, (each for each in complete if each.index not in gone), decoder)
    with transaction.atomic():
        _write_rows(generation, attempt, images)
    return len(images) + len(gone)


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
        log.warning("generation %d: picture %d: %s", generation.pk, entry.index + 1, entry.reason)
    return images, unreadable


def _write_files(
    generation: Generation, attempt: Attempt, index: int, data: bytes, decoded: Decoded
) -> Image:
    """The files of one picture, each flushed and renamed; returns its row, not saved yet."""
    return Image(
        **asdict(pictures.store(data, decoded)),
        attempt=attempt,
        generation=generation,
        index=index,
        seed=_own_seed(generation, index),
        owner_id=generation.owner_id,
        prompt_id=generation.prompt_id,
        model=generation.model,
        style_preset=generation.style_preset,
        emulated=generation.emulated,
        created_at=timezone.now(),
        sort_price=sort_price(attempt.price),
    )


def _own_seed(generation: Generation, index: int) -> int | None:
    """The seed that makes this picture again: Venice follows it for image 0 alone, and some models never do."""
    if index:
        return None
    entry = CatalogModel.objects.filter(model_id=generation.model).first()
    return generation.seed if entry is None or entry.spec.uses_seed else None


def _write_rows(generation: Generation, attempt: Attempt, images: list[Image]) -> None:
    """Rows of the pictures; whoever stored this answer before us (a recovery, a late worker) has made the same ones.

    What was thrown away for good since the answer was read is not made again.
    """
    # One at a time: two that store different parts of an answer would choose two covers.
    Generation.objects.select_for_update(no_key=True).filter(pk=generation.pk).values_list("pk").first()
    gone = _thrown_away(attempt)
    images = [image for image in images if image.index not in gone]
    has_cover = Image.objects.filter(generation=generation, is_cover=True).exists()
    for index, image in enumerate(images):
        image.is_cover = index == 0 and not has_cover
    rows = Image.objects.filter(attempt=attempt)
    existing = set(rows.values_list("pk", flat=True))
    Image.objects.bulk_create(images, ignore_conflicts=True)
    new = list(rows.exclude(pk__in=existing).order_by("index").values_list("pk", flat=True))
    # What is in the trash is none of the stack.
    rows.update(stack_size=rows.kept().count() or 1)
    _deliver(generation, new)
    if generation.prompt_id:
        Prompt.objects.filter(pk=generation.prompt_id).count_pictures(len(new))


def _deliver(generation: Generation, ids: list[int]) -> None:
    """Put new pictures into the collection that their click named, if it is there still and in use."""
    wanted = Batch.objects.filter(pk=generation.batch_id).values("destination")
    goes_to = (
        Collection.objects.active().select_for_update(no_key=True).filter(pk__in=wanted).first()
        if ids
        else None
    )
    if goes_to:
        goes_to.add(ids, generation.requested_by or generation.owner)


def _facts(result: Answer) -> dict[str, Any]:
    """The columns of what Venice says beside the pictures."""
    timing, reply = result.timing, result.reply
    return {
        "venice_id": result.id,
        "queue_ms": timing.queue_ms,
        "preprocessing_ms": timing.preprocessing_ms,
        "inference_ms": timing.inference_ms,
        "total_ms": timing.total_ms,
        "is_blurred": reply.is_blurred,
        "is_content_violation": reply.is_content_violation,
        "enhanced_prompt": reply.enhanced_prompt,
    }


def _missing(sent: int, asked: int, stored: int, unreadable: Sequence[Unreadable]) -> str:
    """What was wrong with an answer of `sent` pictures, in a sentence; empty when nothing was."""
    pictures = counted(sent, "picture") if sent >= asked else f"{sent} of {counted(asked, 'picture')}"
    if not unreadable:
        extra = f"; {asked} {'was' if asked == 1 else 'were'} asked for" if sent > asked else ""
        return f"Venice sent {pictures}{extra}." if sent != asked else ""
    lost = sent - stored
    why = shortfall.unread({each.index: each.reason for each in unreadable}, sent, lost)
    if sent == 1:
        return f"Venice sent {pictures}, which could not be read: {why}."
    return f"Venice sent {pictures}; {f'{lost} could not' if stored else 'none could'} be read: {why}."
