"""What people have put on pictures, in the admin: marks, tags, collections, the trash; and the verbs for many."""

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection
from django.db.models.signals import pre_save
from django.test import Client
from django.utils import timezone

from gallery.admin import image_actions
from gallery.admin.marks import MarkAdmin
from gallery.models import Collection, Image, Mark, Tag, User
from gallery.views.selection import VERBS
from tests.gallery.generations import a_member, a_picture, pictures
from tests.gallery.page import Page

IMAGES = "/admin/gallery/image/"
COLLECTIONS = "/admin/gallery/collection/"
MARKS = "/admin/gallery/mark/"


@pytest.fixture
def staff(client: Client, sally: User) -> Client:
    client.force_login(sally)
    return client


def listed(client: Client, **filters: str) -> set[int]:
    answer = client.get(IMAGES, filters)
    assert answer.status_code == 200
    return {image.pk for image in answer.context["cl"].result_list}


def judged(image: Image, people: list[User]) -> None:
    for number, member in enumerate(people):
        Mark.objects.set_favourite(member, [image.pk], True)
        Mark.objects.rate(member, [image.pk], 4 + number % 2)
        Tag.objects.called(f"tag {number}", member).add([image.pk], member)
        Collection.objects.called(f"set {number}", member).add([image.pk], member)


def test_a_row_tells_what_people_put_on_it(staff: Client, alice: User, bob: User) -> None:
    image = a_picture(alice)
    judged(image, [alice, bob])
    Image.objects.set_sensitive([image.pk], bob, True)
    page = Page(staff.get(IMAGES).content)
    cell = {name: page.one("td", class_=f"field-{name}").words for name in ("marks", "tags", "collections")}
    assert cell == {"marks": "★ 2, 4.5 of 2", "tags": "tag 0, tag 1", "collections": "set 0, set 1"}
    assert page.one("a", class_="sensitive")["href"] == f"/images/{image.pk}/"
    assert page.one("body").has("class", "blurs")
    own = Page(staff.get(f"{IMAGES}{image.pk}/change/").content)
    assert {"★ 2, 4.5 of 2", "tag 0, tag 1", "bob"} <= {
        each.words for each in own.all("div", class_="readonly")
    }


def test_each_mark_is_listed_and_found_by_what_it_says(staff: Client, alice: User, bob: User) -> None:
    first, second = (a_picture(alice, text) for text in ("a <b>one</b>", "two"))
    Mark.objects.set_favourite(alice, [first.pk, second.pk], True)
    Mark.objects.rate(alice, [first.pk], 4)
    Mark.objects.rate(bob, [second.pk], 2)
    Mark.objects.rate(bob, [first.pk], 5)
    Mark.objects.rate(bob, [first.pk], 0)
    page = Page(staff.get(MARKS).content)
    assert [cell.words for cell in page.all("th", class_="field-says")] == ["2 of 5", "★", "-", "★, 4 of 5"]
    assert "a <b>one</b>" in page.words

    def found(**filters: Any) -> list[str]:
        marks = staff.get(MARKS, filters).context["cl"].result_list
        return [f"{mark.user.username} {mark.image.prompt.text[-3:]}" for mark in marks]

    assert found(says="favourite") == ["alice two", "alice /b>"]
    assert found(says="rated") == ["bob two", "alice /b>"]
    assert (found(says="4"), found(says="5"), found(says="nothing")) == (["alice /b>"], [], ["bob /b>"])
    assert found(says="rated", user__id__exact=bob.pk) == ["bob two"]
    assert found(says="nonsense") == found()
    row = Mark.objects.get(user=bob, image=second)
    assert "2 of 5" in Page(staff.get(f"{MARKS}{row.pk}/change/").content).words
    assert staff.post(f"{MARKS}{row.pk}/change/", {"rating": 5}).status_code == 403
    assert staff.post(f"{MARKS}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert staff.get(f"{MARKS}add/").status_code == 403


def test_a_list_of_marks_is_read_out_of_an_index(staff: Client, alice: User) -> None:
    """Whatever is chosen, nothing is sorted: a page of a million costs what one of fifty does."""
    Mark.objects.rate(alice, [a_picture(alice).pk], 3)
    own = {"user__id__exact": alice.pk}
    for filters in ({}, {"says": "rated"}, own, own | {"says": "favourite"}, own | {"says": "rated"}):
        rows = staff.get(MARKS, filters).context["cl"].queryset.order_by(*MarkAdmin.ordering)[:50]
        if connection.vendor == "sqlite":
            assert "TEMP B-TREE" not in rows.explain(), (filters, rows.explain())


@pytest.mark.parametrize("address", [IMAGES, MARKS])
def test_a_row_asks_nothing_of_its_own(
    staff: Client, alice: User, bob: User, address: str, django_assert_max_num_queries: Any
) -> None:
    judged(a_picture(alice), [alice])
    staff.get(address)
    with django_assert_max_num_queries(20) as few:
        staff.get(address)
    for _ in range(6):
        judged(a_picture(alice), [alice, bob])
    with django_assert_max_num_queries(len(few)):
        staff.get(address)


def test_of_many_names_the_first_stand_there(staff: Client, alice: User) -> None:
    image = a_picture(alice)
    for number in range(6):
        Tag.objects.called(f"{number} {'x' * 55}", alice).add([image.pk], alice)
    cell = Page(staff.get(IMAGES).content).one("td", class_="field-tags").words
    assert cell.endswith("and 2 more")
    assert len(cell) < 220


def test_the_trash_is_a_filter(staff: Client, alice: User) -> None:
    kept, thrown = a_picture(alice), a_picture(alice)
    Image.objects.trash([thrown.pk], alice)
    assert listed(staff) == {kept.pk, thrown.pk}
    assert listed(staff, trash="yes") == {thrown.pk}
    assert listed(staff, trash="no") == {kept.pk}
    assert listed(staff, trash="\x01nonsense") == {kept.pk, thrown.pk}


def test_words_are_searched_in_the_trash_too(staff: Client, alice: User) -> None:
    kept, thrown = a_picture(alice, "a heron"), a_picture(alice, "a heron at dawn")
    a_picture(alice, "a fox")
    Image.objects.trash([thrown.pk], alice)
    assert listed(staff, q="heron") == {kept.pk, thrown.pk}
    assert listed(staff, q="heron", trash="yes") == {thrown.pk}
    assert listed(staff, q="heron", trash="no") == {kept.pk}
    assert listed(staff, q="heron -dawn") == {kept.pk}


def act(client: Client, name: str, chosen: list[Image], **more: str) -> Any:
    form = {"action": name, ACTION_CHECKBOX_NAME: [str(image.pk) for image in chosen], **more}
    return client.post(IMAGES, form)


def confirmed(client: Client, name: str, chosen: list[Image], **more: str) -> Any:
    """Nothing happens before the answer to the question."""
    question = Page(act(client, name, chosen).content)
    assert question.one("input", name="confirmed")
    assert "cannot be undone" not in question.words
    return act(client, name, chosen, confirmed="yes", **more)


def test_the_verbs_of_a_selection(staff: Client, alice: User, sally: User) -> None:
    chosen = [a_picture(alice), *pictures(alice, count=2)]
    other = a_picture(alice)
    ids = {image.pk for image in chosen}

    def those(**condition: Any) -> set[int]:
        return set(Image.objects.filter(**condition).values_list("pk", flat=True))

    assert confirmed(staff, "tag", chosen, value="Canals").status_code == 302
    assert those(tag_links__tag__name="Canals", tag_links__tagged_by=sally) == ids
    confirmed(staff, "collect", chosen, value="Best of")
    assert those(entries__collection__name="Best of") == ids
    confirmed(staff, "untag", chosen[1:], value="CANALS")
    confirmed(staff, "uncollect", chosen[1:], value="best of")
    assert those(tag_links__tag__name="Canals") == those(entries__isnull=False) == {chosen[0].pk}
    confirmed(staff, "favourite", chosen)
    confirmed(staff, "rate", chosen, value=" 4 ")
    assert those(marks__user=sally, marks__is_favourite=True, marks__rating=4, favourite_count=1) == ids
    confirmed(staff, "unfavourite", chosen)
    confirmed(staff, "rate", chosen, value="0")
    assert those(favourite_count=0, rating_count=0) == ids | {other.pk}
    confirmed(staff, "mark_sensitive", chosen)
    assert those(is_sensitive=True, sensitive_set_by=sally) == ids
    confirmed(staff, "unmark_sensitive", chosen)
    assert those(is_sensitive=True) == set()
    confirmed(staff, "trash", chosen)
    assert those(trashed_at__isnull=False, trashed_by=sally) == ids
    assert those(is_cover=True) == {other.pk}
    confirmed(staff, "restore", chosen)
    assert those(trashed_at__isnull=False) == set()
    assert those(is_cover=True) == {other.pk, chosen[0].pk, chosen[1].pk}
    # What fits none is said, and asks nothing.
    assert act(staff, "restore", chosen).status_code == 302


def test_of_all_of_a_list_those_that_were_counted_go(staff: Client, alice: User) -> None:
    chosen = a_picture(alice)
    question = Page(act(staff, "trash", [chosen], select_across="1").content)
    assert question.one("h1").words == "Put 1 picture into the trash?"
    later = a_picture(alice)
    hidden = {each["name"]: each["value"] for each in question.all("input", type="hidden")}
    assert staff.post(IMAGES, hidden).status_code == 302
    assert set(Image.objects.kept()) == {later}
    # Nothing of what was asked about is left to throw away.
    for asked in (hidden["asked"], "", "nonsense", "\0", "9" * 30, "1," * 5000):
        assert staff.post(IMAGES, hidden | {"asked": asked}).status_code == 302
    assert set(Image.objects.kept()) == {later}


def test_the_admin_has_all_verbs_of_a_selection() -> None:
    assert {action.__name__ for action in image_actions.ACTIONS} == set(VERBS)


@pytest.mark.parametrize("name", ["tag", "untag", "collect", "uncollect", "rate"])
@pytest.mark.parametrize("value", ["", "   ", "\u200b", "\0", "a\0b", "x" * 10_000])
def test_a_name_that_is_none_is_said_at_the_question(
    staff: Client, alice: User, name: str, value: str
) -> None:
    image = a_picture(alice)
    answer = act(staff, name, [image], confirmed="yes", value=value)
    assert answer.status_code == 422
    assert Page(answer.content).one(data_error_for="value").words
    assert (Tag.objects.count(), Collection.objects.count()) == (0, 0)


def test_markup_in_a_name_is_text(staff: Client, alice: User) -> None:
    image = a_picture(alice)
    act(staff, "tag", [image], confirmed="yes", value="<img src=x onerror=y>")
    cell = Page(staff.get(IMAGES).content).one("td", class_="field-tags")
    assert (cell.words, cell.all("img")) == ("<img src=x onerror=y>", [])


def test_a_member_who_is_not_staff_changes_nothing(client: Client, alice: User, bob: User) -> None:
    image = a_picture(alice)
    client.force_login(bob)
    assert act(client, "trash", [image], confirmed="yes").status_code in (302, 403)
    assert Image.objects.kept().count() == 1


@pytest.fixture
def collection(alice: User) -> Collection:
    made = Collection.objects.called("Canals", alice)
    made.add([a_picture(alice).pk for _ in range(3)], alice)
    return made


def change(client: Client, collection: Collection, **values: str) -> Any:
    return client.post(
        f"{COLLECTIONS}{collection.pk}/change/", {"name": collection.name, "notes": "", **values}
    )


def test_a_collection_is_renamed_and_archived(staff: Client, collection: Collection) -> None:
    assert change(staff, collection, name="  Ｂridges ", notes="At dawn", archived="on").status_code == 302
    collection.refresh_from_db()
    assert (collection.name, collection.folded, collection.notes) == ("Ｂridges", "bridges", "At dawn")
    since = collection.archived_at
    assert since is not None
    change(staff, collection, archived="on")
    collection.refresh_from_db()
    assert collection.archived_at == since
    for asked, expected in (("yes", 1), ("no", 0), ("nonsense", 1)):
        assert len(staff.get(COLLECTIONS, {"archived": asked}).context["cl"].result_list) == expected
    change(staff, collection)
    collection.refresh_from_db()
    assert collection.archived_at is None


def test_what_a_member_changes_meanwhile_stays(staff: Client, collection: Collection) -> None:
    Collection.objects.filter(pk=collection.pk).update(notes="Dawn\nand dusk")
    form = Page(staff.get(f"{COLLECTIONS}{collection.pk}/change/").content).one("form", id="collection_form")
    drawn = {each["name"]: each["value"] for each in form.all("input", type="hidden", name=None)}
    assert {"initial-name", "initial-notes", "initial-archived"} <= drawn.keys()
    drawn = {name: value.replace("\n", "\r\n") for name, value in drawn.items()}
    drawn |= {"name": "Canals", "notes": "Dawn\r\nand dusk"}
    address = f"{COLLECTIONS}{collection.pk}/change/"
    now = timezone.now()
    Collection.objects.filter(pk=collection.pk).update(name="Bridges", folded="bridges", archived_at=now)
    assert staff.post(address, drawn | {"notes": "By the sea"}).status_code == 302
    collection.refresh_from_db()
    assert (collection.name, collection.folded) == ("Bridges", "bridges")
    assert (collection.notes, collection.archived_at) == ("By the sea", now)
    # What was changed here is written.
    assert staff.post(address, drawn | {"initial-archived": "True", "name": "Locks"}).status_code == 302
    collection.refresh_from_db()
    assert (collection.name, collection.notes, collection.archived_at) == ("Locks", "By the sea", None)


def test_a_cover_that_is_chosen_meanwhile_stays(staff: Client, collection: Collection) -> None:
    cover = collection.entries.all()[0].image

    def choose(**_: Any) -> None:
        Collection.objects.filter(pk=collection.pk).update(cover=cover)

    pre_save.connect(choose, sender=Collection)
    try:
        assert change(staff, collection, name="Bridges").status_code == 302
    finally:
        pre_save.disconnect(choose, sender=Collection)
    collection.refresh_from_db()
    assert (collection.name, collection.folded, collection.cover) == ("Bridges", "bridges", cover)


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\0", "x" * 101, "x" * 10_000, "BRIDGES"])
def test_a_name_that_cannot_be_is_said(staff: Client, alice: User, collection: Collection, name: str) -> None:
    Collection.objects.called("Bridges", alice)
    answer = change(staff, collection, name=name)
    assert answer.status_code == 200
    assert Page(answer.content).all("ul", class_="errorlist")
    collection.refresh_from_db()
    assert collection.name == "Canals"


def test_a_collection_is_deleted_and_its_pictures_stay(
    staff: Client, collection: Collection, alice: User
) -> None:
    User.objects.filter(pk=alice.pk).update(destination=collection)
    address = f"{COLLECTIONS}{collection.pk}/delete/"
    assert "its pictures stay" in Page(staff.get(address).content).words
    staff.post(address, {"post": "yes"})
    assert (Collection.objects.count(), Image.objects.count()) == (0, 3)
    alice.refresh_from_db()
    assert alice.destination is None
    for number in range(2):
        Collection.objects.called(f"set {number}", alice)
    ids = [str(each.pk) for each in Collection.objects.all()]
    form = {"action": "delete_selected", ACTION_CHECKBOX_NAME: ids}
    assert "its pictures stay" in Page(staff.post(COLLECTIONS, form).content).words
    staff.post(COLLECTIONS, form | {"post": "yes"})
    assert Collection.objects.count() == 0


def test_the_list_of_collections_leads_to_their_pictures(
    staff: Client, collection: Collection, alice: User, django_assert_max_num_queries: Any
) -> None:
    other = a_picture(alice)
    row = Page(staff.get(COLLECTIONS).content).one("td", class_="field-pictures")
    assert row.words == "3"
    answer = staff.get(row.one("a")["href"])
    found = {image.pk for image in answer.context["cl"].result_list}
    assert len(found) == 3
    assert other.pk not in found
    with django_assert_max_num_queries(20) as few:
        staff.get(COLLECTIONS)
    for number in range(5):
        made = Collection.objects.called(f"set {number}", a_member(f"m{number}"))
        made.add([other.pk], alice)
        made.cover = other
        made.save()
    with django_assert_max_num_queries(len(few)):
        staff.get(COLLECTIONS)
