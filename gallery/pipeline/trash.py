"""Pictures whose time in the trash is over: their rows go, and their files when no other row names them."""

import logging
import time
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from gallery.failpoints import failpoint
from gallery.formats import counted
from gallery.logs import one_line
from gallery.media.pictures import YOUNG, is_young
from gallery.media.storage import StorageAway
from gallery.models import Attempt, Collection, Generation, Image, Input, files

log = logging.getLogger(__name__)

TEND_EVERY = 10.0
# The worker's loop waits meanwhile: it stops when so many seconds have passed.
_LONGEST = 0.5
_PORTION = 100


def tend() -> None:
    """Remove what is due, as many as half a second allows; several workers may do it at once."""
    removed, end = 0, time.monotonic() + _LONGEST
    # Files that were written lately stay: others are not kept waiting behind them.
    due = Image.objects.due().filter(created_at__lt=Now() - timedelta(seconds=YOUNG))
    for pk in due.order_by("pk").values_list("pk", flat=True)[:_PORTION]:
        # Neither reason to stop the worker's other chores nor lost: the row is there still.
        try:
            removed += purge(pk)
        except StorageAway as error:
            log.warning("trash: cannot be emptied now: %s", error.strerror or one_line(error))
            break
        except OSError as error:
            # Of one file; the others are not kept waiting behind it.
            log.warning("trash: picture %d cannot be removed: %s", pk, error.strerror or one_line(error))
        if time.monotonic() > end:
            break
    if removed:
        log.info("trash: %s removed for good", counted(removed, "picture"))


def purge(pk: int) -> bool:
    """Remove a picture for good; False when it was brought back, is gone, or its file was written just now.

    Files go before the row is gone for good: whoever is stopped between them finds the row again, and goes on.
    """
    with transaction.atomic():
        _lock_around(pk)
        # Looked at once more under the lock: it may have been brought back.
        image = Image.objects.due().select_for_update().filter(pk=pk).first()
        if image is None or is_young(image.name):
            return False
        Generation.objects.filter(pk__in=_made_from(pk)).update(origin_purged=True)
        Generation.objects.filter(pk=image.generation_id).update(purged_count=F("purged_count") + 1)
        _strike_out(image)
        Image.objects.filter(pk=pk).delete()
        failpoint("picture-deleted")
        files.delete_unnamed(image)
        failpoint("picture-purged")
    return True


def _strike_out(image: Image) -> None:
    """Whoever reads its answer again leaves it out. Its generation is held: nobody else writes this meanwhile."""
    answer = Attempt.objects.filter(pk=image.attempt_id)
    struck = answer.values_list("purged_indexes", flat=True).first()
    answer.update(purged_indexes=sorted({*(struck or ()), image.index}))


def _made_from(pk: int) -> set[int]:
    """The generations that were re-run from it, or start from it."""
    inputs = Input.objects.filter(image=pk).order_by().values_list("generation", flat=True)
    return {*Generation.objects.filter(origin=pk).values_list("pk", flat=True), *inputs}


def _lock_around(pk: int) -> None:
    """Its own generation and those that were made from it, then the collections whose cover it is.

    Generations, collections, pictures, prompts, each in order: so does everybody, and nobody waits in a circle.
    """
    own = Image.objects.filter(pk=pk).values_list("generation", flat=True)
    ids = {*own, *_made_from(pk)}
    list(
        Generation.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True).values_list("pk")
    )
    list(Collection.objects.filter(cover=pk).order_by("pk").select_for_update(no_key=True).values_list("pk"))
