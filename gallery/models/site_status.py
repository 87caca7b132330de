"""What pages say of the whole site, whoever looks: one statement for all of it, since every page and poll asks."""

from functools import cache
from itertools import chain
from typing import Any, NamedTuple, Self

from django.db import connection
from django.db.models import F, Func, QuerySet

from gallery.models.catalog import CatalogModel
from gallery.models.gate import Gate
from gallery.models.generation import Generation


class SiteStatus(NamedTuple):
    """The site at one moment.

    How many generations wait or run, how many have ended badly and want a decision, how many gates are closed, and a
    mark of the list of models, which is another one after each sync.
    """

    active: int
    decisions: int
    gates: int
    catalog: tuple[Any, ...]

    @classmethod
    def now(cls) -> Self:
        """One statement, asked each time: nothing of it is cached."""
        with connection.cursor() as cursor:
            cursor.execute(*_statement(connection.vendor))
            active, decisions, gates, *catalog = cursor.fetchone()
        return cls(active, decisions, gates, tuple(catalog))


@cache
def _statement(vendor: str) -> tuple[str, tuple[Any, ...]]:
    """SQL and parameters for the database in use, of that `vendor`: always the same, so that Django makes them once."""
    models = CatalogModel.objects.listed()
    figures = [
        _figure(Generation.objects.active(), "COUNT", "pk"),
        _figure(Generation.objects.needing_attention(), "COUNT", "pk"),
        _figure(Gate.objects.closed(), "COUNT", "pk"),
        _figure(models, "MAX", "synced_at"),
        _figure(models, "COUNT", "pk"),
    ]
    parts = [figure.query.sql_with_params() for figure in figures]
    parameters = chain.from_iterable(own for _, own in parts)
    return f"SELECT {', '.join(f'({sql})' for sql, _ in parts)}", tuple(parameters)


def _figure(rows: QuerySet[Any], function: str, column: str) -> QuerySet[Any, Any]:
    """One figure of all `rows`: the function stands in it plainly, since an aggregate of Django's would group them."""
    return rows.order_by().values_list(Func(F(column), function=function))
