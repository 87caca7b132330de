"""A model that a member keeps at the front of the picker."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from gallery.models.user import User


class PinQuerySet(models.QuerySet["Pin"]):
    def set_pinned(self, member: User, model: str, wanted: bool) -> None:
        """Whether `model` stands in front for this member; as often as one likes, and at once."""
        if wanted:
            self.bulk_create([Pin(user=member, model=model)], ignore_conflicts=True)
        else:
            self.filter(user=member, model=model).delete()

    def models_of(self, member: User) -> list[str]:
        """What this member has pinned, in the order of pinning; one may be no longer offered."""
        return list(self.filter(user=member).order_by("id").values_list("model", flat=True))


class Pin(models.Model):
    """A member's own; nobody else sees it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="pins", db_index=False)
    model = models.CharField(max_length=200)
    pinned_at = models.DateTimeField(default=timezone.now)

    objects = PinQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "model"], name="pin_once")]

    def __str__(self) -> str:
        return self.model
