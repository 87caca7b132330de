"""What is done with many pictures at once: named one by one, or all that match."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from gallery.listing.selection import MOST_NAMED
from gallery.models import Collection, Image, Mark, Tag, User
from gallery.models.sets import PORTION
from gallery.views.selection import VERBS
from tests.gallery.generations import a_member, a_picture, pictures
from tests.gallery.page import Page
from tests.gallery.paid_form import sent_of

HTMX = {"HX-Request": "true"}


@pytest.fixture
def member(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def told(client: Client, verb: str, fields: dict[str, object]) -> str:
    """The message that counts, after the way back."""
    answer = client.post(f"/selection/{verb}/", fields, headers={"Referer": "http://testserver/prompts/?q=x"})
    assert (answer.status_code, answer["Location"]) == (303, "/prompts/?q=x")
    return Page(client.get("/prompts/").content).one(id="notices").words


def test_every_verb_reaches_what_is_named_and_counts_it(member: Client, alice: User) -> None:
    one, two, three = (a_picture(alice, text).pk for text in ("one", "two", "three"))
    named = {"image": [one, f"{two},{one}"]}
    assert told(member, "favourite", named) == "2 pictures added to your favourites."
    assert told(member, "rate", named | {"rating": 4}) == "2 pictures rated 4."
    assert told(member, "tag", named | {"tag": " Hero "}) == "2 pictures tagged “Hero”."
    assert (
        told(member, "collect", {"image": f"{two},{one}", "collection": "Spring"})
        == "2 pictures put into “Spring”."
    )
    assert set(Mark.objects.values_list("image", "is_favourite", "rating")) == {
        (one, True, 4),
        (two, True, 4),
    }
    spring = Collection.objects.get()
    assert list(spring.entries.order_by("position").values_list("image", flat=True)) == [two, one]
    some = {"image": [one, three]}
    assert told(member, "untag", some | {"tag": "hero"}) == (
        "1 picture without the tag “Hero” now. 1 left out: did not have it."
    )
    left = told(member, "uncollect", some | {"collection": spring.pk})
    assert left == "1 picture taken out of “Spring”. 1 left out: not in it."
    assert told(member, "unfavourite", some) == "2 pictures taken off your favourites."
    assert told(member, "rate", some | {"rating": 0}) == "2 pictures without a rating of yours now."
    assert set(Mark.objects.values_list("image", "is_favourite", "rating")) == {
        (one, False, 0),
        (two, True, 4),
    }
    assert not Image.objects.missummed().exists()


def test_any_member_marks_many_as_sensitive_and_takes_the_mark_away(
    member: Client, bob: User, alice: User
) -> None:
    ids = [a_picture(bob, text).pk for text in ("one", "two")]
    named = {"image": [*ids, 999_999]}
    left = "1 left out: not there any more."
    assert told(member, "mark_sensitive", named) == f"2 pictures marked as sensitive. {left}"
    assert set(Image.objects.values_list("is_sensitive", "sensitive_set_by")) == {(True, alice.pk)}
    assert told(member, "unmark_sensitive", {"all": "1"}) == "2 pictures not sensitive any more."
    assert not Image.objects.filter(is_sensitive=True).exists()


def test_the_bar_has_a_button_for_each_verb(member: Client, alice: User) -> None:
    Image.objects.trash([a_picture(alice, "one").pk], alice)
    a_picture(alice, "two")
    bars = [Page(member.get(path).content).one("form", id="selection") for path in ("/", "/trash/")]
    pressed = {button["formaction"] for bar in bars for button in bar.all("button", formaction=None)}
    assert {f"/selection/{verb}/" for verb in VERBS} == pressed - {
        "/selection/download/",
        "/multi-edit/",
        "/compare/",
    }


def test_a_number_that_was_typed_is_the_name_of_a_collection(member: Client, alice: User) -> None:
    image = a_picture(alice)
    spring = Collection.objects.called("Spring", alice)
    bar = sent_of(Page(member.get("/").content).one("form", id="selection"))
    typed = bar | {"image": image.pk, "collection": str(spring.pk)}
    refused = member.post("/selection/uncollect/", typed)
    assert "There is no such collection." in Page(refused.content).words
    assert told(member, "collect", typed) == f"1 picture put into “{spring.pk}”."
    spring.add([image.pk], alice)
    assert told(member, "uncollect", typed) == f"1 picture taken out of “{spring.pk}”."
    assert list(spring.entries.values_list("image", flat=True)) == [image.pk]


def test_what_is_gone_is_told_of(member: Client, alice: User) -> None:
    one = a_picture(alice).pk
    words = told(member, "favourite", {"image": [one, one + 1, 2**70, "x", "-1"]})
    assert words == "1 picture added to your favourites. 2 left out: not there any more."


def test_a_name_comes_to_be_with_its_first_picture(member: Client, alice: User) -> None:
    thrown = a_picture(alice).pk
    Image.objects.trash([thrown], alice)
    gone = {"image": [999_999], "tag": "new", "collection": "new"}
    assert told(member, "tag", gone) == "0 pictures tagged “new”. 1 left out: not there any more."
    assert told(member, "collect", gone | {"image": [thrown, 999_999]}).startswith(
        "0 pictures put into “new”."
    )
    assert member.post(f"/images/{thrown}/collect/", {"collection": "new"}).status_code == 422
    assert not Tag.objects.exists()
    assert not Collection.objects.exists()
    # Where the first portions have none, one behind them brings it.
    ids = f"{','.join(str(10**9 + n) for n in range(PORTION))},{a_picture(alice).pk},{10**10}"
    for verb in ("tag", "collect"):
        assert told(member, verb, gone | {"image": ids}).startswith("1 picture ")
    assert (Tag.objects.get().links.count(), Collection.objects.get().entries.count()) == (1, 1)
    assert (Tag.objects.get().created_by, Collection.objects.get().created_by) == (alice, alice)


def test_all_that_match_is_what_the_list_shows(member: Client, alice: User) -> None:
    cats = [pictures(alice, f"a cat, number {n}", count=2)[0] for n in range(3)]
    dog = a_picture(alice, "a dog")
    assert told(member, "tag", {"all": "1", "q": "cat", "tag": "cats"}) == "3 pictures tagged “cats”."
    assert set(Tag.objects.get().links.values_list("image", flat=True)) == {cat.pk for cat in cats}
    # Of a prompt each picture stands for itself.
    within = f"prompt:{cats[0].prompt_id}"
    assert told(member, "tag", {"all": "1", "in": within, "tag": "all"}) == "2 pictures tagged “all”."
    assert told(member, "trash", {"all": "1"}).startswith("4 pictures put into the trash.")
    # The second of a stack becomes its cover meanwhile, and is not what was selected.
    assert Image.objects.covers().count() == 3
    assert not Image.objects.kept().filter(pk=dog.pk).exists()


def test_many_are_done_in_portions(member: Client, alice: User) -> None:
    first = a_picture(alice, "one")
    copies = [Image.objects.get(pk=first.pk) for _ in range(PORTION)]
    for index, copy in enumerate(copies, 1):
        copy.pk, copy.index = None, index
    Image.objects.bulk_create(copies)
    within = f"prompt:{first.prompt_id}"
    assert told(member, "favourite", {"all": "1", "in": within}).startswith(f"{PORTION + 1} pictures")
    assert Image.objects.filter(favourite_count=1).count() == PORTION + 1
    assert told(member, "collect", {"all": "1", "in": within, "collection": "C"}).startswith(
        f"{PORTION + 1} "
    )
    order = Collection.objects.get().entries.order_by("position").values_list("image", flat=True)
    assert list(order) == sorted(order)


def test_only_its_maker_throws_a_picture_away(member: Client, alice: User, bob: User, sally: User) -> None:
    mine, others = a_picture(alice, "mine"), a_picture(bob, "other")
    words = told(member, "trash", {"image": [mine.pk, others.pk]})
    assert words == (
        "1 picture put into the trash. 1 left out: only who made them, or staff, may do that. Undo"
    )
    assert list(Image.objects.trashed()) == [mine]
    staff = Client()
    staff.force_login(sally)
    assert told(staff, "trash", {"image": [mine.pk, others.pk]}).startswith(
        "1 picture put into the trash. 1 left out: in the trash already, or not there any more."
    )
    assert told(member, "restore", {"image": [others.pk]}).startswith(
        "0 pictures taken out of the trash. 1 left out"
    )
    assert told(staff, "restore", {"image": [mine.pk, others.pk]}) == "2 pictures taken out of the trash."


def test_who_throws_away_is_told_which_collections_it_is_missing_from(member: Client, alice: User) -> None:
    one, two, three = (a_picture(alice, text) for text in ("one", "two", "three"))
    for name, images in (("Spring", [one, two]), ("Autumn", [one])):
        Collection.objects.called(name, alice).add([image.pk for image in images], alice)
    words = told(member, "trash", {"image": [one.pk, two.pk, three.pk]})
    assert words == (
        "3 pictures put into the trash. No longer shown in “Autumn” and 1 other collection. Undo"
    )
    assert told(member, "trash", {"image": [one.pk]}).startswith("0 pictures"), "it was there already"
    told(member, "restore", {"image": [one.pk, two.pk, three.pk]})
    assert told(member, "trash", {"image": [three.pk]}) == "1 picture put into the trash. Undo"
    alone = Page(member.post(f"/images/{two.pk}/trash/", headers=HTMX).content)
    assert f"Picture {two.pk} is in the trash. No longer shown in “Spring”." in alone.words
    page = member.post(f"/images/{one.pk}/trash/", follow=True)
    assert "No longer shown in “Autumn” and 1 other collection." in Page(page.content).words


def test_a_click_on_undo_brings_back_what_that_one_click_threw_away(member: Client, alice: User) -> None:
    early, one, two = (a_picture(alice, text) for text in ("early", "one", "two"))
    told(member, "trash", {"image": early.pk})
    answer = member.post("/selection/trash/", {"image": [one.pk, two.pk]}, headers=HTMX)
    undo = Page(answer.content).one("form", data_action="undo-trash")
    fields = {each["name"]: each["value"] for each in undo.all("input")}
    assert member.post(undo["action"], fields).status_code == 303
    assert list(Image.objects.trashed()) == [early]
    again = member.post(undo["action"], fields)
    assert again.status_code == 422
    assert "Nothing of it is in the trash any more." in Page(again.content).words


def test_without_javascript_undo_stands_in_the_message(member: Client, alice: User) -> None:
    one = a_picture(alice)
    member.post("/selection/trash/", {"image": one.pk})
    form = Page(member.get("/").content).one("form", data_action="undo-trash")
    member.post(form["action"], {each["name"]: each["value"] for each in form.all("input")})
    assert Image.objects.kept().get() == one


def test_to_htmx_it_is_the_message_with_what_was_left_out(member: Client, alice: User, bob: User) -> None:
    mine, others = a_picture(alice, "mine"), a_picture(bob, "other")
    answer = member.post("/selection/trash/", {"image": [mine.pk, others.pk]}, headers=HTMX)
    note = Page(answer.content).one(class_="notice")
    assert (note["data-told"], note["data-left"].split()) == ("trash", [str(others.pk)])
    # Of all that match, what is left out of those that the page shows, however many others there are.
    theirs = [a_picture(bob, f"theirs {number}").pk for number in range(3)]
    everything = {"all": "1", "q": "", "shown": f"{mine.pk},{theirs[2]}, "}
    answer = member.post("/selection/trash/", everything, headers=HTMX)
    assert Page(answer.content).one(class_="notice")["data-left"] == str(theirs[2])
    refused = member.post("/selection/trash/", {}, headers=HTMX)
    assert (refused.status_code, Page(refused.content).words) == (422, "No picture is selected.")


@pytest.mark.parametrize(
    ("verb", "fields", "words"),
    [
        ("favourite", {}, "No picture is selected."),
        ("favourite", {"image": " , "}, "No picture is selected."),
        ("favourite", {"image": ",".join("1" * (MOST_NAMED + 1))}, "At most 5 000 pictures"),
        ("favourite", {"all": "1", "q": "nothing like it"}, "No picture matches"),
        ("favourite", {"all": "1", "in": f"prompt:{2**70}"}, "There is no list"),
        ("favourite", {"all": "1", "in": "prompt:987654"}, "No picture matches"),
        ("trash", {"all": "1", "q": "", "in": "3"}, "There is no list “3”."),
        ("trash", {"all": "1", "q": "", "in": "collection:abc"}, "There is no list “collection:abc”."),
        ("trash", {"all": "1", "q": "", "in": "trash:1"}, "There is no list"),
        ("trash", {"all": "1", "q": "", "in": "<b>\0"}, "There is no list “<b>"),
        ("trash", {"all": "1", "q": "zzz:1"}, "“zzz:1” was not searched."),
        ("trash", {"all": "1", "q": "one is:"}, "“is:” was not searched."),
        ("trash", {"all": "1", "q": "one " * 500}, "Only the first"),
        ("rate", {"image": 1}, "A rating is 1 to 5"),
        ("rate", {"image": 1, "rating": "6"}, "A rating is 1 to 5"),
        ("rate", {"image": 1, "rating": "\0"}, "A rating is 1 to 5"),
        ("tag", {"image": 1, "tag": " \u200b\u202e\0"}, "A tag needs"),
        ("tag", {"image": 1, "tag": "x" * 10_000}, "at most 60 characters"),
        ("untag", {"image": 1, "tag": "<script>"}, "There is no such tag."),
        ("collect", {"image": 1, "collection": ""}, "A collection needs a name."),
        ("uncollect", {"image": 1, "collection": str(2**70)}, "There is no such collection."),
        ("restore", {"trashed": "yesterday"}, "That is no moment of the trash."),
        ("restore", {"trashed": "2026-01-01"}, "That is no moment of the trash."),
        ("restore", {"trashed": datetime(2026, 1, 1, tzinfo=UTC).isoformat()}, "Nothing of it"),
    ],
)
def test_what_cannot_be_done_is_said(
    member: Client, alice: User, verb: str, fields: dict[str, str], words: str
) -> None:
    a_picture(alice, "one")
    answer = member.post(f"/selection/{verb}/", fields)
    assert answer.status_code == 422
    assert words in Page(answer.content).words
    assert not Image.objects.trashed().exists()
    assert not Mark.objects.exists()


@pytest.mark.parametrize("query", ["q=zebra", "in=collection:1", "q="])
def test_a_search_in_the_address_is_not_passed_over(member: Client, alice: User, query: str) -> None:
    a_picture(alice)
    answer = member.post(f"/selection/trash/?{query}", {"all": "1"})
    assert answer.status_code == 422
    assert "belong into the form" in Page(answer.content).words
    assert not Image.objects.trashed().exists()


@pytest.mark.django_db
def test_there_is_nothing_else_to_do(member: Client) -> None:
    assert member.post("/selection/purge/", {"image": 1}).status_code == 404
    assert member.get("/selection/favourite/").status_code == 405


def test_the_way_back_leads_nowhere_else(member: Client, alice: User) -> None:
    fields = {"image": a_picture(alice).pk}
    for page in ("http://evil.example/x", "http://testserver//evil.example/x", "javascript:alert(1)", ""):
        answer = member.post("/selection/favourite/", fields, headers={"Referer": page})
        assert answer["Location"] in ("/", "/evil.example/x")


@pytest.mark.django_db
def test_a_stranger_marks_nothing(client: Client) -> None:
    one = a_picture(a_member("ana")).pk
    assert client.post("/selection/favourite/", {"image": one}).status_code == 302
    assert not Mark.objects.exists()
