"""A picture that somebody brought from outside, to make others from it."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone

from gallery.media import pictures
from gallery.media.decoder import shared_decoder
from gallery.models.stored import StoredPicture

if TYPE_CHECKING:
    from gallery.models.user import User

# So long one stays that nothing was made from.
KEEP = timedelta(days=30)
# The moment of what its member has taken away.
ENDED = datetime(1970, 1, 2, tzinfo=UTC)


class UploadQuerySet(models.QuerySet["Upload"]):
    def bring(self, owner: "User", data: bytes) -> "Upload":
        """Store a picture for `owner`, the same content once. UnusablePicture for what cannot be decoded."""
        picture = pictures.store(data, shared_decoder().decode(data))
        row, is_new = self.get_or_create(owner=owner, sha256=picture.sha256, defaults=asdict(picture))
        if not is_new:
            self.filter(pk=row.pk).update(used_at=Now())
        return row

    def of(self, owner: "User") -> Self:
        """What `owner` has brought and not taken away, newest first."""
        return self.filter(owner=owner, used_at__gt=ENDED).order_by("-id")

    def end(self) -> int:
        """Their time is over: a worker removes those that nothing was made from. How many."""
        return self.update(used_at=ENDED)

    def unused(self) -> Self:
        """Those that nobody has brought or made anything from for 30 days."""
        return self.without_use().filter(used_at__lt=Now() - KEEP)

    def without_use(self) -> Self:
        """Those that their member has made nothing from."""
        from gallery.models.input import Input

        used = Input.objects.filter(sha256=OuterRef("sha256"), generation__owner=OuterRef("owner"))
        return self.filter(~Exists(used))


class Upload(StoredPicture):
    """One picture of one member; its file is shared with every row of the same content."""

    noun = "upload"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="uploads")
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(default=timezone.now, db_index=True, help_text="Brought or made from.")

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "sha256"], name="upload_once")]

    def __str__(self) -> str:
        return f"#{self.pk}"
