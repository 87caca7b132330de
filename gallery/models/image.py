"""A stored picture. The grid's unit is the picture; the variants of one request are a stack under its cover."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import connection, models
from django.db.models import Case, Q, Value, When
from django.db.models.expressions import RawSQL

from gallery import search
from gallery.models.attempt import Attempt
from gallery.models.generation import Generation
from gallery.models.occurring import Day
from gallery.models.prompt import Prompt
from gallery.models.stored import StoredPicture
from gallery.search import index

# Up to so many prompts, the pictures of each are looked up; beyond, so many prompts match that walking the
# newest pictures meets a page of them soon.
FEW_PROMPTS = 300
UNKNOWN_PRICE = -1


def sort_price(price: Decimal | None) -> int:
    """An attempt's price in USD as the column of its pictures holds it: whole, so that it is a cursor, never NULL."""
    return UNKNOWN_PRICE if price is None else round(price * 1_000_000)


@dataclass(frozen=True, slots=True)
class Choices:
    """A search of pictures in an order that its index may not have: `among` which, and two ways to read the same.

    `met` is for who walks in that order, and `gathered` comes out of the index, which is read first.
    """

    among: "ImageQuerySet"
    met: "ImageQuerySet"
    gathered: "ImageQuerySet"


class ImageQuerySet(models.QuerySet["Image"]):
    """Verbs of the gallery."""

    #: What `matching` has just searched, and for what. Whatever else is asked of these begins without it.
    _search: "tuple[ImageQuerySet, search.Query] | None" = None

    def covers(self) -> Self:
        """One picture for each stack."""
        return self.filter(is_cover=True)

    def newest_first(self) -> Self:
        """Newest first is id descending."""
        return self.order_by("-id")

    @property
    def key(self) -> str:
        """What to sort these by, newest first: the key of their search documents, once these are asked.

        It is the picture's id, but only the index's own key comes out of the index in order.
        """
        return "document" if index.TABLE in self.query.table_map else "id"

    def matching(self, query: search.Query) -> Self:
        """The pictures that hold what `query` asks, by their search documents; the rest by their columns."""
        if any(each.tags == () and not each.negated for each in query.filters):
            return self.none()
        rows = self._searched(query, lambda asked: Q(document__terms__matches=asked))
        if rows is not self:
            rows._search = (self, query)
        return rows

    def choices(self, *, by_id: bool) -> Choices | None:
        """How to read what `matching` has just found in an order that is `by_id` or not; None: as it is."""
        among, query = self._search or (self, search.Query(""))
        vendor = connection.vendor
        asked = search.document_query(query.words, query.filters, vendor)
        parts = sum(len(term.words) for term in query.words) + sum(bool(each.tags) for each in query.filters)
        if not asked or (by_id and (vendor == "sqlite" or parts < 2)):
            return None
        if vendor == "sqlite":
            # A look into its index for each picture takes longer than to compare words and columns. As a value, so that
            # no index of such a column is taken for that of the order.
            same: list[Any] = [search.left_over(term) for term in query.words]
            if query.filters:
                same.append(Case(When(query.condition, then=Value(True)), default=Value(False)))
            return Choices(among, among.filter(*same), self)
        # With OFFSET it is read for itself and is no part of a walk.
        sql = f"SELECT rowid FROM {index.TABLE} WHERE terms @@ %s::tsquery OFFSET 0"  # noqa: S608 - a constant
        ids = RawSQL(sql, [asked])  # noqa: S611 - the words travel as a parameter
        return Choices(among, self, among._searched(query, lambda _: Q(pk__in=ids)))

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
            if each.tags is None:
                rows = rows.filter(each.condition)._within(each.span)
        return rows

    def _with_signs(self, terms: tuple[search.Words, ...]) -> Self:
        """Signs are in no index: the prompts are looked through, and few of them have a rare one."""
        prompts = Prompt.objects.filter(pk__in=search.prompt_ids(terms, connection.vendor))
        few = list(prompts.order_by().values_list("pk", flat=True)[: FEW_PROMPTS + 1])
        return self.filter(prompt__in=few) if len(few) <= FEW_PROMPTS else self

    def _within(self, span: tuple[datetime | None, datetime | None] | None) -> Self:
        """Only ids that pictures of that time may have: the index begins and ends there."""
        if span is None:
            return self
        ids = Day.objects.ids(*span)
        if ids is None:
            return self.none()
        # Of both ids where there are two: either table may be read from there on.
        for key in {self.key, "id"}:
            self = self.filter(**{f"{key}__gte": ids[0], f"{key}__lte": ids[1]})
        return self


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
            models.Index(fields=["created_at", "id"], name="image_cover_date", condition=Q(is_cover=True)),
            models.Index(
                fields=["-sort_price", "-generation", "-id"],
                name="image_dearest_cover",
                condition=Q(is_cover=True),
            ),
            models.Index(fields=["prompt", "-id"], name="image_of_prompt"),
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
    def can_be_rerun(self) -> bool:
        """Whether its own seed is known and followed by its model."""
        return self.seed is not None
