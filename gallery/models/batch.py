"""One click: the form that was sent once, and the generations that it asked for."""

from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from gallery.models.user import User


class BatchQuerySet(models.QuerySet["Batch"]):
    """Verbs of clicks."""

    def submitted(self, owner: "User", submission: UUID | None) -> Self:
        """What this very form of this member has asked for already: one, or none."""
        return self.filter(owner=owner, submission=submission) if submission else self.none()


class Batch(models.Model):
    """One or more generations of one form post; each has its position in it."""

    class Kind(models.TextChoices):
        """What made several requests of one form; `axes` names the values."""

        ONE = "one", "One request"
        COUNT = "count", "Several seeds"
        MODELS = "models", "Several models"
        WORDS = "words", "Several words"
        MATRIX = "matrix", "A matrix"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="batches")
    submission = models.UUIDField(
        null=True, blank=True, help_text="The form that asked; a repeat is the same batch."
    )
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.ONE)
    axes = models.JSONField(default=dict, blank=True, help_text="What was varied: names with their values.")
    price = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="USD in all, as shown and agreed"
    )
    title = models.CharField(max_length=200, blank=True)
    destination = models.ForeignKey(
        "gallery.Collection",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Its pictures go there when they arrive.",
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        constraints = [models.UniqueConstraint(fields=["owner", "submission"], name="batch_submission_once")]

    def __str__(self) -> str:
        return f"#{self.pk}"
