"""Uploads that nothing was made from for a month: their rows go, and their files when no other row names them."""

import logging

from django.db import transaction

from gallery.failpoints import failpoint
from gallery.logs import one_line
from gallery.media.pictures import is_young
from gallery.models import Upload, files

log = logging.getLogger(__name__)

TEND_EVERY = 600.0
_PORTION = 100


def tend() -> None:
    """Remove what is unused, at most a hundred each time; several workers may do it at once."""
    removed = 0
    try:
        for upload in Upload.objects.unused().order_by("pk")[:_PORTION]:
            removed += remove(upload)
    except OSError as error:
        # Neither reason to stop the worker's other chores nor lost: the row is there still.
        log.warning("uploads: cannot be removed now: %s", error.strerror or one_line(error))
    if removed:
        log.info("uploads: %d removed that nothing was made from", removed)


def remove(upload: Upload) -> bool:
    """Remove an upload that is still unused; False when it is used by now, or its file was written just now.

    Files go before the row is gone for good: whoever is stopped between them finds the row again, and goes on.
    """
    if is_young(upload.name):
        return False
    with transaction.atomic():
        # Looked at once more under the lock: to make something from it moves the moment that counts.
        if not Upload.objects.select_for_update().filter(pk=upload.pk, used_at=upload.used_at).exists():
            return False
        if not Upload.objects.unused().filter(pk=upload.pk).exists():
            return False
        Upload.objects.filter(pk=upload.pk).delete()
        files.delete_unnamed(upload)
        failpoint("upload-removed")
    return True
