"""Pictures that were made once more from their seed, and whether the same came of it; each model's score."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from django.db import connection, models
from django.utils import timezone

from gallery.models.generation import Generation
from gallery.models.image import Image
from gallery.models.states import ACTIVE_STATES

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Of the 64 bits of their difference hashes, so many may differ where two pictures are the same to the eye.
ALIKE_WITHIN = 2
#: A model's score is over so many newest ones.
SCORED = 100


class Outcome(models.TextChoices):
    """What the comparison came to. Nothing is compared where one of the two is gone, or is the emulator's alone."""

    PENDING = "", "Not compared yet"
    EXACT = "exact", "The same bytes"
    ALIKE = "alike", "The same to the eye"
    DIFFERENT = "different", "Different"
    NONE = "none", "Not comparable"


@dataclass(frozen=True, slots=True)
class Score:
    """Of so many pictures of a model that were made again, how many came out byte for byte, and to the eye."""

    exact: int
    alike: int
    total: int

    @property
    def words(self) -> str:
        """`made again exactly 9 of 10`."""
        text = f"made again exactly {self.exact} of {self.total}"
        return f"{text}, {self.alike} to the eye" if self.alike else text


class VerificationQuerySet(models.QuerySet["Verification"]):
    def ask(self, generation: Generation, image: Image) -> None:
        """Within the transaction that queues `generation`, which makes `image` again, have the two compared.

        A form that was sent twice asks once; one that has made something else asks nothing.
        """
        if generation.origin_id == image.pk and generation.seed == image.seed:
            values = {"image": image, "model": generation.model, "emulated": generation.emulated}
            self.get_or_create(generation=generation, defaults=values)

    def due(self) -> Self:
        """Those that can be compared now: nothing more comes of their generations."""
        pending = self.filter(outcome=Outcome.PENDING).exclude(generation__state__in=ACTIVE_STATES)
        return pending.select_related("generation", "image").order_by("pk")

    def conclude(self, outcome: Outcome, distance: int | None = None) -> int:
        """Write down what came of these that are pending; how many. `distance` in bits of 64, where it was measured."""
        pending = self.filter(outcome=Outcome.PENDING)
        return pending.update(outcome=outcome, distance=distance, judged_at=timezone.now())


class Verification(models.Model):
    """One picture that was made again, by a generation of its own."""

    generation = models.OneToOneField(Generation, models.CASCADE, related_name="verification")
    image = models.ForeignKey(
        Image,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="verifications",
        help_text="What it is compared with.",
    )
    model = models.CharField(max_length=200)
    emulated = models.BooleanField(default=False, help_text="The emulator's; counts in no score of Venice's.")
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True, default=Outcome.PENDING)
    distance = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of 64, to the eye.")
    asked_at = models.DateTimeField(default=timezone.now)
    judged_at = models.DateTimeField(null=True, blank=True)

    objects = VerificationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["outcome", "id"], name="verification_due"),
            models.Index(fields=["model", "emulated", "-id"], name="verification_of_model"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_pending(self) -> bool:
        """Whether the two are still to be compared."""
        return self.outcome == Outcome.PENDING

    @property
    def joins(self) -> str:
        """Between what came of it and the picture that it was compared with: `different (…) from picture 5`."""
        if self.outcome == Outcome.DIFFERENT:
            return "from"
        return "with" if self.outcome in (Outcome.PENDING, Outcome.NONE) else "as"

    @property
    def words(self) -> str:
        """`the same to the eye (distance 1 of 64)`, `different (…)`; else the outcome's label in small letters."""
        if self.outcome == Outcome.ALIKE:
            return f"the same to the eye (distance {self.distance} of 64)"
        if self.outcome == Outcome.DIFFERENT:
            return f"different (distance {self.distance} of 64)"
        return Outcome(self.outcome).label.lower()


def scores(*, emulated: bool = False) -> "Mapping[str, Score]":
    """Of each model of which pictures were made again and compared, how that went lately; one query.

    However many there are, it looks at the newest hundred of each model of the catalogue.
    """
    newest = f"""SELECT v.outcome FROM gallery_verification v WHERE v.model = m.model_id AND v.emulated = %s
        ORDER BY v.id DESC LIMIT {SCORED}"""  # noqa: S608 - constants
    counts = ", ".join(
        f"(SELECT count(*) FROM ({newest}) newest WHERE newest.outcome IN ({outcomes}))"  # noqa: S608 - constants
        for outcomes in ("'exact'", "'alike'", "'exact', 'alike', 'different'")
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT m.model_id, {counts} FROM gallery_catalogmodel m", [emulated] * 3)  # noqa: S608
        rows = cursor.fetchall()
    return {model: Score(exact, alike, total) for model, exact, alike, total in rows if total}
