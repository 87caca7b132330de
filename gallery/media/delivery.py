"""Answers that leave the handing out of a picture to others: to the server in front of us, or to the bucket.

Whether somebody may have it was decided before. Parts, conditions and HEAD are theirs to answer.
"""

import time
from dataclasses import dataclass

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from gallery.media.bucket import Bucket, window_of
from gallery.media.storage import CACHE


@dataclass(frozen=True, slots=True)
class Handout:
    """A stored file, the type that it is served as, and the name of a download; empty for none."""

    name: str
    content_type: str
    download_as: str

    @property
    def disposition(self) -> str:
        """As a download, or in the page."""
        return content_disposition_header(bool(self.download_as), self.download_as) or "inline"


def is_elsewhere() -> bool:
    """Whether others hand out pictures here."""
    return bool(settings.X_ACCEL_PREFIX or settings.MEDIA_BUCKET)


def answer(request: HttpRequest, handout: Handout) -> HttpResponse | None:
    """What sends the browser, or the server in front, to the file; None when we can see that it is not there."""
    bucket: Bucket | None = settings.MEDIA_BUCKET
    if bucket is None:
        return _accelerated(handout.name, handout) if default_storage.exists(handout.name) else None
    began, left = window_of(handout.name, time.time())
    says = {
        "response-cache-control": CACHE,
        "response-content-disposition": handout.disposition,
        "response-content-type": handout.content_type,
    }
    signed = bucket.signed(handout.name, method=request.method or "GET", at=began, says=says)
    if settings.X_ACCEL_PREFIX:
        return _accelerated(signed.removeprefix("/"), handout)
    redirect = HttpResponse(status=302, headers={"Location": f"{bucket.origin}{signed}"})
    # Until the address changes; the signature holds for another window.
    redirect["Cache-Control"] = f"private, max-age={left}"
    return redirect


def _accelerated(path: str, handout: Handout) -> HttpResponse:
    """No bytes of ours: the server in front puts those of its own location in their place."""
    return HttpResponse(
        content_type=handout.content_type,
        headers={
            "X-Accel-Redirect": settings.X_ACCEL_PREFIX + path,
            "Cache-Control": CACHE,
            "Content-Disposition": handout.disposition,
        },
    )
