"""Collections: pictures that somebody chose, in an order of their own."""

from collections.abc import Collection as Ids
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from gallery.models.image import Image
from gallery.models.sets import link
from gallery.text import clean_label, is_blank, label_key

if TYPE_CHECKING:
    from gallery.models.user import User

# Between two positions there is room for ten times halving, until all of them are numbered anew.
STEP = 1024


class CollectionQuerySet(models.QuerySet["Collection"]):
    """Verbs of collections."""

    def named(self, text: str) -> "Collection | None":
        """The collection that `text` names, in any case and form; None when there is none."""
        return self.filter(folded=label_key(clean_label(text))).first()

    def called(self, text: str, by: "User") -> "Collection":
        """The collection that `text` names, made when it is new. ValidationError for what cannot be a name."""
        name = clean_label(text)
        if is_blank(name):
            raise ValidationError("A collection needs a name.")
        if max(len(name), len(label_key(name))) > Collection.MAX_NAME:
            limit = Collection.MAX_NAME
            raise ValidationError(f"A name has at most {limit} characters; this one has {len(name)}.")
        return self.get_or_create(folded=label_key(name), defaults={"name": name, "created_by": by})[0]


class Collection(models.Model):
    """A set of pictures with a name, a cover and notes. An archived one is in no menu."""

    MAX_NAME = 100
    MAX_NOTES = 10_000

    name = models.CharField(max_length=MAX_NAME)
    folded = models.CharField(
        max_length=MAX_NAME, unique=True, editable=False, help_text="The name without case and Unicode form."
    )
    notes = models.TextField(max_length=MAX_NOTES, blank=True)
    cover = models.ForeignKey(
        Image,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: its first picture.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="collections"
    )
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = ("folded",)

    def __str__(self) -> str:
        return self.name

    def add(self, ids: Ids[int], by: "User | None") -> list[int]:
        """Put these pictures at its end, in the order of `ids`, a few thousand at most; what is in it stays in place.

        Returns the ids of the pictures that are there. One in the trash is not.
        """
        with transaction.atomic():
            # Two who add at once would number alike.
            Collection.objects.select_for_update().get(pk=self.pk)
            known = set(Image.objects.kept().lock(ids))
            ordered = [pk for pk in dict.fromkeys(ids) if pk in known]
            last = self.entries.aggregate(last=Max("position"))["last"] or 0
            values = {"collection": self, "added_by": by, "added_at": timezone.now()}
            link(CollectionImage, ordered, values, stepped={"position": (last + STEP, STEP)})
        return ordered

    def remove(self, ids: Ids[int]) -> int:
        """Take these pictures out of it; how many were in it."""
        return self.entries.filter(image__in=ids).delete()[0]


class CollectionImage(models.Model):
    """A picture of a collection, and its position there."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="entries", db_index=False)
    image = models.ForeignKey(Image, models.CASCADE, related_name="entries")
    position = models.BigIntegerField(help_text="Sorts the collection; with gaps between.")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "image"], name="image_in_collection_once")
        ]
        indexes = [
            models.Index(fields=["collection", "position", "image"], name="collection_order"),
            models.Index(fields=["collection", "-image"], name="collection_newest"),
        ]

    def __str__(self) -> str:
        return f"#{self.image_id} in {self.collection_id}"
