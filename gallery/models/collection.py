"""Collections: pictures that somebody chose, in an order of their own."""

from collections.abc import Collection as Ids
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone

from gallery.models import label, sets
from gallery.models.image import Image
from gallery.models.saved_search import SavedSearch
from gallery.models.sets import link
from gallery.text import clean_label, label_key

if TYPE_CHECKING:
    from gallery.models.user import User

# Between two positions there is room for ten times halving, until all of them are numbered anew.
STEP = 1024
_PORTION = 500
# Of so many pictures that were collected last, the collections are the latest.
_LOOKED_BACK = 500

Way = Literal["first", "earlier", "later", "last"]
WAYS: tuple[Way, ...] = ("first", "earlier", "later", "last")


class CollectionQuerySet(models.QuerySet["Collection"]):
    def active(self) -> Self:
        """Those that nobody has archived: menus offer them."""
        return self.filter(archived_at=None)

    def used_last(self, limit: int) -> list["Collection"]:
        """The active ones that pictures were put into last, then the newest; three queries."""
        entries = CollectionImage.objects.order_by("-pk").values_list("collection", flat=True)[:_LOOKED_BACK]
        used = list(dict.fromkeys(entries))[:limit]
        by_id = self.active().in_bulk(used)
        recent = [by_id[pk] for pk in used if pk in by_id]
        return recent + list(self.active().exclude(pk__in=by_id).order_by("-pk")[: limit - len(recent)])

    def with_any(self, images: Ids[int]) -> Self:
        """Those that one of these pictures was put into, a few thousand at most, be it in the trash or not."""
        entries = CollectionImage.objects.filter(image__in=sets.Ids(images))
        return self.filter(pk__in=entries.values("collection"))

    def named(self, text: str) -> "Collection | None":
        """The collection that `text` names, in any case and form; None when there is none."""
        return self.filter(folded=label_key(clean_label(text))).first()

    def called(self, text: str, by: "User") -> "Collection":
        """The collection that `text` names, made when it is new. ValidationError for what cannot be a name."""
        name = _checked(text)
        return self.get_or_create(folded=label_key(name), defaults={"name": name, "created_by": by})[0]

    def meant(self, text: str, by: "User") -> "Collection":
        """As `called`, but a new one is stored with its first picture, by its `add`, and not before."""
        name = _checked(text)
        folded = label_key(name)
        return self.filter(folded=folded).first() or Collection(name=name, folded=folded, created_by=by)


def _checked(text: str) -> str:
    return label.checked(text, Collection.MAX_NAME, noun="A name", blank="A collection needs a name.")


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

        Returns the ids of the pictures that are there. One in the trash is not. ValidationError when it was deleted
        meanwhile, as in all that follows.
        """
        with transaction.atomic():
            is_new = label.begin(self)
            # Two who add at once would number alike.
            self._hold()
            locked = set(Image.objects.kept().lock(ids))
            if is_new and not locked:
                self.pk = None
                transaction.set_rollback(True)
                return []
            ordered = [pk for pk in dict.fromkeys(ids) if pk in locked]
            last = self.entries.aggregate(last=Max("position"))["last"] or 0
            values = {"collection": self, "added_by": by, "added_at": timezone.now()}
            link(CollectionImage, ordered, values, stepped={"position": (last + STEP, STEP)})
        return ordered

    def become_destination(self, of: "User") -> None:
        """All that this member makes goes into it. ValidationError for an archived one, into which nothing goes."""
        with transaction.atomic():
            self._hold()
            if not Collection.objects.active().filter(pk=self.pk).exists():
                raise ValidationError(
                    f"“{self.name}” is archived: nothing goes there by itself. Bring it back into use first."
                )
            get_user_model().objects.filter(pk=of.pk).update(destination=self)
        of.destination = self

    def take_cover(self, image: int | None) -> bool:
        """That picture of it stands before all others on its card, None: its first. False when it is not in it."""
        with transaction.atomic():
            self._hold()
            if image is not None and not (Image.objects.lock([image]) and self.entries.filter(image=image)):
                return False
            Collection.objects.filter(pk=self.pk).update(cover=image)
        return True

    def _hold(self) -> None:
        label.hold(Collection.objects.filter(pk=self.pk), self.name)

    def remove(self, ids: Ids[int]) -> int:
        """Take these pictures out of it, its cover too; how many were in it."""
        with transaction.atomic():
            self._hold()
            Collection.objects.filter(pk=self.pk, cover__in=ids).update(cover=None)
            return self.entries.filter(image__in=ids).delete()[0]

    def rename(self, text: str) -> None:
        """Give it another name. ValidationError for what cannot be one, and for that of another collection."""
        name = _checked(text)
        if Collection.objects.filter(folded=label_key(name)).exclude(pk=self.pk).exists():
            raise ValidationError(f"There is a collection “{name}” already.")
        self.name, self.folded = name, label_key(name)

    def reword(self) -> None:
        """Write its name and its notes, its row being held; saved searches follow.

        IntegrityError when another has that name.
        """
        with transaction.atomic():
            self.tell_searches()
            self.save(update_fields=["name", "folded", "notes"])

    def tell_searches(self) -> None:
        """Saved searches for it ask for its new name, which is to be saved by the same transaction."""
        names = dict(Collection.objects.order_by().values_list("name", "pk"))
        if names.get(self.name) != self.pk:
            SavedSearch.objects.follow("in", names, [self.pk], self.name)

    def place(self, ids: Ids[int], before: int | None = None, *, after: int | None = None) -> list[int]:
        """Put these of its pictures, in that order, directly before one picture or after another, or at its end.

        A few thousand at most. `after` is in the trash or not. Returns those that were moved: none when the other is
        not in it, or `before` is one of them.
        """
        with transaction.atomic():
            self._hold()
            entries = {entry.image_id: entry for entry in self.entries.filter(image__in=ids)}
            moved = [entries[pk] for pk in dict.fromkeys(ids) if pk in entries]
            rest = self.entries.exclude(image__in=ids)
            upper = rest.filter(image=before).first() if before is not None else None
            if not moved or (before is not None and upper is None):
                return []
            if after is not None:
                lower = self.entries.filter(image=after).first()
                if lower is None:
                    return []
                upper = self._following(lower, ids)
            positions = _between(_ahead(rest, upper), upper, len(moved))
            if positions is None:
                self._number_anew(moved, rest, upper)
            else:
                for entry, position in zip(moved, positions, strict=True):
                    entry.position = position
                CollectionImage.objects.bulk_update(moved, ["position"], _PORTION)
        return [entry.image_id for entry in moved]

    def move(self, image: int, way: Way, *, hides_sensitive: bool = False) -> bool:
        """One place on, or to an end; False where it is there already.

        Past what is not to be seen: the trash, and for who `hides_sensitive` what is that.
        """
        with transaction.atomic():
            self._hold()
            own = self.entries.filter(image=image).first()
            if own is None:
                return False
            shown = self.entries.filter(image__trashed_at=None).exclude(pk=own.pk)
            if hides_sensitive:
                shown = shown.filter(image__is_sensitive=False)
            ahead, behind = shown.filter(_before(own)), shown.exclude(_before(own))
            if not (ahead if way in ("first", "earlier") else behind).exists():
                return False
            if way == "earlier":
                target = ahead.order_by("-position", "-image").first()
            elif way == "first":
                target = shown.order_by("position", "image").first()
            else:
                passed = behind.order_by("position", "image").first() if way == "later" else None
                target = self._following(passed) if passed else None
            return bool(self.place([image], target.image_id if target else None))

    def _following(self, entry: "CollectionImage", ids: Ids[int] = ()) -> "CollectionImage | None":
        later = self.entries.exclude(_before(entry)).exclude(pk=entry.pk).exclude(image__in=ids)
        return later.order_by("position", "image").first()

    def _number_anew(
        self,
        moved: "Sequence[CollectionImage]",
        rest: "models.QuerySet[CollectionImage]",
        upper: "CollectionImage | None",
    ) -> None:
        """Positions with gaps for all, once there is no room where `moved` come to stand."""
        ordered = list(rest.order_by("position", "image").only("position", "image_id"))
        at = next((n for n, entry in enumerate(ordered) if upper and entry.pk == upper.pk), len(ordered))
        ordered[at:at] = moved
        for number, entry in enumerate(ordered, start=1):
            entry.position = number * STEP
        CollectionImage.objects.bulk_update(ordered, ["position"], _PORTION)


def _before(entry: "CollectionImage") -> Q:
    return Q(position__lt=entry.position) | Q(position=entry.position, image__lt=entry.image_id)


def _ahead(
    rest: "models.QuerySet[CollectionImage]", upper: "CollectionImage | None"
) -> "CollectionImage | None":
    """What stands directly before `upper`, or last."""
    rows = rest.filter(_before(upper)) if upper else rest
    return rows.order_by("-position", "-image").first()


def _between(
    lower: "CollectionImage | None", upper: "CollectionImage | None", count: int
) -> list[int] | None:
    """So many positions between two, either of which may be missing; None when there is no room."""
    if upper is None:
        start = lower.position if lower else 0
        return [start + STEP * number for number in range(1, count + 1)]
    if lower is None:
        return [upper.position - STEP * number for number in range(count, 0, -1)]
    room = upper.position - lower.position
    if room <= count:
        return None
    return [lower.position + room * number // (count + 1) for number in range(1, count + 1)]


class CollectionImage(models.Model):
    """A picture's place in a collection, in each once; it may be in many."""

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
