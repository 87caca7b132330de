"""The search documents of pictures, as the database's own search is asked for them."""

from typing import Any

from django.db import models

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

    class Meta:
        managed = False
        db_table = index.TABLE
        default_permissions = ()

    def __str__(self) -> str:
        return f"#{self.pk}"
