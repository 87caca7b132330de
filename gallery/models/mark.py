"""What one member thinks of one picture: a favourite, and a rating of 1 to 5."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from gallery.models.image import Image
from gallery.models.sets import Ids, link

if TYPE_CHECKING:
    from gallery.models.user import User

HIGHEST_RATING = 5


class MarkQuerySet(models.QuerySet["Mark"]):
    """Verbs of judging. Each takes ids of a few thousand pictures at most, and keeps the sums on their rows."""

    def set_favourite(self, user: "User", ids: Collection[int], is_favourite: bool) -> list[int]:
        """Whether these are favourites of `user`; returns the ids of the pictures that are there."""
        return self._set(user, ids, {"is_favourite": is_favourite})

    def rate(self, user: "User", ids: Collection[int], rating: int) -> list[int]:
        """The rating of `user` for these, 1 to 5 (else ValueError); 0 takes it away. Returns the ids that are there."""
        if not 0 <= rating <= HIGHEST_RATING:
            raise ValueError(f"{rating} is no rating")
        return self._set(user, ids, {"rating": rating})

    def _set(self, user: "User", ids: Collection[int], values: dict[str, Any]) -> list[int]:
        with transaction.atomic():
            # Whoever marks one of these at the same time waits here, and counts the marks of both.
            locked = Image.objects.lock(ids)
            marked = (
                {"user": user, "is_favourite": False, "rating": 0} | values | {"marked_at": timezone.now()}
            )
            if any(values.values()):
                link(self.model, locked, marked, changed=(*values, "marked_at"), unique=("user", "image"))
            else:
                # Nothing is to be taken away where nothing was said.
                self.filter(user=user, image__in=Ids(locked)).exclude(**values).update(
                    **values, marked_at=timezone.now()
                )
            marked_ones = Image.objects.filter(pk__in=Ids(locked))
            if "rating" in values:
                marked_ones.sum_marks()
            else:
                marked_ones.sum_favourites()
        return locked


class Mark(models.Model):
    """One member's judgement of one picture. Sums are kept on the picture, since lists sort by them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="marks", db_index=False)
    image = models.ForeignKey(Image, models.CASCADE, related_name="marks")
    is_favourite = models.BooleanField(default=False)
    rating = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(HIGHEST_RATING)], help_text="1 to 5; 0: none."
    )
    marked_at = models.DateTimeField(default=timezone.now)

    objects = MarkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "image"], name="mark_once"),
            models.CheckConstraint(condition=Q(rating__lte=HIGHEST_RATING), name="mark_rating_range"),
        ]
        indexes = [
            models.Index(fields=["user", "-image"], name="mark_favourites", condition=Q(is_favourite=True)),
            models.Index(fields=["user", "-image", "rating"], name="mark_ratings", condition=Q(rating__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on #{self.image_id}"
