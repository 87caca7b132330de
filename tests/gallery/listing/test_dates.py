"""The months of the rail come by seeks, whatever the number of pictures."""

from copy import copy

import pytest
from django.db import connection

from gallery.listing import dates
from gallery.models import Image, User
from tests.gallery.generations import a_picture

pytestmark = pytest.mark.django_db


def steps() -> int:
    """How many steps SQLite's machine takes for the months."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    connection.connection.set_progress_handler(count, 1)
    try:
        assert len(dates.months()) == 1
    finally:
        connection.connection.set_progress_handler(None, 0)
    return taken


def test_no_month_costs_a_walk_along_the_index(alice: User) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL finds the least and the most of an index by itself")
    image = a_picture(alice, "a cat")
    few = steps()
    more = [copy(image) for _ in range(200)]
    for place, each in enumerate(more):
        each.pk, each.index = None, place + 1
    Image.objects.bulk_create(more)
    assert steps() <= few + 10
