"""Each distinct prompt once, with its counters: the prompt history."""

import hashlib
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import connection, models
from django.db.models import Exists, OuterRef

from gallery import search

if TYPE_CHECKING:
    from gallery.models.generation import Generation


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


class Prompt(models.Model):
    """A prompt as it was cleaned and sent. Search is over `words` and `folded`, made of the text when the row is."""

    sha256 = models.CharField(max_length=64, unique=True)
    text = models.TextField()
    folded = models.TextField(default="", editable=False)
    words = models.TextField(default="", editable=False)
    generation_count = models.PositiveIntegerField(default=0)
    last_generation_id = models.BigIntegerField(default=0, help_text="Its newest use; sorts the history.")
    last_used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PromptQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-last_generation_id"], name="prompt_newest_use")]

    def __str__(self) -> str:
        return self.text[:80]

    def count_use(self, generation: "Generation") -> None:
        """Count one more use, inside the transaction that queues `generation`."""
        Prompt.objects.filter(pk=self.pk).update(
            generation_count=models.F("generation_count") + 1,
            last_generation_id=generation.pk,
            last_used_at=generation.created_at,
        )
