"""Words that the team puts on pictures; the same word once, in whatever case and Unicode form it is typed."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from gallery import search
from gallery.models.image import Image
from gallery.models.sets import link
from gallery.text import clean_label, is_blank, label_key

if TYPE_CHECKING:
    from gallery.models.user import User


class TagQuerySet(models.QuerySet["Tag"]):
    """Verbs of tags."""

    def named(self, text: str) -> "Tag | None":
        """The tag that `text` names, in any case and form; None when there is none."""
        return self.filter(folded=label_key(clean_label(text))).first()

    def called(self, text: str, by: "User") -> "Tag":
        """The tag that `text` names, made when it is new. ValidationError for what cannot be a tag."""
        name = clean_label(text)
        if is_blank(name):
            raise ValidationError("A tag needs at least one letter, digit or sign.")
        if max(len(name), len(label_key(name))) > Tag.MAX_NAME:
            raise ValidationError(f"A tag has at most {Tag.MAX_NAME} characters; this one has {len(name)}.")
        return self.get_or_create(folded=label_key(name), defaults={"name": name, "created_by": by})[0]


class Tag(models.Model):
    """A word or a few."""

    MAX_NAME = 60

    name = models.CharField(max_length=MAX_NAME)
    folded = models.CharField(
        max_length=MAX_NAME, unique=True, editable=False, help_text="The name without case and Unicode form."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ("folded",)

    def __str__(self) -> str:
        return self.name

    @property
    def search(self) -> str:
        """The search for what has it."""
        return search.operator("tag", self.name)

    def add(self, ids: Collection[int], by: "User") -> list[int]:
        """Put it on these pictures, a few thousand at most; returns the ids of those that are there."""
        with transaction.atomic():
            known = Image.objects.lock(ids)
            link(ImageTag, known, {"tag": self, "tagged_by": by, "tagged_at": timezone.now()})
        return known

    def remove(self, ids: Collection[int]) -> int:
        """Take it off these pictures; how many had it."""
        return ImageTag.objects.filter(tag=self, image__in=ids).delete()[0]


class ImageTag(models.Model):
    """A tag on a picture: whose, and since when."""

    tag = models.ForeignKey(Tag, models.CASCADE, related_name="links", db_index=False)
    image = models.ForeignKey(Image, models.CASCADE, related_name="tag_links")
    tagged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    tagged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "image"], name="tag_of_image_once")]
        indexes = [models.Index(fields=["tag", "-image"], name="tag_newest")]

    def __str__(self) -> str:
        return f"{self.tag_id} on #{self.image_id}"
