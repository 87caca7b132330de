"""A stored picture. The grid's unit is the picture; the variants of one request are a stack under its cover."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from gallery import search
from gallery.models import sets
from gallery.models.attempt import Attempt
from gallery.models.generation import Generation
from gallery.models.image_search import SearchedImages
from gallery.models.prompt import Prompt, Tally
from gallery.models.stored import StoredPicture

if TYPE_CHECKING:
    from gallery.models.user import User

UNKNOWN_PRICE = -1
# When a picture was thrown away of which the trash was emptied: its time is over whatever TRASH_DAYS says.
EMPTIED = datetime(1970, 1, 2, tzinfo=UTC)


def sort_price(price: Decimal | None) -> int:
    """An attempt's price in USD as the column of its pictures holds it: whole, so that it is a cursor, never NULL."""
    return UNKNOWN_PRICE if price is None else round(price * 1_000_000)


class ImageQuerySet(SearchedImages):
    def covers(self) -> Self:
        """One picture for each stack; none in the trash is a cover."""
        return self.filter(is_cover=True)

    def kept(self) -> Self:
        """Those that are not in the trash."""
        return self.filter(trashed_at__isnull=True)

    def trashed(self) -> Self:
        return self.filter(trashed_at__isnull=False)

    def in_trash(self) -> Self:
        """Those that the trash shows: what was emptied is not seen, though the worker may not have come to it."""
        return self.filter(trashed_at__gt=EMPTIED)

    def due(self) -> Self:
        """Those in the trash whose time is over: the worker removes them for good."""
        over = Q(trashed_at__lte=EMPTIED)
        if settings.TRASH_DAYS:
            over |= Q(trashed_at__lt=Now() - timedelta(days=settings.TRASH_DAYS))
        return self.trashed().filter(over)

    def listed_for(self, member: "User") -> Self:
        """Those that stand in the lists of this member, who may have hidden the sensitive ones."""
        return self.filter(is_sensitive=False) if member.hides_sensitive else self

    def sensitive(self) -> Self:
        """Those that Venice has blurred or a member has marked: not for every eye."""
        return self.filter(is_sensitive=True)

    def usable(self) -> Self:
        """Without those that Venice has drawn black or otherwise unusable."""
        return self.filter(is_moderated=False)

    def set_sensitive(self, ids: Iterable[int], by: "User", is_sensitive: bool) -> list[int]:
        """Whether these are sensitive, a few thousand at most. Returns the ids of those that are there."""
        with transaction.atomic():
            locked = self.lock(ids)
            changed = Image.objects.filter(pk__in=locked).exclude(is_sensitive=is_sensitive)
            changed.update(is_sensitive=is_sensitive, sensitive_set_by=by)
        return locked

    def lock(self, ids: Iterable[int]) -> list[int]:
        """Within a transaction, the ids of those that are there, each held until its end; in order: no deadlock.

        Never by key, as all locks here: a row that is written twice has its foreign keys looked at once more when its
        transaction ends, and would then wait for a generation that somebody holds who waits for this picture.
        """
        rows = self.filter(pk__in=sets.Ids(ids)).order_by("pk").select_for_update(no_key=True)
        return list(rows.values_list("pk", flat=True))

    def hold(self, ids: Iterable[int], digests: Iterable[str]) -> set[int]:
        """Within a transaction that makes something from these, by id or content: those that are there stay.

        Whoever removes pictures for good waits meanwhile, and then finds that their files are needed.
        """
        rows = (
            self.filter(Q(pk__in=set(ids)) | Q(sha256__in=set(digests)))
            .order_by("pk")
            .select_for_update(no_key=True)
        )
        return set(rows.values_list("pk", flat=True))

    def sum_marks(self) -> int:
        """Write anew what all members' marks say of these; their rows are locked already. Returns how many changed."""
        ids = list(self.order_by("pk").values_list("pk", flat=True))
        kept = Image.objects.filter(pk__in=sets.Ids(ids)).kept()
        before = kept._tallies()
        changed = sets.sum_marks(ids, connection)
        if changed:
            Prompt.objects.count_each({pk: tally.less(before[pk]) for pk, tally in kept._tallies().items()})
        return changed

    def sum_favourites(self) -> int:
        """`sum_marks` where no rating has changed: of favourites alone, which no prompt counts."""
        return sets.sum_favourites(list(self.order_by("pk").values_list("pk", flat=True)), connection)

    def missummed(self) -> Self:
        """Those whose sums, or whose score, are not what their marks say: the integrity check asks for them."""
        right = self.annotate(**{f"true_{name}": value for name, value in _sums().items()})
        wrong = Q()
        for name in SUMS:
            wrong |= ~Q(**{name: F(f"true_{name}")})
        return right.filter(wrong | ~Q(score=sets.score(F("rating_count"), F("rating_sum"))))

    def trash(self, ids: Collection[int], by: "User", at: datetime | None = None) -> list[int]:
        """Put these into the trash, a few thousand at most; the next of a stack is its cover. Returns which are new.

        `at` is kept as the moment: what one click threw away in portions is found again by it.
        """
        with transaction.atomic():
            generations = self._lock_stacks(ids)
            moved = self.kept().lock(ids)
            thrown = {"trashed_at": at or Now(), "trashed_by": by, "is_cover": False}
            these = Image.objects.filter(pk__in=sets.Ids(moved))
            these.update(**thrown)
            Image.objects.settle_stacks(generations)
            these.count_in_prompts(-1)
        return moved

    def restore(self, ids: Collection[int]) -> list[int]:
        """Take these out of the trash, with all that was on them. Returns which were in it: what is emptied is gone."""
        with transaction.atomic():
            generations = self._lock_stacks(ids)
            moved = self.in_trash().lock(ids)
            Image.objects.settle_stacks(generations, restored=moved)
            Image.objects.filter(pk__in=sets.Ids(moved)).count_in_prompts(1)
        return moved

    def empty(self, ids: Collection[int]) -> list[int]:
        """End the time of these in the trash, a few thousand at most: the worker removes them. Returns which."""
        with transaction.atomic():
            ended = self.in_trash().lock(ids)
            Image.objects.filter(pk__in=ended).update(trashed_at=EMPTIED)
        return ended

    def count_in_prompts(self, by: int) -> None:
        """Their prompts have `by` (1 or -1) times these more, and their ratings; prompts are locked last, in order."""
        Prompt.objects.count_each({pk: tally.times(by) for pk, tally in self._tallies().items()})

    def _tallies(self) -> dict[int, Tally]:
        """What these are to each of their prompts."""
        sums = {"pictures": Count("pk"), "ratings": Sum("rating_count"), "given": Sum("rating_sum")}
        rows = self.filter(prompt__isnull=False).order_by().values("prompt").annotate(**sums)
        return {pk: Tally(*counts) for pk, *counts in rows.values_list("prompt", *sums)}

    def settle_stacks(self, generations: Collection[int], restored: Collection[int] = ()) -> None:
        """One cover for each of these generations that has pictures outside the trash, and how many stand under it.

        The generations' rows are locked: two at once would choose two. `restored` leave the trash by the same
        statement: to write a picture's search document costs more than all else.
        """
        sets.settle_stacks(list(generations), list(restored), connection)

    def _lock_stacks(self, ids: Collection[int]) -> list[int]:
        """The generations of these, held, and all pictures of them: settling changes others than were named.

        All at once and in order: whoever judges or collects several of them holds them in that order too.
        """
        of = self.filter(pk__in=sets.Ids(ids)).order_by().values("generation")
        rows = Generation.objects.filter(pk__in=of).order_by("pk").select_for_update(no_key=True)
        generations = list(rows.values_list("pk", flat=True))
        pictures = (
            Image.objects.filter(generation__in=sets.Ids(generations))
            .order_by("pk")
            .select_for_update(no_key=True)
        )
        list(pictures.values_list("pk"))
        return generations

    def newest_first(self) -> Self:
        """By id: a picture that is stored later has a higher one."""
        return self.order_by("-id")

    def shown_for(self, query: search.Query) -> Self:
        """What the gallery shows of `query`: covers; where it asks for what people have chosen, just these."""
        return (self.kept() if query.is_of_chosen else self.covers()).matching(query)


#: Sums of the marks of all members, kept on the picture.
SUMS = ("favourite_count", "rating_count", "rating_sum")


def _sums() -> dict[str, Any]:
    """What the marks say of a picture, as subqueries."""
    marks: QuerySet[Any] = apps.get_model("gallery", "Mark")._default_manager.all()
    of = marks.filter(image=OuterRef("pk")).order_by().values("image")

    def counted(rows: QuerySet[Any], aggregate: Any) -> Coalesce:
        counts = rows.annotate(counted=aggregate).values("counted")
        return Coalesce(Subquery(counts, output_field=IntegerField()), Value(0))

    return {
        "favourite_count": counted(of.filter(is_favourite=True), Count("pk")),
        "rating_count": counted(of.filter(rating__gt=0), Count("pk")),
        "rating_sum": counted(of.filter(rating__gt=0), Sum("rating")),
    }


class Image(StoredPicture):
    """One picture as Venice sent it, byte for byte, with copies of the columns that the grid filters by."""

    # Each index is written at every change of a row: those of foreign keys are the beginnings of longer ones below.
    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="images", db_index=False)
    generation = models.ForeignKey(Generation, models.PROTECT, related_name="images", db_index=False)
    index = models.PositiveSmallIntegerField(
        default=0, help_text="Place in the answer; only 0 follows the seed."
    )
    seed = models.IntegerField(
        null=True, blank=True, help_text="Makes this picture again; empty where Venice tells none."
    )
    is_cover = models.BooleanField(default=True)
    stack_size = models.PositiveSmallIntegerField(default=1, help_text="Pictures of the same answer.")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="images", db_index=False)
    prompt = models.ForeignKey(
        Prompt, models.PROTECT, null=True, blank=True, related_name="images", db_index=False
    )
    model = models.CharField(max_length=200)
    style_preset = models.CharField(max_length=100, blank=True)
    emulated = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    sort_price = models.BigIntegerField(
        default=UNKNOWN_PRICE,
        help_text="What its whole request cost, in millionths of a USD; -1 when unknown. Lists sort by it.",
    )

    favourite_count = models.PositiveIntegerField(default=0, help_text="Members whose favourite it is.")
    rating_count = models.PositiveIntegerField(default=0)
    rating_sum = models.PositiveIntegerField(default=0)
    score = models.PositiveIntegerField(
        default=0,
        help_text="Thousandths of its mean rating, drawn towards 3 while few have rated; 0: nobody. Lists sort by it.",
    )
    is_moderated = models.BooleanField(default=False, help_text="Venice drew it black or otherwise unusable.")
    is_sensitive = models.BooleanField(
        default=False, help_text="Blurred by Venice, or marked by a member: not for every eye."
    )
    sensitive_set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    trashed_at = models.DateTimeField(null=True, blank=True)
    trashed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    objects = ImageQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "index"], name="image_of_attempt_once")]
        indexes = [
            models.Index(fields=["-id"], name="image_newest_cover", condition=Q(is_cover=True)),
            models.Index(fields=["created_at", "id"], name="image_cover_date", condition=Q(is_cover=True)),
            models.Index(
                fields=["-sort_price", "-generation", "-id"],
                name="image_dearest_cover",
                condition=Q(is_cover=True),
            ),
            models.Index(
                fields=["model", "-sort_price", "-generation", "-id"],
                name="image_dearest_of_model",
                condition=Q(is_cover=True),
            ),
            models.Index(
                fields=["-score", "-generation", "-id"], name="image_rated_cover", condition=Q(is_cover=True)
            ),
            # What a search by the mean walks: the rated ones alone.
            models.Index(
                fields=["-id", "rating_sum", "rating_count"],
                name="image_rated_newest",
                condition=Q(rating_count__gt=0),
            ),
            models.Index(
                fields=["-id", "trashed_at"], name="image_trashed", condition=Q(trashed_at__isnull=False)
            ),
            # Few are, and who asks for them would else walk all.
            models.Index(
                fields=["-id"], name="image_sensitive", condition=Q(is_cover=True, is_sensitive=True)
            ),
            # What the pickers seek, a picture for each model and each style: all that may be shown, best rated first.
            models.Index(
                fields=["model", "emulated", "-score", "-id"],
                name="image_model_example",
                condition=Q(is_cover=True, is_moderated=False, is_sensitive=False),
            ),
            models.Index(
                fields=["style_preset", "emulated", "-score", "-id"],
                name="image_style_example",
                condition=Q(is_cover=True, is_moderated=False, is_sensitive=False),
            ),
            models.Index(fields=["prompt", "-id"], name="image_of_prompt"),
            # What the history shows of each prompt first: few are rated.
            models.Index(
                fields=["prompt", "-score", "-id"],
                name="image_best_of_prompt",
                condition=Q(rating_count__gt=0, trashed_at__isnull=True),
            ),
            models.Index(fields=["seed", "-id"], name="image_of_seed"),
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
    def mean_rating(self) -> Decimal | None:
        """Of the team's; None while nobody has rated it."""
        return Decimal(self.rating_sum) / self.rating_count if self.rating_count else None

    @property
    def is_emptied(self) -> bool:
        """Whether it is in no trash any more: the worker removes it next."""
        return self.trashed_at is not None and self.trashed_at <= EMPTIED

    @property
    def days_left(self) -> int | None:
        """So many days it stays in the trash, a begun one counts; None where there is no end."""
        if self.trashed_at is None or not settings.TRASH_DAYS:
            return None
        left = self.trashed_at + timedelta(days=settings.TRASH_DAYS) - timezone.now()
        return max(0, -(-left // timedelta(days=1)))

    @property
    def can_be_rerun(self) -> bool:
        """Whether its seed makes it again: the first of an answer's, by a model that follows seeds."""
        return self.seed is not None
