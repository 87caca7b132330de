"""Saved searches: each member's own, kept, shown as chips, renamed, deleted."""

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from gallery.forms.saved_search import MOST
from gallery.listing.scope import Scope
from gallery.models import CatalogModel, CatalogStyle, Collection, Image, SavedSearch, Tag, User
from gallery.search import MAX_QUERY
from gallery.search.operators import OPERATORS
from tests.gallery.generations import a_picture
from tests.gallery.page import Page

HTMX = {"HX-Request": "true"}


def chips(client: Client) -> dict[str, str]:
    return {chip.words: chip["href"] for chip in Page(client.get("/").content).all("a", class_="chip")[4:]}


def test_a_search_is_kept_from_the_line_and_becomes_a_chip(maker: Client, bob: User) -> None:
    form = Page(maker.get("/", {"q": 'is:mine "a cat" & +'}).content).one("form", data_action="save-search")
    assert form["action"] == "/searches/"
    answer = maker.post("/searches/", {"name": " My\x85cats ", "text": 'is:mine "a cat" & +'})
    assert (answer.status_code, answer["Location"]) == (303, "/?q=is%3Amine+%22a+cat%22+%26+%2B")
    assert chips(maker) == {"My cats": "/?q=is%3Amine%20%22a%20cat%22%20%26%20%2B"}
    current = Page(maker.get(chips(maker)["My cats"]).content).all("a", class_="chip", aria_current="true")
    assert [chip.words for chip in current] == ["Mine", "My cats"]
    menu = Page(maker.get("/searches/", headers=HTMX).content)
    assert [link.words for link in menu.all("a")] == ["My cats", "Saved searches"]
    stranger = Client()
    stranger.force_login(bob)
    assert chips(stranger) == {}


def test_without_a_name_it_is_called_as_it_is_typed(maker: Client) -> None:
    maker.post("/searches/", {"name": "", "text": "  model:qwen   cat "})
    maker.post("/searches/", {"text": "x" * MAX_QUERY})
    assert set(SavedSearch.objects.values_list("name", "text")) == {
        ("model:qwen cat", "model:qwen cat"),
        ("x" * SavedSearch.MAX_NAME, "x" * MAX_QUERY),
    }


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "Cats", "text": "dog"}, "__all__"),
        ({"name": "Empty", "text": " \u200b\0 "}, "text"),
        ({"name": "Long", "text": "x" * (MAX_QUERY + 1)}, "text"),
        ({"name": "n" * 61, "text": "cat"}, "name"),
        ({"name": "\u200b", "text": "cat"}, "name"),
        ({}, "text"),
    ],
)
def test_what_cannot_be_kept_is_said(maker: Client, alice: User, fields: dict[str, str], field: str) -> None:
    SavedSearch.objects.create(user=alice, name="Cats", text="cat")
    answer = maker.post("/searches/", fields)
    assert answer.status_code == 422
    assert Page(answer.content).all(data_error_for=field)
    assert SavedSearch.objects.count() == 1


def test_names_are_each_members_own(maker: Client, alice: User, bob: User) -> None:
    SavedSearch.objects.create(user=bob, name="Cats", text="cat")
    assert maker.post("/searches/", {"name": "Cats", "text": "cat"}).status_code == 303


def test_there_is_an_end_to_them(maker: Client, alice: User) -> None:
    SavedSearch.objects.bulk_create(
        SavedSearch(user=alice, name=f"Search {number}", text="cat") for number in range(MOST)
    )
    answer = maker.post("/searches/", {"name": "One more", "text": "cat"})
    assert Page(answer.content).one(data_error_for="__all__").words.startswith(f"There are {MOST}")


def test_one_is_renamed_and_deleted_by_its_member_alone(maker: Client, alice: User, bob: User) -> None:
    own, other = (SavedSearch.objects.create(user=user, name="Cats", text="cat") for user in (alice, bob))
    SavedSearch.objects.create(user=alice, name="Dogs", text="dog")
    page = Page(maker.get("/searches/").content)
    assert len(page.all("li", data_search=None)) == 2
    assert maker.post(f"/searches/{own.pk}/rename/", {"name": "Kittens"}).status_code == 303
    taken = maker.post(f"/searches/{own.pk}/rename/", {"name": "Dogs"})
    assert taken.status_code == 422
    assert Page(taken.content).all(data_error_for="__all__")
    own.refresh_from_db()
    assert own.name == "Kittens"
    assert maker.post(f"/searches/{other.pk}/rename/", {"name": "Mine"}).status_code == 404
    assert maker.post(f"/searches/{other.pk}/delete/").status_code == 404
    assert maker.post(f"/searches/{own.pk}/delete/").status_code == 303
    assert maker.post(f"/searches/{'9' * 18}/delete/").status_code == 404
    assert list(SavedSearch.objects.values_list("name", flat=True).order_by("id")) == ["Cats", "Dogs"]


def test_markup_in_a_name_is_inert(maker: Client, alice: User) -> None:
    evil = '"><script>alert(1)</script><div hx-get="/admin/">'
    SavedSearch.objects.create(user=alice, name=evil, text=evil)
    for address in ("/", "/searches/"):
        text = maker.get(address).content.decode()
        assert "<script>alert" not in text
        assert '<div hx-get="/admin' not in text


def test_the_page_names_every_operator_and_is_led_to(client: Client, alice: User, models_known: None) -> None:
    client.force_login(alice)
    language = Page(client.get("/searches/").content).one("section", id="language")
    assert {f"{name}:" for name in OPERATORS} <= {code.words for code in language.all("code")}
    CatalogModel.objects.update(name="Flux")
    CatalogStyle.objects.create(name="Noir", position=0, synced_at=timezone.now())
    ana = User.objects.create(username="ana")
    Tag.objects.called("hero", ana)
    Collection.objects.called("Spring posters", ana)
    picture = a_picture(ana)
    for example in (code.words for line in language.all("dt") for code in line.all("code")):
        example = example.replace("from:12", f"from:{picture.pk}")
        page = Page(client.get("/", {"q": example}).content)
        assert not page.all(data_search_problem=None), example
    for query in ("", "colour:red", "nothing-at-all"):
        assert Page(client.get("/", {"q": query}).content).values("href", "/searches/#language")


def test_the_page_tells_what_an_address_takes_and_it_does(maker: Client, alice: User) -> None:
    language = Page(maker.get("/searches/").content).one("section", id="language")
    forms = [
        code.words for code in language.all("code") if code.words.startswith("in=") and code.words != "in="
    ]
    assert [form.removeprefix("in=") for form in forms] == ["prompt:7", "collection:3", "trash"]
    assert [f"in={Scope.read(QueryDict(form)).text}" for form in forms] == forms
    first, second = a_picture(alice, "one"), a_picture(alice, "two")
    for within, older in (("5", True), (f"prompt:{second.prompt_id}", False)):
        page = Page(maker.get(f"/images/{second.pk}/?in={within}").content)
        assert [f"/images/{first.pk}/" in link["href"] for link in page.all("a", rel="next")] == [
            True
        ] * older


def test_the_box_says_what_it_searches(client: Client, alice: User) -> None:
    client.force_login(alice)
    for path, what in (("/", "pictures"), ("/queue/", "pictures"), ("/prompts/", "prompts")):
        box = Page(client.get(path).content).one("input", id="search")
        assert box["placeholder"] == f"Search {what}"


def texts() -> list[tuple[str, str]]:
    return list(SavedSearch.objects.order_by("pk").values_list("name", "text"))


def test_saved_searches_follow_a_tag_that_is_renamed(
    client: Client, sally: User, alice: User, bob: User
) -> None:
    """Whoever saved them, in whatever spelling; a search called as it is typed is called anew."""
    tag = Tag.objects.called("Caf\u00e9", alice)
    Tag.objects.called("cafes", alice)
    for owner, name, text in (
        (alice, "Mornings", "cat TAG:cafe -tag:cafes"),
        (bob, "-tag:caf\u00e9", "-tag:caf\u00e9"),
        (bob, "Words", '"tag:caf\u00e9" in:caf\u00e9'),
        (bob, "Full", f"tag:caf\u00e9 {'x' * (MAX_QUERY - 9)}"),
    ):
        SavedSearch.objects.create(user=owner, name=name, text=text)
    before = texts()
    client.force_login(sally)
    assert client.post(f"/admin/gallery/tag/{tag.pk}/change/", {"name": "Coffee house"}).status_code == 302
    assert texts() == [
        ("Mornings", 'cat tag:"Coffee house" -tag:cafes'),
        ('-tag:"Coffee house"', '-tag:"Coffee house"'),
        *before[2:],
    ]


@pytest.mark.parametrize("name", ['24" print', 'the "final" cut', 'x"', "\u201chi\u201d", '"'])
def test_a_name_with_quotes_leads_to_its_own_pictures(client: Client, sally: User, name: str) -> None:
    """From the page of a picture, from the menu, and by a saved search that followed it."""
    tag, image = Tag.objects.called("print", sally), a_picture(sally)
    tag.add([image.pk], sally)
    tag.add([a_picture(sally).pk], sally)
    Tag.objects.called("24 print", sally).add([a_picture(sally).pk], sally)
    SavedSearch.objects.create(user=sally, name="Large", text="cat tag:print")
    client.force_login(sally)
    assert client.post(f"/admin/gallery/tag/{tag.pk}/change/", {"name": name}).status_code == 302
    tag.refresh_from_db()
    own = Page(client.get(f"/images/{image.pk}/").content).one("a", data_tag=str(tag.pk))["href"]
    menu = Page(client.get("/", {"menu": "tag"}).content)
    chosen = next(
        link["href"] for link in menu.all("a") if link.words.startswith(name) and "q=tag" in link["href"]
    )
    for address in (own, chosen):
        listed = client.get(address).context["listing"]
        assert (listed.query.problems, len(listed.query.filters)) == ((), 1)
    query = client.get(own).context["listing"].query
    assert set(Image.objects.matching(query)) == set(Image.objects.filter(tag_links__tag=tag))
    assert texts() == [("Large", f"cat {tag.search}")]


def test_saved_searches_follow_tags_that_become_one(alice: User) -> None:
    for name in ("canal", "kanal", "Bridges"):
        Tag.objects.called(name, alice)
    SavedSearch.objects.create(user=alice, name="tag:canal", text="tag:canal")
    SavedSearch.objects.create(user=alice, name="Water", text="tag:KANAL -tag:bridges")
    SavedSearch.objects.create(user=alice, name="tag:Canals", text="boat")
    Tag.objects.filter(name__endswith="anal").merge("Canals", alice)
    # A name that another search has is not taken twice.
    assert texts() == [
        ("tag:canal", "tag:Canals"),
        ("Water", "tag:Canals -tag:bridges"),
        ("tag:Canals", "boat"),
    ]


def test_saved_searches_follow_a_collection(maker: Client, alice: User) -> None:
    collection = Collection.objects.called("Spring", alice)
    for text in ("in:spring cat", f"in:#{collection.pk}", f"in:{collection.pk}", "in:spring-2"):
        SavedSearch.objects.create(user=alice, name=text, text=text)
    rest = texts()[1:]
    maker.post(f"/collections/{collection.pk}/edit/", {"name": "Summer 26", "notes": "in:spring"})
    assert texts() == [('in:"Summer 26" cat', 'in:"Summer 26" cat'), *rest]
    # Its notes alone are no new name.
    SavedSearch.objects.filter(name=texts()[0][0]).update(text='in:"SUMMER 26"')
    maker.post(f"/collections/{collection.pk}/edit/", {"name": "Summer 26", "notes": ""})
    assert SavedSearch.objects.get(name='in:"Summer 26" cat').text == 'in:"SUMMER 26"'
