"""Tags in the admin: the list, a new name, many made one, deleted without a loss of pictures."""

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client

from gallery.models import Image, ImageTag, Tag, User
from tests.gallery.generations import a_picture
from tests.gallery.page import Page

TAGS = "/admin/gallery/tag/"


@pytest.fixture
def staff(client: Client, sally: User) -> Client:
    client.force_login(sally)
    return client


def put(name: str, by: User, *on: Image) -> Tag:
    tag = Tag.objects.called(name, by)
    tag.add([image.pk for image in on], by)
    return tag


def rename(client: Client, tag: Tag, name: str) -> Any:
    return client.post(f"{TAGS}{tag.pk}/change/", {"name": name})


def merge(client: Client, chosen: list[Tag], **more: str) -> Any:
    form = {"action": "merge", ACTION_CHECKBOX_NAME: [str(tag.pk) for tag in chosen], **more}
    return client.post(TAGS, form)


def on_pictures(tag: Tag) -> dict[int, User | None]:
    """Who put it on which."""
    return {link.image_id: link.tagged_by for link in tag.links.select_related("tagged_by")}


def test_the_list_tells_who_made_it_and_leads_to_its_pictures(
    staff: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
    first, second, other = (a_picture(alice, text) for text in ("one", "two", "three"))
    put("<b>Canals</b>", alice, first, second)
    page = Page(staff.get(TAGS).content)
    assert (page.one("th", class_="field-label").words, page.all("b")) == ("<b>Canals</b>", [])
    assert page.one("td", class_="field-created_by").words == "alice"
    row = page.one("td", class_="field-pictures")
    assert row.words == "2"
    found = {image.pk for image in staff.get(row.one("a")["href"]).context["cl"].result_list}
    assert found == {first.pk, second.pk}
    with django_assert_max_num_queries(20) as few:
        staff.get(TAGS)
    for number in range(5):
        put(f"tag {number}", alice, other)
    with django_assert_max_num_queries(len(few)):
        staff.get(TAGS)


def test_a_tag_gets_another_name(staff: Client, alice: User) -> None:
    tag = put("Canals", alice, a_picture(alice))
    assert rename(staff, tag, "  Ｂridges ").status_code == 302
    tag.refresh_from_db()
    assert (tag.name, tag.folded, tag.created_by) == ("Ｂridges", "bridges", alice)
    # Another spelling of its own name is no other tag.
    assert rename(staff, tag, "BRIDGES").status_code == 302
    assert Tag.objects.get().name == "BRIDGES"
    assert Tag.objects.called("bridges", alice) == tag


def test_a_name_that_is_only_looked_at_is_not_given_back(staff: Client, alice: User) -> None:
    tag = put("Canals", alice)
    Tag.objects.filter(pk=tag.pk).update(name="Bridges", folded="bridges")
    form = {"name": "Canals", "initial-name": "Canals"}
    assert staff.post(f"{TAGS}{tag.pk}/change/", form).status_code == 302
    tag.refresh_from_db()
    assert (tag.name, tag.folded) == ("Bridges", "bridges")


@pytest.mark.parametrize(
    "name",
    ["", " ", "\u200b", "\0", "a\0b", "x" * 61, "\ufdfa" * 50, "x" * 10_000, "CAFE\u0301", "ｃafé\u200b"],
)
def test_a_name_that_cannot_be_is_said(staff: Client, alice: User, name: str) -> None:
    tag, _ = put("Canals", alice), put("Café", alice)
    answer = rename(staff, tag, name)
    assert answer.status_code == 200
    assert Page(answer.content).all("ul", class_="errorlist")
    tag.refresh_from_db()
    assert (tag.name, tag.folded) == ("Canals", "canals")


def test_several_become_one_and_who_tagged_first_stays(staff: Client, alice: User, bob: User) -> None:
    both, only, rest = (a_picture(alice, text) for text in ("one", "two", "three"))
    # Alice was first with a word that goes.
    wrong, other = put("canal", alice, both), put("kanal", bob, only)
    right = put("Canals", bob, both, rest)
    put("Bridges", bob, both, only)
    question = Page(merge(staff, [wrong, other, right]).content)
    assert question.one("input", name="confirmed")
    assert question.one("input", name="value")["value"] == "Canals", "the most used is offered"
    assert "cannot be undone" in question.words
    assert Tag.objects.count() == 4
    assert merge(staff, [wrong, other, right], confirmed="yes", value="CANALS").status_code == 302
    assert list(Tag.objects.values_list("name", flat=True)) == ["Bridges", "Canals"]
    assert on_pictures(right) == {both.pk: alice, only.pk: bob, rest.pk: bob}
    assert set(on_pictures(Tag.objects.get(name="Bridges"))) == {both.pk, only.pk}


def test_of_all_of_a_list_those_that_were_counted_become_one(staff: Client, alice: User) -> None:
    chosen = [put(name, alice) for name in ("cat", "cats", "kitten")]
    question = Page(merge(staff, chosen[:1], select_across="1").content)
    assert question.one("h1").words == "Make one of 3 tags?"
    put("dog", alice)
    Tag.objects.get(name="kitten").delete()
    hidden = {each["name"]: each["value"] for each in question.all("input", type="hidden")}
    # Who says yes without the rows that were counted is asked.
    merge(staff, chosen[:1], select_across="1", confirmed="yes", value="cat")
    assert Tag.objects.count() == 3
    answer = staff.post(TAGS, hidden | {"value": "cat"})
    assert answer.status_code == 302
    assert set(Tag.objects.values_list("name", flat=True)) == {"cat", "dog"}


def test_they_may_become_one_that_was_not_chosen(staff: Client, alice: User, bob: User) -> None:
    picture = a_picture(alice)
    known = put("Known", alice, picture)
    merge(staff, [put("knwon", bob, picture)], confirmed="yes", value="known")
    assert on_pictures(Tag.objects.get()) == {picture.pk: alice}
    merge(staff, [known], confirmed="yes", value="New")
    assert Tag.objects.get().name == "New"
    assert on_pictures(Tag.objects.get()) == {picture.pk: alice}


@pytest.mark.parametrize("value", ["", "   ", "\u200b", "\0", "a\0b", "x" * 10_000, "canals"])
def test_what_they_cannot_become_is_said_at_the_question(staff: Client, alice: User, value: str) -> None:
    tag = put("Canals", alice, a_picture(alice))
    answer = merge(staff, [tag], confirmed="yes", value=value)
    assert answer.status_code == 422
    assert Page(answer.content).one(data_error_for="value").words
    assert (Tag.objects.get(), ImageTag.objects.count()) == (tag, 1)


def test_a_row_that_there_cannot_be_is_refused(staff: Client, alice: User) -> None:
    put("Canals", alice)
    for chosen in (str(1 << 63), "nonsense", "a\0b"):
        form = {"action": "merge", ACTION_CHECKBOX_NAME: [chosen], "confirmed": "yes", "value": "x"}
        assert staff.post(TAGS, form).status_code == 400
    assert Tag.objects.get().name == "Canals"


def test_who_is_not_staff_changes_nothing(client: Client, alice: User, bob: User) -> None:
    tag = put("Canals", alice)
    client.force_login(bob)
    assert merge(client, [tag], confirmed="yes", value="x").status_code in (302, 403)
    assert rename(client, tag, "x").status_code in (302, 403)
    assert Tag.objects.get().name == "Canals"


def test_a_tag_is_deleted_and_its_pictures_stay(staff: Client, alice: User) -> None:
    picture = a_picture(alice)
    tag = put("Canals", alice, picture)
    address = f"{TAGS}{tag.pk}/delete/"
    assert "its pictures stay" in Page(staff.get(address).content).words
    staff.post(address, {"post": "yes"})
    assert (Tag.objects.count(), Image.objects.count()) == (0, 1)
    ids = [str(put(f"tag {number}", alice, picture).pk) for number in range(3)]
    form = {"action": "delete_selected", ACTION_CHECKBOX_NAME: ids}
    assert "its pictures stay" in Page(staff.post(TAGS, form).content).words
    staff.post(TAGS, form | {"post": "yes"})
    assert (Tag.objects.count(), ImageTag.objects.count(), Image.objects.count()) == (0, 0, 1)


def test_a_picture_tells_who_tagged_it(staff: Client, alice: User, bob: User) -> None:
    picture = a_picture(alice)
    for number in range(6):
        put(f"tag {number}", bob if number else alice, picture)
    shown = Page(staff.get(f"/admin/gallery/image/{picture.pk}/change/").content)
    told = shown.one("div", class_="field-tagged").words
    assert "tag 0: alice" in told
    assert "tag 5: bob" in told
