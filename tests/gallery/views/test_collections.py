"""Collections: made, filled, arranged, searched, stepped through, archived, deleted; and where what is made goes."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Attempt, Batch, Collection, Image, User
from gallery.models.collection import STEP
from gallery.models.states import Outcome
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import a_picture, pictures
from tests.gallery.page import Page, shown
from tests.gallery.pipeline.conftest import queue

pytestmark = pytest.mark.usefixtures("models_known")

Get = Callable[..., Page]
HTMX = {"HX-Request": "true"}
HOSTILE = ["\0", "x" * 10_000, "", " \t", "\u200b\u202e"]


@pytest.fixture
def page(client: Client, alice: User) -> Get:
    client.force_login(alice)

    def get(address: str = "/collections/", **more: Any) -> Page:
        response = client.get(address, **more)
        assert response.status_code == 200
        return Page(response.content)

    return get


def filled(owner: User, count: int = 3, name: str = "Spring") -> tuple[Collection, list[int]]:
    """A collection of so many pictures, and their ids in its order."""
    ids = [a_picture(owner, f"heron {number}").pk for number in range(count)]
    collection = Collection.objects.called(name, owner)
    collection.add(ids, owner)
    return collection, ids


def order(collection: Collection) -> list[int]:
    return list(collection.entries.order_by("position", "image").values_list("image", flat=True))


def test_one_is_made_renamed_noted_archived_and_deleted(page: Get, client: Client, alice: User) -> None:
    answer = client.post("/collections/", {"name": "  Spring\u202e <b>"})
    collection = Collection.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/collections/{collection.pk}/")
    assert (collection.name, collection.created_by) == ("Spring <b>", alice)
    client.post("/collections/", {"name": "SPRING <B>"})
    assert Collection.objects.count() == 1

    notes = "First line\r\nsecond <script>alert(1)</script>\u0000"
    own = f"/collections/{collection.pk}/"
    assert client.post(f"{own}edit/", {"name": "Summer", "notes": notes.replace("\0", "")}).status_code == 303
    collection.refresh_from_db()
    assert (collection.name, collection.folded) == ("Summer", "summer")
    read = page(own)
    assert read.one(data_notes=None).text == "First line\nsecond <script>alert(1)</script>"

    client.post(f"{own}archive/", {"archived": "1"})
    every = page()
    assert not every.all("li", data_collection=None)
    assert [each["data-archived"] for each in every.all(data_archived=None)] == [str(collection.pk)]
    client.post(f"{own}archive/", {"archived": "0"})
    assert page().all("li", data_collection=None)
    assert client.post(f"{own}delete/")["Location"] == "/collections/"
    assert not Collection.objects.exists()
    assert client.get(own).status_code == 404


def test_it_counts_what_it_has(page: Get, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for count, words in ((0, "0 pictures"), (1, "1 picture"), (2, "2 pictures")):
        collection, _ = filled(alice, count, f"{count} of them")
        facts = page(f"/collections/{collection.pk}/").all("p", class_="facts")[0].words
        assert facts.partition(" · ")[0] == words
    # Those that are named no more are counted, and it is said how they are found.
    monkeypatch.setattr("gallery.views.collections.MOST_ARCHIVED", 2)
    Collection.objects.update(archived_at=timezone.now())
    archived = page().one("details", class_="archived")
    assert archived.one("summary").words == "Archived: 3"
    assert len(archived.all("a")) == 2
    assert "The first 2 by name." in archived.one("p").words


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_name_is_refused_in_words(client: Client, alice: User, text: str) -> None:
    image = a_picture(alice)
    collection = Collection.objects.called("Spring", alice)
    client.force_login(alice)
    for address, field in (
        ("/collections/", "name"),
        (f"/collections/{collection.pk}/edit/", "name"),
        (f"/images/{image.pk}/collect/", "collection"),
    ):
        answer = client.post(address, {field: text})
        assert answer.status_code == 422, address
    answer = client.post(f"/images/{image.pk}/collect/", {"collection": text}, headers=HTMX)
    assert answer.status_code == 422
    assert Page(answer.content).all(data_error_for="collection")
    assert [each.name for each in Collection.objects.all()] == ["Spring"]


def test_notes_and_names_have_their_limits(page: Get, client: Client, alice: User) -> None:
    collection = Collection.objects.called("Spring", alice)
    Collection.objects.called("Summer", alice)
    own = f"/collections/{collection.pk}/edit/"
    assert client.post(own, {"name": "Spring", "notes": "é" * 10_000}).status_code == 303
    answer = client.post(own, {"name": "Spring", "notes": "é" * 10_001})
    assert answer.status_code == 422
    assert "10 000" in Page(answer.content).one(data_error_for="notes").words
    answer = client.post(own, {"name": "SUMMER"})
    assert answer.status_code == 422
    read = Page(answer.content)
    assert "There is a collection “SUMMER” already" in read.one(data_error_for="name").words
    assert read.one("h1").words == "Spring"


def of_edit(page: Page) -> dict[str, str]:
    """What the form sends as it was drawn."""
    form = page.one("form", data_action="edit-collection")
    return {each["name"]: each["value"] for each in form.all("input", name=None)} | {
        "notes": form.one("textarea").text.strip().replace("\n", "\r\n")
    }


def test_what_another_wrote_meanwhile_stays(page: Get, client: Client, alice: User) -> None:
    collection = Collection.objects.called("Spring", alice)
    own = f"/collections/{collection.pk}/"
    assert client.post(f"{own}edit/", {"name": "Spring", "notes": "Dawn\r\nand dusk"}).status_code == 303
    # Without a word of the notes nothing happens to them, nor to the name.
    assert client.post(f"{own}edit/", {"name": "Autumn"}).status_code == 303
    mine = of_edit(page(own))
    assert client.post(f"{own}edit/", {"notes": "By the sea"}).status_code == 303
    assert client.post(f"{own}edit/", mine | {"name": "Winter"}).status_code == 303
    collection.refresh_from_db()
    assert (collection.name, collection.folded, collection.notes) == ("Winter", "winter", "By the sea")
    # What is as it was drawn is drawn as it is now, beside an error.
    again = of_edit(Page(client.post(f"{own}edit/", mine | {"name": ""}).content))
    assert (again["name"], again["notes"]) == ("", "By the sea")


@pytest.mark.parametrize("theirs", ["By the sea", ""])
def test_what_two_have_changed_is_told_to_the_second(
    page: Get, client: Client, alice: User, theirs: str
) -> None:
    collection = Collection.objects.called("Spring", alice)
    own = f"/collections/{collection.pk}/"
    client.post(f"{own}edit/", {"notes": "Dawn"})
    mine = of_edit(page(own)) | {"name": "Winter", "notes": "Mine"}
    client.post(f"{own}edit/", {"name": "Autumn", "notes": theirs})
    answer = client.post(f"{own}edit/", mine)
    assert answer.status_code == 422
    read = Page(answer.content)
    assert "“Autumn” meanwhile" in read.one(data_error_for="name").words
    assert ("stand above" in read.one(data_error_for="notes").words) == bool(theirs)
    assert [each.words for each in read.all(data_notes=None)] == ([theirs] if theirs else [])
    collection.refresh_from_db()
    assert (collection.name, collection.notes) == ("Autumn", theirs)
    again = of_edit(read)
    assert (again["name"], again["notes"]) == ("Winter", "Mine")
    assert client.post(f"{own}edit/", again).status_code == 303
    collection.refresh_from_db()
    assert (collection.name, collection.folded, collection.notes) == ("Winter", "winter", "Mine")
    # Who means what is there by now is not asked.
    assert client.post(f"{own}edit/", mine).status_code == 303


def test_a_picture_is_collected_by_id_and_by_name(page: Get, client: Client, alice: User, bob: User) -> None:
    image = a_picture(bob)
    spring = Collection.objects.called("Spring", bob)
    collect, uncollect = f"/images/{image.pk}/collect/", f"/images/{image.pk}/uncollect/"
    assert client.post(collect, {"collection": str(spring.pk)})["Location"] == f"/images/{image.pk}/"
    client.post(collect, {"collection": "spring"})
    assert order(spring) == [image.pk]
    assert [each.added_by for each in spring.entries.all()] == [alice]
    client.post(collect, {"collection": "For Ana"})
    client.post(collect, {"collection": str(spring.pk), "typed": "1"})
    names = {each.name for each in Collection.objects.all()}
    assert names == {"Spring", "For Ana", str(spring.pk)}, "a number that was typed is a name"
    own = page(f"/images/{image.pk}/")
    assert {each.words for each in own.all("a", data_collection=None)} == names

    answer = client.post(uncollect, {"collection": str(spring.pk)}, headers=HTMX)
    assert answer.status_code == 200
    read = Page(answer.content)
    said = json.loads(answer["HX-Trigger"])["picture:said"]["words"]
    assert said == f"Picture {image.pk} is not in “Spring” any more."
    assert {each.words for each in read.all("a", data_collection=None)} == names - {"Spring"}
    typed = {"collection": str(spring.pk), "typed": "1"}
    said = json.loads(client.post(uncollect, typed, headers=HTMX)["HX-Trigger"])["picture:said"]["words"]
    assert said == f"Picture {image.pk} is not in “{spring.pk}” any more."
    assert client.post(uncollect, {"collection": "no such"}).status_code == 404
    assert client.post(uncollect, {"collection": "9" * 30}).status_code == 404
    assert client.post(f"/images/{image.pk + 5}/collect/", {"collection": "x"}).status_code == 404
    Image.objects.trash([image.pk], bob)
    assert client.post(collect, {"collection": "Spring"}).status_code == 422


def test_names_are_offered_while_one_types(page: Get, alice: User) -> None:
    for name in ("Spring at sea", "The Sea", "Autumn", "Old sea"):
        Collection.objects.called(name, alice)
    Collection.objects.filter(name="Old sea").update(archived_at=timezone.now())

    def offered(**typed: str) -> list[str]:
        return [each["value"] for each in page("/collections/names/", data=typed).all("option")]

    assert offered() == ["Autumn", "The Sea", "Spring at sea"], "those that were used last"
    assert offered(collection=" SEA") == ["Spring at sea", "The Sea"]
    assert offered(collection="zebra") == offered(collection="%") == offered(collection="x" * 10_000) == []
    # Wherever a collection is named: it is offered there, so that a slip of the finger makes no new one.
    first, second = a_picture(alice), a_picture(alice)
    for address in ("/", "/create/", f"/images/{first.pk}/", f"/compare/?images={first.pk},{second.pk}"):
        drawn = page(address)
        named = drawn.all("input", name="collection")
        boxes = [each for each in named if not each.has("type", "hidden")]
        assert boxes
        for box in boxes:
            assert box["hx-get"] == "/collections/names/", address
            assert box["hx-target"] == f"#{box['list']}"
            assert drawn.one("datalist", id=box["list"])


def test_buttons_of_a_collection_that_is_gone_touch_no_other(page: Get, client: Client, alice: User) -> None:
    gone, ids = filled(alice)
    own, free = f"/collections/{gone.pk}/", a_picture(alice)
    pages = [page(own), page(f"{own}?arrange=1"), page(f"/images/{ids[0]}/"), page(f"/images/{free.pk}/")]
    forms = [
        form
        for each in pages
        for action in ("collect", "uncollect", "destination")
        for form in each.all("form", data_action=action)
        if form.all("input", name="collection", type="hidden")
    ]
    assert len(forms) == 7
    other = Collection.objects.called(str(gone.pk), alice)
    other.add(ids, alice)
    gone.delete()
    for form in forms:
        sent = {each["name"]: each["value"] for each in form.all("input", type="hidden")}
        for more in ({}, HTMX):
            answer = client.post(form["action"], sent, headers=more)
            assert answer.status_code == 422, form["action"]
            assert "That collection was deleted meanwhile" in Page(answer.content).words
    for verb in ("collect", "uncollect"):
        sent = {"image": str(ids[0]), "collection": other.name}
        assert client.post(f"/selection/{verb}/", sent | {"known": "1"}).status_code == 422
    assert (list(Collection.objects.all()), order(other)) == ([other], ids)
    alice.refresh_from_db()
    assert alice.destination is None


def test_it_shows_single_pictures_in_its_order_and_steps_among_them(page: Get, alice: User) -> None:
    first, second = pictures(alice, "a stack", count=2)
    other = a_picture(alice, "another")
    collection = Collection.objects.called("Spring", alice)
    collection.add([other.pk, second.pk, first.pk], alice)
    own = f"/collections/{collection.pk}/"
    assert shown(page(own)) == [other.pk, second.pk, first.pk]
    assert shown(page(f"{own}?order=newest")) == [other.pk, second.pk, first.pk]
    assert shown(page(f"{own}?order=oldest")) == [first.pk, second.pk, other.pk]
    assert shown(page(f"{own}?q=stack")) == [second.pk, first.pk]
    Image.objects.trash([other.pk], alice)
    assert shown(page(own)) == [second.pk, first.pk]
    step = page(f"/images/{second.pk}/?in=collection:{collection.pk}")
    assert step.one("a", rel="next")["href"] == f"/images/{first.pk}/?in=collection:{collection.pk}"
    assert step.one(data_position=None).words == "1 of 2"
    assert step.one("a", data_close=None)["href"].startswith(f"{own}?from=")
    Image.objects.restore([other.pk])
    assert shown(page(own)) == [other.pk, second.pk, first.pk], "it comes back to its place"
    outside = a_picture(alice, "outside")
    assert page(f"/images/{outside.pk}/?in=collection:{collection.pk}").one("a", data_close=None)
    assert page(f"/images/{first.pk}/?in=collection:{collection.pk + 9}").one("a", data_close=None)


def test_it_pages_by_place(page: Get, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gallery.listing.tiles.PAGE", 2)
    collection, ids = filled(alice, 5)
    for arranged in ("", "?arrange=1"):
        first = page(f"/collections/{collection.pk}/{arranged}")
        second = page(first.one("a", rel="next")["href"])
        third = page(second.one("a", rel="next")["href"])
        assert [shown(each) for each in (first, second, third)] == [ids[:2], ids[2:4], ids[4:]]
        assert shown(page(third.one("a", rel="prev")["href"])) == ids[2:4]
        assert shown(page(second.one("a", rel="prev")["href"])) == ids[:2]


def test_it_tells_what_the_requests_of_its_pictures_have_cost(page: Get, alice: User) -> None:
    collection, _ = filled(alice, 2)
    # A request of three pictures is paid once; what is in the trash since was paid, too.
    several = pictures(alice, "a pier", count=3)
    collection.add([image.pk for image in several], alice)
    Image.objects.trash([several[0].pk], alice)
    # Another try of it that nobody knows the end of, and one that Venice refused; and a picture that is not in it.
    ledger = Attempt.objects.filter(generation=several[0].generation)
    for outcome in (Outcome.UNKNOWN, Outcome.REFUSED):
        ledger.model.objects.bulk_create([_tried_again(ledger.get(outcome=Outcome.OK), outcome)])
    a_picture(alice, "not in it")
    address = f"/collections/{collection.pk}/"

    assert page(address).one(data_cost=None).words == "$0.04 pretend"
    collection.add([a_picture(alice, "a gull", emulated=False).pk], alice)
    assert page(address).one(data_cost=None).words == "$0.01 and $0.04 pretend"
    assert page(f"/collections/{filled(alice, 0, 'Empty')[0].pk}/").all(data_cost=None) == []


def _tried_again(attempt: Attempt, outcome: Outcome) -> Attempt:
    attempt.pk, attempt.token, attempt.outcome = None, uuid.uuid4(), outcome
    return attempt


def test_queries_do_not_grow(page: Get, alice: User) -> None:
    collection, _ = filled(alice, 1)
    addresses = [
        "/collections/",
        f"/collections/{collection.pk}/",
        f"/collections/{collection.pk}/?arrange=1",
    ]

    def count(address: str) -> int:
        page(address)
        with CaptureQueriesContext(connection) as queries:
            page(address)
        return len(queries)

    few = [count(address) for address in addresses]
    collection.add([a_picture(alice, str(number)).pk for number in range(6)], alice)
    filled(alice, 3, "Summer")
    assert [count(address) for address in addresses] == few


@pytest.mark.parametrize(
    ("picture", "way", "expected"),
    [
        (0, "first", [0, 1, 2, 3]),
        (2, "first", [2, 0, 1, 3]),
        (2, "earlier", [0, 2, 1, 3]),
        (0, "earlier", [0, 1, 2, 3]),
        (1, "later", [0, 2, 1, 3]),
        (2, "later", [0, 1, 3, 2]),
        (3, "later", [0, 1, 2, 3]),
        (0, "last", [1, 2, 3, 0]),
    ],
)
def test_buttons_move_without_javascript(
    page: Get, client: Client, alice: User, picture: int, way: str, expected: list[int]
) -> None:
    collection, ids = filled(alice, 4)
    own = page(f"/collections/{collection.pk}/?arrange=1")
    form = own.all("article")[picture].one("form", data_action="arrange")
    sent = {each["name"]: each["value"] for each in form.all("input", name=None)}
    answer = client.post(form["action"], sent | {"move": way})
    assert answer.status_code == 303
    assert answer["Location"] == f"/collections/{collection.pk}/?arrange=1#picture-{ids[picture]}"
    assert order(collection) == [ids[each] for each in expected]


def test_what_one_has_hidden_is_passed(page: Get, client: Client, alice: User) -> None:
    collection, ids = filled(alice, 4)
    Image.objects.set_sensitive([ids[1], ids[2]], alice, True)
    where = f"/collections/{collection.pk}/order/"
    User.objects.update(sensitive="hide")
    assert shown(page(f"/collections/{collection.pk}/?arrange=1")) == [ids[0], ids[3]]
    client.post(where, {"image": ids[0], "move": "later"})
    assert order(collection) == [ids[1], ids[2], ids[3], ids[0]]
    client.post(where, {"image": ids[0], "move": "earlier"})
    assert shown(page(f"/collections/{collection.pk}/?arrange=1")) == [ids[0], ids[3]]
    # Who sees them goes past one of them at a time.
    User.objects.update(sensitive="blur")
    client.post(where, {"image": ids[1], "move": "later"})
    assert order(collection) == [ids[2], ids[1], ids[0], ids[3]]


def test_what_is_in_the_trash_is_passed(client: Client, alice: User) -> None:
    collection, ids = filled(alice, 4)
    Image.objects.trash([ids[1]], alice)
    client.force_login(alice)
    where = f"/collections/{collection.pk}/order/"
    client.post(where, {"image": ids[2], "move": "earlier"})
    assert order(collection) == [ids[2], ids[0], ids[1], ids[3]]
    client.post(where, {"image": ids[2], "move": "later"})
    assert order(collection) == [ids[0], ids[2], ids[1], ids[3]]


def test_several_are_put_before_or_after_another(client: Client, alice: User) -> None:
    collection, ids = filled(alice, 5)
    client.force_login(alice)
    where = f"/collections/{collection.pk}/order/"
    answer = client.post(where, {"image": [ids[4], ids[3]], "before": ids[1]}, headers=HTMX)
    assert answer.status_code == 204
    assert order(collection) == [ids[0], ids[4], ids[3], ids[1], ids[2]]
    client.post(where, {"image": [ids[0], ids[4]], "after": ids[2]})
    assert order(collection) == [ids[3], ids[1], ids[2], ids[0], ids[4]]
    client.post(where, {"image": [ids[4]], "after": ids[1]})
    assert order(collection) == [ids[3], ids[1], ids[4], ids[2], ids[0]]
    stranger, gone = a_picture(alice).pk, a_picture(alice).pk
    collection.add([gone], alice)
    collection.remove([gone])
    for sent, status in (
        ({"image": ids[0]}, 400),
        ({"before": ids[0]}, 400),
        ({"image": "\0", "before": ids[0]}, 400),
        ({"image": ids[0], "before": "9" * 30}, 400),
        ({"image": ids[0], "before": stranger}, 409),
        ({"image": ids[3], "after": stranger}, 409),
        ({"image": ids[3], "after": gone}, 409),
        ({"image": [ids[3], ids[1]], "move": "last"}, 400),
        ({"image": stranger, "before": ids[0]}, 409),
        ({"image": ids[0], "before": ids[0]}, 409),
        ({"image": [ids[0]] * 1001, "before": ids[1]}, 400),
    ):
        assert client.post(where, sent).status_code == status, sent
    assert order(collection) == [ids[3], ids[1], ids[4], ids[2], ids[0]]


@pytest.mark.django_db
def test_positions_are_numbered_anew_when_there_is_no_gap(alice: User) -> None:
    collection, ids = filled(alice, 4)
    for _ in range(30):
        collection.place([ids[3]], ids[1])
        assert order(collection) == [ids[0], ids[3], ids[1], ids[2]]
        collection.place([ids[2]], ids[1])
        assert order(collection) == [ids[0], ids[3], ids[2], ids[1]]
        collection.place([ids[3]], None)
        collection.place([ids[1], ids[2]], ids[3])
        assert order(collection) == [ids[0], ids[1], ids[2], ids[3]]
    positions = list(collection.entries.values_list("position", flat=True))
    assert len(set(positions)) == 4
    assert max(positions) <= 100 * STEP


@pytest.mark.parametrize(("query", "chosen"), [("", [3, 1, 0, 2]), ("heron -0", [3, 1, 2])])
def test_all_of_one_go_into_another_in_its_order(
    client: Client, alice: User, query: str, chosen: list[int]
) -> None:
    collection, ids = filled(alice, 4)
    collection.place([ids[3], ids[1]], ids[0])
    client.force_login(alice)
    sent = {"collection": "Copy", "typed": "1", "all": "1", "q": query, "in": f"collection:{collection.pk}"}
    assert client.post("/selection/collect/", sent).status_code == 303
    assert order(Collection.objects.get(name="Copy")) == [ids[each] for each in chosen]


def test_a_cover_stands_first_on_the_card(page: Get, client: Client, alice: User) -> None:
    collection, ids = filled(alice, 5)
    card = page().one("li", data_collection=str(collection.pk))
    assert [int(each["data-image"]) for each in card.all(data_image=None)] == ids[:4]
    assert "5 pictures · alice" in card.words
    assert client.post(f"/collections/{collection.pk}/cover/", {"image": ids[4]}).status_code == 303
    card = page().one("li", data_collection=str(collection.pk))
    assert [int(each["data-image"]) for each in card.all(data_image=None)] == [ids[4], *ids[:3]]
    assert (
        client.post(f"/collections/{collection.pk}/cover/", {"image": a_picture(alice).pk}).status_code == 409
    )
    Image.objects.trash([ids[4], ids[0]], alice)
    card = page().one("li", data_collection=str(collection.pk))
    assert [int(each["data-image"]) for each in card.all(data_image=None)] == ids[1:4]
    assert "3 pictures" in card.words


def test_a_cover_is_let_go_by_saying_nothing_or_by_taking_it_out(
    page: Get, client: Client, alice: User
) -> None:
    collection, ids = filled(alice)
    page()
    where = f"/collections/{collection.pk}/cover/"

    def cover() -> int | None:
        collection.refresh_from_db()
        return collection.cover_id

    client.post(where, {"image": ids[2]})
    for text in ("abc", "\0", "-1", "1.0"):
        assert client.post(where, {"image": text}).status_code == 422
        assert cover() == ids[2]
    for sent in ({}, {"image": " "}):
        assert client.post(where, sent).status_code == 303
        assert cover() is None
        client.post(where, {"image": ids[2]})
    # By the page's own button, too, which stands beside that picture alone.
    arranged = page(f"/collections/{collection.pk}/?arrange=1")
    forms = arranged.all("form", data_action="cover")
    buttons = [form.one("button") for form in forms]
    assert [button.words for button in buttons] == ["Use as cover", "Use as cover", "Let go"]
    (named,) = forms[2].all("input", name="image")
    client.post(forms[2]["action"], {"image": [named["value"], buttons[2]["value"]]})
    assert cover() is None
    client.post(where, {"image": ids[2]})
    client.post(f"/images/{ids[0]}/uncollect/", {"collection": collection.pk})
    assert cover() == ids[2]
    client.post(f"/images/{ids[2]}/uncollect/", {"collection": collection.pk})
    assert cover() is None
    # One that was left by an older version.
    Collection.objects.filter(pk=collection.pk).update(cover=ids[2])
    card = page().one("li", data_collection=str(collection.pk))
    assert [int(each["data-image"]) for each in card.all(data_image=None)] == [ids[1]]


def test_another_members_is_not_mine_to_delete(client: Client, alice: User, bob: User) -> None:
    collection = Collection.objects.called("Spring", alice)
    client.force_login(bob)
    own = f"/collections/{collection.pk}/"
    assert not Page(client.get(own).content).all("form", data_action="delete-collection")
    assert client.post(f"{own}delete/").status_code == 403
    assert client.post(f"{own}edit/", {"name": "Ours"}).status_code == 303


def test_all_that_is_made_goes_where_it_was_told(
    page: Get, client: Client, alice: User, worker_process: WorkerProcess
) -> None:
    assert (
        client.post("/collections/destination/", {"collection": "Campaign", "back": "/"})["Location"] == "/"
    )
    collection = Collection.objects.get()
    for address in ("/", "/create/"):
        assert page(address).one("a", data_destination=None).words == "Campaign"
    alice.refresh_from_db()
    generation = queue(alice, variants=2)
    assert Batch.objects.get().destination == collection
    let_go = page("/create/").one("form", data_action="destination")
    assert client.post(let_go["action"], {"back": "/create/"}).status_code == 303
    assert not page("/create/").all("a", data_destination=None)
    alice.refresh_from_db()
    queue(alice)
    while worker_process.step():
        pass
    assert order(collection) == list(generation.images.order_by("index").values_list("pk", flat=True))
    assert {each.added_by for each in collection.entries.all()} == {alice}


@pytest.mark.parametrize("how", ["deleted", "archived"])
def test_a_destination_that_is_gone_harms_nothing(
    page: Get, client: Client, alice: User, worker_process: WorkerProcess, how: str
) -> None:
    collection = Collection.objects.called("Campaign", alice)
    client.post("/collections/destination/", {"collection": collection.pk})
    alice.refresh_from_db()
    queue(alice)
    client.post(f"/collections/{collection.pk}/{'delete' if how == 'deleted' else 'archive'}/")
    assert not page("/").all(data_destination=None)
    while worker_process.step():
        pass
    assert Image.objects.count() == 1
    assert not Image.objects.filter(entries__isnull=False).exists()
    # Who was signed in meanwhile still has it in hand.
    assert queue(alice).batch.destination is None


def test_a_page_that_tells_another_destination_is_put_right(page: Get, client: Client, alice: User) -> None:
    collection = Collection.objects.called("Campaign", alice)
    client.post("/collections/destination/", {"collection": collection.pk})
    shown_there = page("/create/")
    told = shown_there.one("input", name="drawn-destination")["value"]
    assert told == str(collection.pk)
    assert "drawn-destination" in shown_there.one("form", id="create-form")["hx-include"]
    assert "drawn-destination" in page("/").one(id="dock")["hx-include"]
    # Elsewhere none is named.
    assert "hx-include" not in page("/queue/").one(id="dock")

    def made(destination: str) -> Page:
        sent = {"prompt": "a heron", "model": "z-image-turbo", "drawn-destination": destination}
        return Page(client.post("/create/", sent, headers=HTMX).content)

    # What is typed there stays where nothing has changed.
    assert not made(told).all(id="destination")
    collection.delete()
    changed = made(told).one(id="destination")
    assert changed["hx-swap-oob"] == "true"
    assert "what you asked for goes into no collection." in changed.words
    assert not made("").all(id="destination")
    client.post("/collections/destination/", {"collection": "Spring"})
    assert "what you asked for goes into Spring." in made("").one(id="destination").words


@pytest.mark.parametrize("more", [{}, {"typed": "1"}])
def test_an_archived_one_is_told_as_such(client: Client, alice: User, more: dict[str, str]) -> None:
    collection, _ = filled(alice)
    Collection.objects.filter(pk=collection.pk).update(archived_at=timezone.now())
    client.force_login(alice)
    sent = {"collection": "spring" if more else str(collection.pk)} | more
    for headers in ({}, HTMX):
        answer = client.post("/collections/destination/", sent, headers=headers)
        assert answer.status_code == 422
        assert "“Spring” is archived: nothing goes there by itself." in Page(answer.content).words
    alice.refresh_from_db()
    assert alice.destination is None
    # By its name, or id, it is meant: then it is filled, and that is said.
    first, second = (a_picture(alice, text).pk for text in ("one", "two"))
    answer = client.post(f"/images/{first}/collect/", sent, headers=HTMX)
    assert "in “Spring”, which is archived." in json.loads(answer["HX-Trigger"])["picture:said"]["words"]
    answer = client.post("/selection/collect/", sent | {"image": str(second)}, headers=HTMX)
    assert "1 picture put into “Spring”, which is archived." in Page(answer.content).words
    assert order(collection)[3:] == [first, second]


def test_what_is_run_again_goes_where_it_went(
    alice: User, sally: User, worker_process: WorkerProcess
) -> None:
    collection = Collection.objects.called("Campaign", alice)
    alice.destination = collection
    failed = queue(alice, faults="422:times=1")
    while worker_process.step():
        pass
    alice.destination = None
    failed.refresh_from_db()
    again, _ = failed.run_again(sally, price=None)
    assert again.batch.destination == collection
    while worker_process.step():
        pass
    assert [(each.image.generation, each.added_by) for each in collection.entries.all()] == [(again, sally)]


def test_htmx_changes_the_destination_in_place(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post("/collections/destination/", {"collection": "<i>Campaign"}, headers=HTMX)
    read = Page(answer.content)
    assert read.one(id="destination")["hx-swap-oob"] == "true"
    assert read.one("a", data_destination=None).words == "<i>Campaign"
    assert client.post("/collections/destination/", {"collection": "x" * 101}).status_code == 422
