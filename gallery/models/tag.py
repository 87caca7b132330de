"""Words that the team puts on pictures; the same word once, in whatever case and Unicode form it is typed."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from gallery import search
from gallery.models import label
from gallery.models.image import Image
from gallery.models.saved_search import SavedSearch
from gallery.models.sets import link
from gallery.text import clean_label, label_key

if TYPE_CHECKING:
    from gallery.models.user import User


class TagQuerySet(models.QuerySet["Tag"]):
    def named(self, text: str) -> "Tag | None":
        """The tag that `text` names, in any case and form; None when there is none."""
        return self.filter(folded=label_key(clean_label(text))).first()

    def called(self, text: str, by: "User") -> "Tag":
        """The tag that `text` names, made when it is new. ValidationError for what cannot be a tag."""
        name = _checked(text)
        return self.get_or_create(folded=label_key(name), defaults={"name": name, "created_by": by})[0]

    def meant(self, text: str, by: "User") -> "Tag":
        """As `called`, but a new one is stored with its first picture, by its `add`, and not before."""
        name = _checked(text)
        folded = label_key(name)
        return self.filter(folded=folded).first() or Tag(name=name, folded=folded, created_by=by)

    def merge(self, text: str, by: "User") -> int:
        """Make these the one that `text` names, made when it is new; returns how many went into it.

        A picture that had several keeps one link: that of whoever tagged it first. ValidationError for what cannot be
        a tag, and when there is nothing to merge.
        """
        with transaction.atomic():
            target = Tag.objects.called(text, by)
            ids = list(self.exclude(pk=target.pk).values_list("pk", flat=True))
            if not ids:
                raise ValidationError(f"There is no other tag to make “{target.name}” of.")
            links = ImageTag.objects.filter(tag__in=[target.pk, *ids])
            # Pictures first, as whoever tags them holds them and then asks for the tag.
            Image.objects.lock(links.values_list("image", flat=True))
            # By key: who puts one of these on another picture meanwhile waits, or is waited for.
            locked = Tag.objects.filter(pk__in=[target.pk, *ids]).order_by("pk").select_for_update()
            remaining = set(locked.values_list("pk", flat=True))
            if target.pk not in remaining:
                raise ValidationError(f"“{target.name}” went into another tag meanwhile. Nothing was done.")
            ids = [pk for pk in ids if pk in remaining]
            same = links.filter(image=OuterRef("image"))
            earlier = Q(tagged_at__lt=OuterRef("tagged_at")) | Q(
                tagged_at=OuterRef("tagged_at"), pk__lt=OuterRef("pk")
            )
            links.filter(Exists(same.filter(earlier))).delete()
            links.filter(tag__in=ids).update(tag=target)
            names = dict(Tag.objects.order_by().values_list("name", "pk"))
            SavedSearch.objects.follow("tag", names, ids, target.name)
            Tag.objects.filter(pk__in=ids).delete()
        return len(ids)


def _checked(text: str) -> str:
    blank = "A tag needs at least one letter, digit or sign."
    return label.checked(text, Tag.MAX_NAME, noun="A tag", blank=blank)


class Tag(models.Model):
    """A word or a few, in one spelling for the whole team."""

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
        """The search for what has it, as it is typed: `tag:night`."""
        return search.operator("tag", self.name)

    def rename(self, text: str) -> None:
        """Take that name, to be saved. ValidationError for what cannot be a tag, or is another one."""
        name = _checked(text)
        if Tag.objects.filter(folded=label_key(name)).exclude(pk=self.pk).exists():
            raise ValidationError(f"There is a tag “{name}” already. Merge the two in the list.")
        self.name, self.folded = name, label_key(name)

    def tell_searches(self) -> None:
        """Saved searches for it ask for its new name, which is to be saved by the same transaction."""
        names = dict(Tag.objects.order_by().values_list("name", "pk"))
        if names.get(self.name) != self.pk:
            SavedSearch.objects.follow("tag", names, [self.pk], self.name)

    def add(self, ids: Collection[int], by: "User") -> list[int]:
        """Put it on these pictures, a few thousand at most; returns the ids of those that are there.

        ValidationError when it was deleted or merged meanwhile.
        """
        with transaction.atomic():
            locked = Image.objects.lock(ids)
            if not locked:
                return []
            label.begin(self)
            label.hold(Tag.objects.filter(pk=self.pk), self.name)
            link(ImageTag, locked, {"tag": self, "tagged_by": by, "tagged_at": timezone.now()})
        return locked

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
