"""A stored picture. The grid's unit is the picture; the variants of one request are a stack under its cover."""

from dataclasses import replace
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

from gallery import search
from gallery.models.attempt import Attempt
from gallery.models.generation import Generation
from gallery.models.prompt import Prompt
from gallery.models.stored import StoredPicture

# Up to so many prompts, the pictures of each are looked up; beyond, so many prompts match that walking the
# newest pictures meets a page of them soon.
FEW_PROMPTS = 300
UNKNOWN_PRICE = -1


def sort_price(price: Decimal | None) -> int:
    """An attempt's price in USD as the column of its pictures holds it: whole, so that it is a cursor, never NULL."""
    return UNKNOWN_PRICE if price is None else round(price * 1_000_000)


class ImageQuerySet(models.QuerySet["Image"]):
    """Verbs of the gallery."""

    def covers(self) -> Self:
        """One picture for each stack."""
        return self.filter(is_cover=True)

    def newest_first(self) -> Self:
        """Newest first is id descending."""
        return self.order_by("-id")

    def matching(self, query: search.Query) -> Self:
        """The pictures that hold what `query` asks. Asks the database once when there are words."""
        rows = self.filter(query.condition) if query.filters else self
        wanted = tuple(term for term in query.words if not term.negated)
        unwanted = tuple(replace(term, negated=False) for term in query.words if term.negated)
        if unwanted and not wanted:
            return rows._without(unwanted)
        if not wanted:
            return rows
        prompts = Prompt.objects.filter(pk__in=search.prompt_ids(query.words, connection.vendor))
        few = list(prompts.order_by().values_list("pk", flat=True)[: FEW_PROMPTS + 1])
        if len(few) <= FEW_PROMPTS:
            return rows.filter(prompt__in=few)
        # The sum hides the prompt's index: SQLite would start from all the prompts and sort their pictures.
        return rows.alias(found=models.F("prompt_id") + 0).filter(found__in=prompts.values("pk"))

    def _without(self, terms: tuple[search.Words, ...]) -> Self:
        """Pictures of no prompt have none of the words."""
        rows = self
        for term in terms:
            ids = search.prompt_ids((term,), connection.vendor)
            rows = rows.filter(Q(prompt=None) | ~Q(prompt__in=ids))
        return rows


class Image(StoredPicture):
    """One picture as Venice sent it, byte for byte, with copies of the columns that the grid filters by."""

    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="images")
    generation = models.ForeignKey(Generation, models.PROTECT, related_name="images")
    index = models.PositiveSmallIntegerField(
        default=0, help_text="Place in the answer; only 0 follows the seed."
    )
    seed = models.IntegerField(
        null=True, blank=True, help_text="Makes this picture again; empty where Venice tells none."
    )
    is_cover = models.BooleanField(default=True)
    stack_size = models.PositiveSmallIntegerField(default=1, help_text="Pictures of the same answer.")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="images")
    prompt = models.ForeignKey(Prompt, models.PROTECT, null=True, blank=True, related_name="images")
    model = models.CharField(max_length=200)
    style_preset = models.CharField(max_length=100, blank=True)
    emulated = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    sort_price = models.BigIntegerField(
        default=UNKNOWN_PRICE,
        help_text="What its whole request cost, in millionths of a USD; -1 when unknown. Lists sort by it.",
    )

    objects = ImageQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "index"], name="image_of_attempt_once")]
        indexes = [
            models.Index(fields=["-id"], name="image_newest_cover", condition=Q(is_cover=True)),
            models.Index(
                fields=["-sort_price", "-id"], name="image_dearest_cover", condition=Q(is_cover=True)
            ),
            models.Index(fields=["prompt", "-id"], name="image_of_prompt"),
            models.Index(fields=["prompt", "seed", "id"], name="image_of_prompt_seed"),
            models.Index(fields=["owner", "-id"], name="image_of_owner"),
            models.Index(fields=["generation", "index"], name="image_of_generation"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def title(self) -> str:
        """What it is called where no picture is to be seen: its prompt, or what was done to make it."""
        return self.prompt.text if self.prompt else self.generation.label

    @property
    def can_be_rerun(self) -> bool:
        """Whether its own seed is known and followed by its model."""
        return self.seed is not None
