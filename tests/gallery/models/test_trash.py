"""The trash: what is in it is in no list and no index, and comes back with all that was on it."""

import pytest

from gallery.models import Image, ImageDocument, Mark
from gallery.models.vocabulary import read_query
from tests.gallery.generations import a_member, a_picture, pictures


def covers() -> list[int]:
    return list(Image.objects.covers().order_by("pk").values_list("pk", flat=True))


@pytest.mark.django_db
def test_the_next_of_a_stack_becomes_its_cover() -> None:
    ana = a_member("ana")
    first, second, third = pictures(ana, count=3)
    assert Image.objects.trash([first.pk], ana) == [first.pk]
    assert covers() == [second.pk]
    assert set(Image.objects.kept().values_list("stack_size", flat=True)) == {2}
    Image.objects.trash([second.pk, third.pk], ana)
    assert covers() == []
    assert Image.objects.restore([third.pk]) == [third.pk]
    assert covers() == [third.pk]
    Image.objects.restore([first.pk, second.pk])
    assert covers() == [first.pk]
    assert set(Image.objects.values_list("stack_size", flat=True)) == {3}


@pytest.mark.django_db
def test_no_search_finds_it_until_it_is_back() -> None:
    ana = a_member("ana")
    picture = a_picture(ana, "a heron at dawn")
    query = read_query("heron", ana)
    Image.objects.trash([picture.pk], ana)
    assert not ImageDocument.objects.exists()
    assert not Image.objects.matching(query).exists()
    # A change of its row does not write a document again.
    Image.objects.filter(pk=picture.pk).update(model="another")
    assert not ImageDocument.objects.exists()
    Image.objects.restore([picture.pk])
    assert list(Image.objects.matching(query)) == [picture]
    assert list(Image.objects.matching(read_query("heron is:mine", ana))) == [picture]


@pytest.mark.django_db
def test_who_and_when_are_kept_and_a_second_time_changes_nothing() -> None:
    ana, ben = a_member("ana"), a_member("ben")
    picture = a_picture(ana)
    Mark.objects.rate(ben, [picture.pk], 4)
    Image.objects.trash([picture.pk], ana)
    assert Image.objects.trash([picture.pk], ben) == []
    picture.refresh_from_db()
    assert picture.trashed_by == ana
    assert picture.trashed_at
    Image.objects.restore([picture.pk])
    picture.refresh_from_db()
    assert (picture.trashed_at, picture.trashed_by, picture.rating_sum) == (None, None, 4)


@pytest.mark.django_db
def test_what_was_brought_back_meanwhile_is_not_emptied() -> None:
    ana = a_member("ana")
    back, thrown = a_picture(ana), a_picture(ana)
    Image.objects.trash([back.pk, thrown.pk], ana)
    Image.objects.restore([back.pk])
    assert Image.objects.empty([back.pk, thrown.pk]) == [thrown.pk]
    assert list(Image.objects.kept()) == [back]
