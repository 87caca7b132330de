"""Pictures found by a search: what of it the index of pictures answers, and what columns and prompts do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from django.apps import apps
from django.db import connection, models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from gallery import search
from gallery.models.occurrence import Day
from gallery.models.prompt import Prompt
from gallery.search import index

if TYPE_CHECKING:
    from gallery.models.image import Image  # noqa: F401 - the table of the pictures

# Up to so many prompts, the pictures of each are looked up; beyond, so many prompts match that walking the
# newest pictures meets a page of them soon.
FEW_PROMPTS = 300
# The picture's id as the table has it that tells what people have chosen.
_WALKED = "chosen"
# The order that an index has of the pictures of each model, too.
OF_MODELS = ("sort_price", "generation_id", "id")

Pictures = TypeVar("Pictures", bound="SearchedImages")


def linking(link: search.Link) -> QuerySet[Any]:
    """The rows of marks, tags or collections that `link` asks for; `image` is a column of each."""
    model: Any = apps.get_model("gallery", "Image")._meta.get_field(link.relation).related_model
    return QuerySet(model).filter(**dict(link.conditions))


@dataclass(frozen=True, slots=True)
class Choices(Generic[Pictures]):
    """A search of pictures in an order that its index may not have: `among` which, and two ways to read the same.

    `met` is for who walks in that order, and `gathered` comes out of the index, which is read first. `is_plain`: one
    thing is asked for, and the order is the index's own. `is_sorted`: an index of pictures has just what is `met`, in
    that order. None is `met` where a walk would mostly be in vain.
    """

    among: Pictures
    met: Pictures | None
    gathered: Pictures
    is_plain: bool = False
    is_sorted: bool = False


def is_read_as_it_is(query: search.Query, columns: tuple[str, ...]) -> bool:
    """Whether a search in the order of `columns` has one way to be read, and so no `choices`."""
    by_id = columns == ("id",)
    if not _asked(query):
        return by_id or not query.is_of_chosen
    return by_id and connection.vendor == "sqlite"


def _asked(query: search.Query) -> str | None:
    """What the index of documents is asked for it."""
    return None if query.is_of_few else search.document_query(query.words, query.filters, connection.vendor)


class SearchedImages(models.QuerySet["Image"]):
    """What of the QuerySet of pictures a search asks for."""

    #: What `matching` has just searched, and for what. Whatever else is asked of these begins without it.
    _search: "tuple[Self, search.Query] | None" = None

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

    def choices(self, columns: tuple[str, ...]) -> Choices[Self] | None:
        """How to read what `matching` has just found in the order of `columns`; None: as it is."""
        among, query = self._search or (self, search.Query(""))
        if is_read_as_it_is(query, columns):
            return None
        by_id, vendor = columns == ("id",), connection.vendor
        asked = _asked(query)
        if not asked:
            return Choices(among, None, self)
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

    def matching_unindexed(self, query: search.Query) -> Self:
        """As `matching`, by columns and prompts alone: what is in the trash has no search document."""
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
