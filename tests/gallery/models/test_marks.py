"""Judging: marks and their sums, whoever marks at the same time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from gallery.models import Image, Mark, Prompt
from tests.gallery.generations import a_member, a_picture, pictures


@pytest.mark.django_db
def test_a_mark_is_summed_on_its_picture() -> None:
    ana, ben = a_member("ana"), a_member("ben")
    picture = a_picture(ana)
    Mark.objects.set_favourite(ana, [picture.pk], True)
    Mark.objects.rate(ana, [picture.pk], 5)
    Mark.objects.rate(ben, [picture.pk], 3)
    picture.refresh_from_db()
    assert (picture.favourite_count, picture.rating_count, picture.rating_sum) == (1, 2, 8)
    # (2 × 3 + 8) / (2 + 2)
    assert picture.score == 3500
    assert not Image.objects.missummed().exists()


@pytest.mark.django_db
def test_nought_takes_a_rating_away_and_leaves_the_favourite() -> None:
    ana = a_member("ana")
    picture = a_picture(ana)
    Mark.objects.set_favourite(ana, [picture.pk], True)
    Mark.objects.rate(ana, [picture.pk], 4)
    Mark.objects.rate(ana, [picture.pk], 0)
    picture.refresh_from_db()
    assert (picture.favourite_count, picture.rating_count, picture.rating_sum, picture.score) == (1, 0, 0, 0)
    with pytest.raises(ValueError, match="6 is no rating"):
        Mark.objects.rate(ana, [picture.pk], 6)


@pytest.mark.django_db
def test_one_five_does_not_top_ten_fours() -> None:
    people = [a_member(f"member{n}") for n in range(10)]
    first, second = (a_picture(people[0], text) for text in ("one", "two"))
    Mark.objects.rate(people[0], [first.pk], 5)
    for member in people:
        Mark.objects.rate(member, [second.pk], 4)
    assert list(Image.objects.order_by("-score").values_list("pk", flat=True)) == [second.pk, first.pk]


@pytest.mark.django_db
def test_what_is_not_there_is_left_out() -> None:
    ana = a_member("ana")
    picture = a_picture(ana)
    assert Mark.objects.set_favourite(ana, [picture.pk, picture.pk + 1], True) == [picture.pk]


@pytest.mark.django_db(transaction=True)
def test_all_who_mark_at_once_are_counted() -> None:
    people = [a_member(f"member{n}") for n in range(4)]
    ids = [picture.pk for n in range(3) for picture in pictures(people[0], f"prompt {n}", count=2)]

    def mark(member: Any) -> None:
        try:
            for rating in (1, 3, 5):
                Mark.objects.rate(member, ids if member.pk % 2 else ids[::-1], rating)
                Mark.objects.set_favourite(member, ids, rating != 3)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(mark, people))
    assert set(Image.objects.values_list("favourite_count", "rating_count", "rating_sum")) == {(4, 4, 20)}
    assert set(Prompt.objects.values_list("rating_count", "rating_sum")) == {(8, 40)}
    assert not Image.objects.missummed().exists()


@pytest.mark.django_db
def test_a_favourite_writes_none_of_a_pictures_indexes() -> None:
    """There is room for it beside the row: each of sixty is written within its own page."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite writes in place")
    alice = a_member("alice")
    shown = [a_picture(alice, f"picture {number}") for number in range(60)]
    beside = "SELECT pg_stat_get_xact_tuples_hot_updated('gallery_image'::regclass)"
    with connection.cursor() as cursor:
        cursor.execute(beside)
        (before,) = cursor.fetchone()
        Mark.objects.set_favourite(alice, [each.pk for each in shown], is_favourite=True)
        cursor.execute(beside)
        (after,) = cursor.fetchone()
    assert after - before == 60
