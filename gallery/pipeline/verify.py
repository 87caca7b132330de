"""Pictures that were made again are compared with the first ones once they are stored; nothing waits for it."""

import logging

from django.core.files.storage import default_storage

from gallery.logs import one_line
from gallery.media.decoder import Decoder
from gallery.media.storage import thumbnail_name
from gallery.media.thumbnails import SIZES, UnusablePicture
from gallery.models import Image, State, Verification
from gallery.models.verification import ALIKE_WITHIN, Outcome

log = logging.getLogger(__name__)

_PORTION = 20


def tend(decoder: Decoder) -> None:
    """Compare what can be compared now, a few each time; several workers may do it at once."""
    for each in Verification.objects.due()[:_PORTION]:
        try:
            _judge(each, decoder)
        except OSError as error:
            # Where pictures are kept does not answer: the row is there still.
            log.warning("verification %d: not possible now: %s", each.pk, error.strerror or one_line(error))


def _judge(verification: Verification, decoder: Decoder) -> None:
    generation, first = verification.generation, verification.image
    if generation.state != State.DONE and (repeat := generation.repeat):
        # It was run again: what comes of that is compared.
        Verification.objects.filter(pk=verification.pk).update(generation=repeat)
        return
    again = generation.images.filter(index=0).first()
    outcome, distance = compare(first, again, decoder)
    Verification.objects.filter(pk=verification.pk).conclude(outcome, distance)


def compare(first: Image | None, again: Image | None, decoder: Decoder) -> tuple[Outcome, int | None]:
    """What two pictures have in common, and by how many of 64 bits (None: not compared) they differ. OSError."""
    if first is None or again is None or first.emulated != again.emulated:
        return Outcome.NONE, None
    if first.sha256 == again.sha256:
        return Outcome.EXACT, 0
    try:
        distance = (_hash(first, decoder) ^ _hash(again, decoder)).bit_count()
    except (FileNotFoundError, UnusablePicture):
        return Outcome.NONE, None
    return (Outcome.ALIKE if distance <= ALIKE_WITHIN else Outcome.DIFFERENT), distance


def _hash(image: Image, decoder: Decoder) -> int:
    """Of its smaller thumbnail: to decode the whole picture takes a hundred times as long."""
    with default_storage.open(thumbnail_name(image.sha256, min(SIZES))) as file:
        return decoder.decode(file.read()).difference
