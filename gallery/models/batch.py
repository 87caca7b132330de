"""One click: the form that was sent once, the generations that it asked for, and what people do to all of them.

Each verb is one compare-and-set, or asks the verbs of its generations: what is under way always goes on.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from gallery.failpoints import failpoint
from gallery.models import sets
from gallery.models.states import RUNNABLE_STATES, Hold, State
from venice.operations import Operation

if TYPE_CHECKING:
    from gallery.models.generation import Generation
    from gallery.models.queue import GenerationQuerySet
    from gallery.models.user import User


class BatchQuerySet(models.QuerySet["Batch"]):
    def submitted(self, owner: "User", submission: UUID | None) -> Self:
        """What this very form of this member has asked for already: one, or none."""
        return self.filter(owner=owner, submission=submission) if submission else self.none()

    def pause(self) -> int:
        """Send nothing more of them until they are resumed; how many were not paused yet.

        What a worker has leased and not begun waits again: when this returns, nothing more of them is begun.
        """
        from gallery.models.generation import Generation

        with transaction.atomic():
            # Whoever begins one of them holds its row: see `Lifecycle.begin`.
            running = self.filter(paused_at=None)._locked()
            Batch.objects.filter(pk__in=running).update(paused_at=timezone.now())
            members = Generation.objects.filter(batch__in=running)
            members.release()
            members.hold(Hold.BATCH)
            failpoint("pausing")
            return len(running.ids)

    def resume(self) -> int:
        """Send the rest of those that are paused; how many clicks these were."""
        with transaction.atomic():
            return Batch.objects.filter(pk__in=self.exclude(paused_at=None)._locked()).update(paused_at=None)

    def _locked(self) -> sets.Ids:
        """Within a transaction, the ids of these as far as they are so by now, held until its end; in order."""
        rows = self.order_by("pk").select_for_update(no_key=True, of=("self",))
        return sets.Ids(rows.values_list("pk", flat=True))


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
    paused_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when nothing more of it is sent: somebody paused it."
    )

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        constraints = [models.UniqueConstraint(fields=["owner", "submission"], name="batch_submission_once")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def members(self) -> "GenerationQuerySet":
        """Its generations, in the order of the click."""
        from gallery.models.generation import Generation

        return Generation.objects.filter(batch=self.pk).order_by("position")

    @property
    def to_run_again(self) -> "GenerationQuerySet":
        """Those that failed or were interrupted, that nobody has dismissed or run again."""
        return self.members.needing_attention().filter(repeats=None)

    @property
    def given_up(self) -> "GenerationQuerySet":
        """Those that were cancelled, that nobody has dismissed or run again."""
        return self.members.filter(state=State.CANCELLED, dismissed_at=None, repeats=None)

    def repeat(self, *states: State) -> "Batch | None":
        """The newest click that ran again what is in one of `states` of this one; without them, anything of it."""
        from gallery.models.generation import Generation

        old = Generation.objects.filter(batch=self.pk, state__in=states or RUNNABLE_STATES)
        again = Generation.objects.filter(run_again_of__in=old).order_by("-batch").select_related("batch")
        newest = again.first()
        return newest.batch if newest else None

    @property
    def called(self) -> str:
        """What made several requests of it, in words; just several where they differ in nothing that a kind names."""
        is_other = self.kind == self.Kind.COUNT and "seed" not in self.axes
        return "Several requests" if is_other else self.get_kind_display()

    @property
    def written(self) -> str:
        """The prompt as it was written, with its words in braces; empty where one text was made."""
        texts = self.axes.get("prompt") if self.kind != self.Kind.MATRIX else None
        return str(texts[0]) if texts else ""

    def pause(self) -> bool:
        """Send nothing more of it until it is resumed; False when it is paused already.

        What a worker has leased and not begun waits again: when this returns, nothing more of it is begun.
        """
        return bool(Batch.objects.filter(pk=self.pk).pause())

    def resume(self) -> bool:
        """Send the rest of it; False when it is not paused."""
        return bool(Batch.objects.filter(pk=self.pk).resume())

    def cancel(self) -> int:
        """Cancel all of it that was not sent yet; how many generations."""
        return self.members.cancel()

    def run_again(
        self,
        requested_by: "User",
        prices: "Mapping[int, Decimal | None]",
        *,
        submission: UUID | None = None,
    ) -> "list[Generation]":
        """One click more, of those in `prices` that ended short and that nobody has dismissed: as of any generations.

        Of two at once the second gets an empty list.
        """
        rows = self.members.filter(dismissed_at=None)
        return rows.run_again(requested_by, prices, submission=submission)[0]


def varied(operations: Sequence[Operation]) -> dict[str, Any]:
    """The columns of a batch that tell in what its requests differ, as far as a kind names it; the rarest decides."""

    def values(name: str) -> list[Any]:
        return list(dict.fromkeys(getattr(operation, name, None) for operation in operations))

    models, seeds = values("model"), values("seed")
    kind = Batch.Kind.COUNT if len(seeds) > 1 else Batch.Kind.ONE
    if len(models) > 1:
        kind = Batch.Kind.MODELS
    # Words as they were written are not known here: each of them stands with its own request.
    if len(values("prompt")) > 1:
        kind = Batch.Kind.WORDS
    varied = {"model": models, "seed": seeds}
    return {"kind": kind, "axes": {name: each for name, each in varied.items() if len(each) > 1}}
