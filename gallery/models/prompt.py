"""Each distinct prompt once, with its counters: the prompt history."""

import hashlib
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Round

from gallery import search
from gallery.models.states import CHARGED_OUTCOMES

if TYPE_CHECKING:
    from gallery.models.generation import Generation


# Millionths of a dollar, as prices have them.
PLACES = 6
# Each is kept by the transaction that changes what it counts.
COUNTERS = ("generation_count", "last_generation_id", "picture_count", "spent", "pretended")


def _counters() -> dict[str, Any]:
    """What the rows say of a prompt, as subqueries."""
    generations, attempts, images = (
        apps.get_model("gallery", name)._default_manager for name in ("Generation", "Attempt", "Image")
    )
    uses = generations.filter(prompt=OuterRef("pk")).order_by().values("prompt")
    pictures = images.filter(prompt=OuterRef("pk")).order_by().values("prompt")
    calls = attempts.filter(generation__prompt=OuterRef("pk"), outcome__in=CHARGED_OUTCOMES)

    def counted(rows: models.QuerySet[Any], aggregate: models.Aggregate) -> Coalesce:
        return Coalesce(Subquery(rows.annotate(counted=aggregate).values("counted")), 0)

    def paid(*, emulated: bool) -> Coalesce:
        rows = calls.filter(emulated=emulated).order_by().values("generation__prompt")
        total = Subquery(rows.annotate(paid=Sum("price")).values("paid"))
        return Coalesce(
            Round(total, PLACES),
            Decimal(0),
            output_field=models.DecimalField(max_digits=20, decimal_places=PLACES),
        )

    return {
        "generation_count": counted(uses, Count("pk")),
        "last_generation_id": counted(uses, Max("pk")),
        "picture_count": counted(pictures, Count("pk")),
        "spent": paid(emulated=False),
        "pretended": paid(emulated=True),
    }


class PromptQuerySet(models.QuerySet["Prompt"]):
    """Verbs of the prompt history."""

    def matching(self, query: search.Query) -> Self:
        """The prompts that hold what `query` asks, with a picture that its operators name; all when it is empty."""
        rows = self
        if query.words:
            rows = rows.filter(pk__in=search.prompt_ids(query.words, connection.vendor))
        if query.filters:
            # By its name: pictures are of prompts, and not the other way round.
            images = apps.get_model("gallery", "Image")._default_manager.filter(query.condition)
            rows = rows.filter(Exists(images.filter(prompt=OuterRef("pk"))))
        return rows

    def newest_first(self) -> Self:
        """By last use."""
        return self.order_by("-last_generation_id")

    def remember(self, text: str) -> "Prompt":
        """The row of this text, made when it is new. `text` is clean already."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        return self.get_or_create(sha256=digest, defaults={"text": text, **search.columns(text)})[0]

    def count_pictures(self, count: int) -> int:
        """So many more were stored, in the transaction that stores them."""
        return self.update(picture_count=F("picture_count") + count)

    def charge(self, price: Decimal, *, emulated: bool) -> int:
        """Add what a call may have cost (USD; below zero when it has not after all), within its transaction."""
        column = "pretended" if emulated else "spent"
        # SQLite adds as floats: rounded, the sum is again the very number that was meant.
        return self.update(**{column: Round(F(column) + price, PLACES)})

    def miscounted(self) -> Self:
        """Those of which a counter is not what the rows say, each with the right value as `true_` and its name."""
        right = self.annotate(**{f"true_{name}": value for name, value in _counters().items()})
        wrong = [~Q(**{name: F(f"true_{name}")}) for name in COUNTERS]
        return right.filter(reduce(or_, wrong))

    def recount(self) -> int:
        """Count anew from the rows themselves what nobody has counted; how many."""
        with transaction.atomic():
            # What others count meanwhile is committed before it is looked at.
            ids = list(self.select_for_update().order_by("pk").values_list("pk", flat=True))
            return self.model._default_manager.filter(pk__in=ids).update(**_counters())


class Prompt(models.Model):
    """A prompt as it was cleaned and sent. Search is over `words` and `folded`, made of the text when the row is."""

    sha256 = models.CharField(max_length=64, unique=True)
    text = models.TextField()
    folded = models.TextField(default="", editable=False)
    words = models.TextField(default="", editable=False)
    generation_count = models.PositiveIntegerField(default=0)
    last_generation_id = models.BigIntegerField(default=0, help_text="Its newest use; sorts the history.")
    last_used_at = models.DateTimeField(null=True)
    picture_count = models.PositiveIntegerField(default=0)
    spent = models.DecimalField(
        max_digits=20, decimal_places=PLACES, default=0, help_text="USD; what may have been charged included."
    )
    pretended = models.DecimalField(
        max_digits=20, decimal_places=PLACES, default=0, help_text="The same at the emulator: no money."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PromptQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-last_generation_id"], name="prompt_newest_use"),
            models.Index(fields=["-generation_count", "-id"], name="prompt_most_used"),
            models.Index(fields=["-spent", "-id"], name="prompt_dearest"),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    def count_use(self, generation: "Generation") -> None:
        """Count one more use, inside the transaction that queues `generation`."""
        Prompt.objects.filter(pk=self.pk).update(
            generation_count=F("generation_count") + 1,
            last_generation_id=generation.pk,
            last_used_at=generation.created_at,
        )
