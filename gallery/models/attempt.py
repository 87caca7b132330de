"""The ledger: one line for each POST to Venice."""

from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from gallery.models.generation import FINAL_STATES, Generation

# So long a person may look at an answer that could not be used.
KEEP = timedelta(days=90)
REASON_LIMIT = 500


class Outcome(models.TextChoices):
    """What became of a POST, as far as it is known."""

    PENDING = "pending"
    UNSENT = "unsent"
    REFUSED = "refused"
    OK = "ok"
    UNKNOWN = "unknown"


class AttemptQuerySet(models.QuerySet["Attempt"]):
    """Verbs of answers that could not be used as a whole and are kept; each is one compare-and-set."""

    def kept(self) -> Self:
        """Those whose answer lies on the disk of their host, for a person to look at."""
        return self.filter(kept_bytes__isnull=False, kept_until__gt=Now())

    def asked(self) -> Self:
        """Those whose answer somebody wants to be read again."""
        return self.filter(kept_bytes__isnull=False, reading_asked_at__isnull=False)

    def keep(self, size: int, reason: str, **more: Any) -> bool:
        """Write down, before the file is put aside, that `size` bytes stay and why; ends a reading."""
        until = Coalesce("kept_until", Now() + KEEP)
        words = reason[:REASON_LIMIT]
        changes = {"kept_bytes": size, "kept_reason": words, "kept_until": until, "reading_asked_at": None}
        return bool(self.update(**changes | more))

    def let_go(self, **more: Any) -> bool:
        """Write down that nothing is kept any more: it was stored, or its file is gone."""
        return bool(self.update(kept_bytes=None, reading_asked_at=None, **more))

    def ask_reading(self) -> bool:
        """Have the worker of its host read it once more; False when it is asked already, or not kept."""
        ended = Exists(Generation.objects.filter(pk=OuterRef("generation"), state__in=FINAL_STATES))
        mine = self.kept().filter(ended, kept_bytes__gt=0, reading_asked_at=None)
        return bool(mine.update(reading_asked_at=Now(), read_again_at=None))

    def discard(self) -> bool:
        """Keep it no longer: the worker of its host removes the file. False while it is being read."""
        return bool(self.kept().filter(reading_asked_at=None).update(kept_until=Now()))


class Attempt(models.Model):
    """One POST, committed before its first byte leaves. What is not known stays NULL or `unknown`."""

    generation = models.ForeignKey(Generation, models.PROTECT, related_name="attempts")
    token = models.UUIDField(unique=True)
    worker = models.CharField(max_length=200)
    host = models.CharField(max_length=200)
    model = models.CharField(max_length=200)
    images_asked = models.PositiveSmallIntegerField(default=1)
    emulated = models.BooleanField(default=False)

    sent_at = models.DateTimeField()
    headers_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default=Outcome.PENDING)
    status = models.PositiveIntegerField(null=True, blank=True)
    cf_ray = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=200, blank=True)
    balance_before = models.DecimalField(
        max_digits=14, decimal_places=6, null=True, blank=True, help_text="USD"
    )
    price = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="USD, by the catalogue"
    )
    bytes = models.PositiveBigIntegerField(null=True, blank=True)
    error_kind = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)

    kept_bytes = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Of an answer that could not be used and lies on the host's disk."
    )
    kept_reason = models.TextField(blank=True, help_text="Why it could not be used.")
    kept_until = models.DateTimeField(null=True, blank=True)
    reading_asked_at = models.DateTimeField(null=True, blank=True, help_text="To be read once more.")
    read_again_at = models.DateTimeField(null=True, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["model", "sent_at"], name="attempt_rate"),
            models.Index(fields=["sent_at", "model"], name="attempt_recent"),
            # Few of very many; without a bound parameter, so that SQLite can use it too.
            models.Index(fields=["kept_until"], condition=Q(kept_bytes__isnull=False), name="attempt_kept"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_kept(self) -> bool:
        """Whether something came that a person may look at, or have read again."""
        return bool(self.kept_bytes and self.kept_until and self.kept_until > timezone.now())

    @property
    def may_be_charged(self) -> bool:
        """Whether it is unknown what Venice made of it, and took for it."""
        return self.outcome in (Outcome.PENDING, Outcome.UNKNOWN)


class KeptAnswer(Attempt):
    """A line of the ledger, seen as the answer that is kept of it."""

    class Meta:
        proxy = True
        verbose_name = "kept answer"
