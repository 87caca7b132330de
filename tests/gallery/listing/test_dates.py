"""The months of the rail come by seeks, whatever the number of pictures."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gallery.listing import dates
from gallery.models import User
from tests.gallery.making import pictures

pytestmark = pytest.mark.django_db


def test_no_month_costs_a_walk_along_the_index(alice: User) -> None:
    pictures(alice, "a cat", count=2)
    if connection.vendor == "postgresql":
        # So few rows are read from end to end otherwise.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as seen:
        assert len(dates.months()) == 1
    for query in seen:
        with connection.cursor() as cursor:
            explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
            cursor.execute(f"{explain} {query['sql']}")
            steps = [str(row[-1]) for row in cursor.fetchall()]
        assert any("image_cover_date" in step for step in steps), steps
        assert not any(step.startswith("SCAN") and "image_cover_date" in step for step in steps), steps
