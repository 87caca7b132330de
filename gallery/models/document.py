"""The search documents of pictures, as the database's own search is asked for them."""

from typing import Any

from django.db import connection, models

from gallery import search
from gallery.models.image import Image
from gallery.search import index


class TermsField(models.TextField):  # type: ignore[type-arg]
    """The terms of a document; read by nobody, asked by `matches`."""


@TermsField.register_lookup
class Matches(models.Lookup):
    """Whether the terms are those of a query, which is written as the database's own search asks for it."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        sign, kind = ("MATCH", "") if connection.vendor == "sqlite" else ("@@", "::tsquery")
        return f"{left} {sign} %s{kind}", (*params, self.rhs)


class ImageDocumentQuerySet(models.QuerySet["ImageDocument"]):
    """Counting without looking at the pictures."""

    def of_covers(self, query: search.Query) -> models.QuerySet[Any]:
        """What is as many as the gallery shows of `query`: documents alone, where the index decides all of it."""
        asked = asked_alone(query, _COVERS)
        return Image.objects.shown_for(query) if asked is None else self.filter(terms__matches=asked)


def asked_alone(query: search.Query, *more: search.Filter) -> str | None:
    """What documents are asked for `query`, and for `more`, where they decide all of it; else None."""
    vendor = connection.vendor
    is_decided = all(each.tags for each in query.filters) and not any(
        search.is_left_over(term, vendor) for term in query.words
    )
    if not is_decided or not (query.words or query.filters):
        return None
    return search.document_query(query.words, (*query.filters, *more), vendor)


def covers_asked(query: search.Query) -> str | None:
    """As `asked_alone`, of covers, to count them by documents alone; None where these do not decide all of it."""
    return asked_alone(query, _COVERS)


_COVERS = search.Filter(models.Q(is_cover=True), (":cover",))


class ImageDocument(models.Model):
    """The search document of one picture. Kept by triggers (gallery/search/index.py)."""

    image = models.OneToOneField(
        Image,
        models.DO_NOTHING,
        primary_key=True,
        db_column="rowid",
        db_constraint=False,
        related_name="document",
    )
    terms = TermsField()

    objects = ImageDocumentQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = index.TABLE
        default_permissions = ()

    def __str__(self) -> str:
        return f"#{self.pk}"
