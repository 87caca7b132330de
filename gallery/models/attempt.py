"""The ledger: one line for each POST to Venice."""

from django.db import models

from gallery.models.generation import Generation


class Outcome(models.TextChoices):
    """What became of a POST, as far as it is known."""

    PENDING = "pending"
    UNSENT = "unsent"
    REFUSED = "refused"
    OK = "ok"
    UNKNOWN = "unknown"


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

    class Meta:
        indexes = [
            models.Index(fields=["model", "sent_at"], name="attempt_rate"),
            models.Index(fields=["sent_at", "model"], name="attempt_recent"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def may_be_charged(self) -> bool:
        """Whether it is unknown what Venice made of it, and took for it."""
        return self.outcome in (Outcome.PENDING, Outcome.UNKNOWN)
