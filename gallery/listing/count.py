"""How many rows a list has, as far as anybody counts: a number of many thousands tells nobody more than that it is."""

from typing import Any

from django.db.models import QuerySet

from gallery.formats import number

#: Beyond this nobody counts: a database visits every row that it counts, PostgreSQL some 200 in a millisecond.
MOST = 1_000


def found(rows: QuerySet[Any], most: int = MOST) -> str:
    """`1 243`, or `more than 10 000`."""
    count = rows.order_by()[: most + 1].count()
    return number(count) if count <= most else f"more than {number(most)}"
