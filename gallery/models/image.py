"""A stored picture. The grid's unit is the picture; the variants of one request are a stack under its cover."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from gallery import search
from gallery.models import sets
from gallery.models.attempt import Attempt
from gallery.models.generation import Generation
from gallery.models.occurrence import Day
from gallery.models.prompt import Prompt, Tally
from gallery.models.stored import StoredPicture
from gallery.search import index

if TYPE_CHECKING:
    from gallery.models.user import User

# Up to so many prompts, the pictures of each are looked up; beyond, so many prompts match that walking the
# newest pictures meets a page of them soon.
FEW_PROMPTS = 300
UNKNOWN_PRICE = -1
# The picture's id as the table has it that tells what people have chosen.
_WALKED = "chosen"
# The order that an index has of the pictures of each model, too.
OF_MODELS = ("sort_price", "generation_id", "id")
# When a picture was thrown away of which the trash was emptied: its time is over whatever TRASH_DAYS says.
EMPTIED = datetime(1970, 1, 2, tzinfo=UTC)


def sort_price(price: Decimal | None) -> int:
    """An attempt's price in USD as the column of its pictures holds it: whole, so that it is a cursor, never NULL."""
    return UNKNOWN_PRICE if price is None else round(price * 1_000_000)


def linking(link: search.Link) -> QuerySet[Any]:
    """The rows of a link."""
    model: Any = Image._meta.get_field(link.relation).related_model
    return QuerySet(model).filter(**dict(link.conditions))


@dataclass(frozen=True, slots=True)
class Choices:
    """A search of pictures in an order that its index may not have: `among` which, and two ways to read the same.

    `met` is for who walks in that order, and `gathered` comes out of the index, which is read first. `is_plain`: one
    thing is asked for, and the order is the index's own. `is_sorted`: an index of pictures has just what is `met`, in
    that order. None is `met` where a walk would mostly be in vain.
    """

    among: "ImageQuerySet"
    met: "ImageQuerySet | None"
    gathered: "ImageQuerySet"
    is_plain: bool = False
    is_sorted: bool = False


class ImageQuerySet(models.QuerySet["Image"]):
    #: What `matching` has just searched, and for what. Whatever else is asked of these begins without it.
    _search: "tuple[ImageQuerySet, search.Query] | None" = None

    def covers(self) -> Self:
        """One picture for each stack; none in the trash is a cover."""
        return self.filter(is_cover=True)

    def kept(self) -> Self:
        """Those that are not in the trash."""
        return self.filter(trashed_at__isnull=True)

    def trashed(self) -> Self:
        """Those that are."""
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
        """Those that are not for every eye."""
        return self.filter(is_sensitive=True)

    def usable(self) -> Self:
        """Those that Venice has not made unusable."""
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
        """The same where nobody has rated."""
        return sets.sum_favourites(list(self.order_by("pk").values_list("pk", flat=True)), connection)

    def missummed(self) -> Self:
        """Those whose sums are not what their marks say."""
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
        """Newest first is id descending."""
        return self.order_by("-id")

    @property
    def key(self) -> str:
        """What to sort these by, newest first: the key of their search documents, once these are asked.

        It is the picture's id, but only the index's own key comes out of the index in order. The same holds of the
        table that tells what people have chosen, where its rows are walked.
        """
        if _WALKED in self.query.annotations:
            return _WALKED
        return "document" if index.TABLE in self.query.table_map else "id"

    def matching(self, query: search.Query) -> Self:
        """The pictures that hold what `query` asks, by their search documents; the rest by their columns."""
        if any(each.tags == () and not each.negated for each in query.filters):
            return self.none()
        is_indexed = search.document_query(query.words, query.filters, connection.vendor) is not None
        among = self._chosen(query, is_indexed=is_indexed)
        if query.is_of_few:
            rows = among._by_columns(query)
            rows._search = (among, query)
            return rows
        begun, joined = among, None
        if is_indexed and query.walked and connection.vendor == "sqlite":
            # Joined, its table is what SQLite may begin with, and asks the index of words for each row: for seconds.
            begun, joined = self, query.walked
        rows = begun._searched(query, lambda asked: Q(document__terms__matches=asked))
        if joined:
            rows = rows._with(joined)
        if rows is not self:
            rows = rows.all()
            rows._search = (among, query)
        return rows

    def choices(self, columns: tuple[str, ...]) -> Choices | None:
        """How to read what `matching` has just found in the order of `columns`; None: as it is."""
        among, query = self._search or (self, search.Query(""))
        by_id, vendor = columns == ("id",), connection.vendor
        asked = None if query.is_of_few else search.document_query(query.words, query.filters, vendor)
        if not asked and query.is_of_chosen and not by_id:
            return Choices(among, None, self)
        if not asked or (by_id and vendor == "sqlite"):
            return None
        met, rest, model = self, query, query.model
        if model and columns == OF_MODELS and not query.is_of_chosen:
            among, met, rest = among.filter(model.wanted), self.filter(model.wanted), query.without(model)
            if not (rest.words or rest.filters):
                return Choices(among, among, self, is_sorted=True)
        if vendor == "sqlite":
            # A look into its index for each picture takes longer than to compare words and columns. As a value, so that
            # no index of such a column is taken for that of the order.
            same: list[Any] = [search.left_over(term) for term in rest.words]
            if rest.filters:
                same.append(Case(When(rest.condition, then=Value(True)), default=Value(False)))
            return Choices(among, among.filter(*same), self)
        among, gathered = among._gathered(rest, asked, query.timed if by_id else ())
        parts = sum(len(term.words) for term in query.words) + sum(bool(each.tags) for each in query.filters)
        return Choices(among, met, gathered, is_plain=by_id and parts < 2)

    def _gathered(
        self, query: search.Query, asked: str, timed: tuple[search.Filter, ...]
    ) -> tuple[Self, Self]:
        """These, and which of them PostgreSQL's index finds when it is read first; only what is `timed` so."""
        among = self
        values: list[Any] = [asked]
        # With OFFSET it is read for itself and is no part of a walk.
        sql = f"SELECT rowid FROM {index.TABLE} WHERE terms @@ %s::tsquery"  # noqa: S608 - a constant
        for each in timed:
            # A time is a range of ids: the walk begins and ends there.
            ids = Day.objects.ids(*each.span) if each.span else None
            among, query = among.filter(each.condition)._between(ids), query.without(each)
            sql, values = f"{sql} AND rowid BETWEEN %s AND %s", [*values, *(ids or (1, 0))]
        matches = RawSQL(f"{sql} OFFSET 0", values)  # noqa: S611 - the words travel as a parameter
        return among, among._searched(query, lambda _: Q(pk__in=matches))

    def documented(self, asked: str) -> Self:
        """Those whose search documents hold what they are `asked` for."""
        return self.filter(document__terms__matches=asked)

    def _searched(self, query: search.Query, condition: Callable[[str], Q]) -> Self:
        """`condition` is made of what the index is asked; the rest is asked of columns."""
        vendor = connection.vendor
        rows = self
        if asked := search.document_query(query.words, query.filters, vendor):
            rows = rows.filter(condition(asked))
        elif signs := tuple(term for term in query.words if not term.negated):
            rows = rows._with_signs(signs)
        for term in query.words:
            if search.is_left_over(term, vendor):
                rows = rows.filter(search.left_over(term))
        for each in query.filters:
            if each.tags is None and each is not query.walked:
                rows = rows._with(each)._within(each.span)
        return rows

    def shown_for(self, query: search.Query) -> Self:
        """What the gallery shows of `query`: covers; where it asks for what people have chosen, just these."""
        return (self.kept() if query.is_of_chosen else self.covers()).matching(query)

    def matching_unindexed(self, query: search.Query) -> Self:
        """The same by columns and prompts alone: what is in the trash has no search document."""
        if any(each.tags == () and not each.negated for each in query.filters):
            return self.none()
        return self._chosen(query, is_indexed=False)._by_columns(query)

    def _chosen(self, query: search.Query, *, is_indexed: bool) -> Self:
        """What has the link that `query` walks.

        Its table is walked, newest first, unless the index of pictures finds less (`is_indexed`).
        """
        rows, walked = self, query.walked
        if walked and walked.link:
            rows = rows.filter(**walked.link.lookups)
            if walked.is_few or not is_indexed:
                rows = rows.annotate(**{_WALKED: F(f"{walked.link.relation}__image_id")})
        return rows

    def _by_columns(self, query: search.Query) -> Self:
        rows = self.filter(*(search.left_over(term) for term in query.words))
        for each in query.filters:
            if each is not query.walked:
                rows = rows._with(each)
            rows = rows._within(each.span)
        return rows

    def _with(self, each: search.Filter) -> Self:
        """What a filter asks; a link by the key that is read first, or each picture would be looked up for it."""
        if each.link is None or (each.link.is_many and each.is_few):
            return self.filter(each.condition)
        linked = Q(Exists(linking(each.link).filter(image=OuterRef(self.key if self.key != "id" else "pk"))))
        return self.filter(~linked if each.negated else linked)

    def _with_signs(self, terms: tuple[search.Words, ...]) -> Self:
        """Signs are in no index: the prompts are looked through, and few of them have a rare one."""
        prompts = Prompt.objects.filter(pk__in=search.prompt_ids(terms, connection.vendor))
        few = list(prompts.order_by().values_list("pk", flat=True)[: FEW_PROMPTS + 1])
        return self.filter(prompt__in=few) if len(few) <= FEW_PROMPTS else self

    def _within(self, span: tuple[datetime | None, datetime | None] | None) -> Self:
        """Only ids that pictures of that time may have: the index begins and ends there."""
        return self if span is None else self._between(Day.objects.ids(*span))

    def _between(self, ids: tuple[int, int] | None) -> Self:
        if ids is None:
            return self.none()
        # Of both ids where there are two: either table may be read from there on.
        for key in {self.key, "id"}:
            self = self.filter(**{f"{key}__gte": ids[0], f"{key}__lte": ids[1]})
        return self


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
        """Whether its own seed is known and followed by its model."""
        return self.seed is not None
