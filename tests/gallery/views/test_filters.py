"""The filter bar above the grid: each of its links writes the search language, and tells how many it would find."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import CatalogStyle, Collection, Image, Mark, Tag, User
from tests.gallery.generations import a_picture
from tests.gallery.page import Element, Page

HTMX = {"HX-Request": "true"}


def query_of(address: str) -> str:
    return parse_qs(urlsplit(address).query).get("q", [""])[0]


def chips(page: Page) -> dict[str, Element]:
    return {chip.words: chip for chip in page.all("a", class_="chip")}


def scope_counts(page: Page) -> dict[str, str]:
    """What stands behind the name of each scope."""
    links = [each for each in page.all("a", class_="chip") if each.all(data_count=None)]
    return {link.words.rpartition(" ")[0]: link.one(data_count=None).words for link in links}


def choices(client: Client, menu: str, query: str = "") -> dict[str, str]:
    """The label of each choice of a menu with its count, and what its link searches."""
    page = Page(client.get("/", {"q": query, "menu": menu}, headers=HTMX).content)
    return {choice.words: query_of(choice["href"]) for choice in page.all("a", class_="choice")}


@pytest.mark.parametrize(
    ("query", "links", "current"),
    [
        ("", {"All": "", "Mine": "is:mine", "Today": "on:today"}, "All"),
        ("cat", {"All": "cat", "Mine": "is:mine cat", "Today": "on:today cat"}, "All"),
        ("is:mine cat", {"All": "cat", "Mine": "cat", "Today": "on:today is:mine cat"}, "Mine"),
        ("by:bob cat", {"All": "by:bob cat", "Mine": "is:mine cat"}, "All"),
        ("after:7d", {"Mine": "is:mine after:7d", "Today": "on:today"}, "All"),
        ("-is:mine", {"All": "-is:mine", "Mine": "is:mine -is:mine"}, "All"),
    ],
)
def test_chips_exchange_their_term(
    client: Client, alice: User, query: str, links: dict[str, str], current: str
) -> None:
    client.force_login(alice)
    found = chips(Page(client.get("/", {"q": query}).content))
    assert {name: query_of(found[name]["href"]) for name in links} == links
    assert [name for name, chip in found.items() if "aria-current" in chip.attributes] == [current]


@pytest.mark.parametrize(
    ("query", "counts"),
    [
        ("", {"All": "4", "Mine": "2", "★Favourites": "1", "Today": "3"}),
        ("cat", {"All": "3", "Mine": "1", "★Favourites": "1", "Today": "2"}),
        # Of the one that is pressed, what the list has.
        ("is:mine cat", {"All": "3", "Mine": "1", "★Favourites": "0", "Today": "0"}),
        ("by:bob", {"All": "2", "Mine": "2", "★Favourites": "1", "Today": "2"}),
        ("zebra", {"All": "0", "Mine": "0", "★Favourites": "0", "Today": "0"}),
        ("cat modle:x", {"All": "3", "Mine": "1", "★Favourites": "1", "Today": "2"}),
    ],
)
def test_chips_tell_how_many_each_of_them_would_find(
    client: Client, alice: User, bob: User, query: str, counts: dict[str, str]
) -> None:
    for owner, prompt in ((alice, "a cat"), (alice, "a dog"), (bob, "a cat"), (bob, "a cat on a wall")):
        image = a_picture(owner, prompt)
    Mark.objects.set_favourite(alice, [image.pk], True)
    old = Image.objects.order_by("pk").first()
    assert old
    Image.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=3))
    client.force_login(alice)

    address = Page(client.get("/", {"q": query}).content).one("span", class_="scopes")["hx-get"]
    answer = Page(client.get(address, headers=HTMX).content)
    assert scope_counts(answer) == counts
    # Without scripts they come with the page of any open menu.
    assert scope_counts(Page(client.get("/", {"q": query, "menu": "model"}).content)) == counts


def test_a_menu_tells_how_many_each_of_its_choices_would_find(
    client: Client, alice: User, bob: User, models_known: None
) -> None:
    for owner, prompt in ((alice, "a cat"), (bob, "a cat"), (bob, "a dog")):
        a_picture(owner, prompt)
    client.force_login(alice)
    assert choices(client, "person") == {"Me 1": "is:mine", "bob 2": "by:bob"}
    assert choices(client, "person", "cat") == {"Me 1": "is:mine cat", "bob 1": "by:bob cat"}
    assert choices(client, "person", "cat by:bob") == {
        "Any": "cat",
        "Me 1": "cat is:mine",
        "bob 1": "cat by:bob",
    }
    assert choices(client, "ratio", "dog") == {"4:3 1": "ratio:4:3 dog"}
    (model,) = choices(client, "model").items()
    assert model[0].endswith(" 3")
    assert model[1] == "model:venice-sd35"
    dates = choices(client, "date")
    assert (dates["Today 3"], dates["Last 7 days 3"]) == ("on:today", "after:6d")
    assert dates[f"{timezone.localdate().year} 3"] == f"on:{timezone.localdate().year}"
    assert choices(client, "style") == {}
    assert choices(client, "date", "on:yesterday")["Yesterday 0"] == "on:yesterday"


@pytest.mark.parametrize(("menu", "typed"), [("tag", "tag:…"), ("person", "by:…")])
def test_of_very_many_the_others_are_typed(
    client: Client, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch, menu: str, typed: str
) -> None:
    image, other = a_picture(alice), a_picture(bob)
    for name in ("dawn", "dusk"):
        Tag.objects.called(name, alice).add([image.pk, other.pk], alice)
    client.force_login(alice)
    address = f"/?menu={menu}"
    assert not Page(client.get(address, headers=HTMX).content).all("code")
    monkeypatch.setattr("gallery.listing.filters.MOST", 1)
    drawn = Page(client.get(address, headers=HTMX).content)
    assert drawn.one("code").words == typed
    assert len(drawn.all("a", class_="choice")) == 1


def test_a_name_with_spaces_is_in_quotes(client: Client, alice: User) -> None:
    CatalogStyle.objects.get_or_create(
        name="Film Noir", defaults={"position": 0, "synced_at": timezone.now()}
    )
    client.force_login(alice)
    a_picture(alice)
    page = Page(client.get("/", {"q": 'style:"film noir"', "menu": "style"}, headers=HTMX).content)
    current = page.one("a", aria_current="true")
    assert current.words == "Film Noir 0"
    assert query_of(current["href"]) == 'style:"Film Noir"'


def test_without_scripts_the_page_comes_with_the_menu_open(client: Client, alice: User) -> None:
    a_picture(alice)
    client.force_login(alice)
    page = Page(client.get("/").content)
    address = next(
        link["href"] for link in page.all("a", class_="choice without-js") if "menu=person" in link["href"]
    )
    opened = Page(client.get(address).content)
    assert opened.one("details", data_filter="person", open="")
    assert "Me 1" in [link.words for link in opened.all("a", class_="choice")]
    assert opened.all(data_image=None)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("query", ["", "cat", "by:bob cat colour:red"])
@pytest.mark.parametrize(
    ("menu", "most"),
    # Each span of time asks between which ids its pictures are.
    [("model", 9), ("style", 9), ("ratio", 9), ("person", 9), ("date", 16)],
)
def test_a_menu_asks_as_often_however_much_there_is(
    client: Client,
    alice: User,
    bob: User,
    models_known: None,
    menu: str,
    most: int,
    query: str,
    django_assert_max_num_queries: Any,
) -> None:
    client.force_login(alice)
    client.get("/")
    address, asked = ("/", {"q": query, "menu": menu}), []
    for _ in range(2):
        for number in range(6):
            a_picture(User.objects.create(username=f"member-{User.objects.count()}"), f"cat {number}")
        with django_assert_max_num_queries(most) as queries:
            client.get(*address, headers=HTMX)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_days_of_a_form_become_terms(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.get("/", {"q": "cat on:2025 dog", "after": "2026-01-02", "before": ""})
    assert query_of(answer["Location"]) == "cat after:2026-01-02 dog"
    answer = client.get("/", {"q": "cat", "after": "2026-01-02", "before": "2026-02-01"})
    assert query_of(answer["Location"]) == "after:2026-01-02 before:2026-02-01 cat"
    answer = client.get("/", {"q": "cat", "after": "long ago"}, follow=True)
    assert Page(answer.content).one(data_search_problem=None)


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("zebra", {}),
        ("cat zebra", {"zebra": "cat"}),
        ("cat by:bob", {"cat": "by:bob", "by:bob": "cat"}),
        ("cat cat by:bob", {"by:bob": "cat cat"}),
        ("cat zebra lion", {}),
        ('"a cat" ratio:4:3 -is:mine', {'"a cat"': "ratio:4:3 -is:mine", "-is:mine": '"a cat" ratio:4:3'}),
    ],
)
def test_what_empties_a_search_is_told(
    client: Client, alice: User, bob: User, query: str, parts: dict[str, str]
) -> None:
    a_picture(alice, "a cat")
    a_picture(bob, "a dog")
    client.force_login(alice)
    page = Page(client.get("/", {"q": query}).content)
    told = {each.words.split("“")[-1]: each for each in page.all("p", data_hindrance=None)}
    assert len(told) == len(parts)
    links = [query_of(link["href"]) for link in page.all("a") if link.words == "look for the rest"]
    assert links == list(parts.values())


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("cat zebra lion", {"cat": "2", "zebra": "", "lion": ""}),
        ('zebra "a cat" by:bob seed:8', {"zebra": "", '"a cat"': "2", "by:bob": "1", "seed:8": ""}),
        ("zebra lion colour:red", {"zebra": "", "lion": ""}),
        ("zebra", {}),
        ("zebra colour:red", {}),
        ("cat seed:8", {}),
    ],
)
def test_where_several_parts_empty_a_search_each_is_told_alone(
    client: Client, alice: User, bob: User, query: str, parts: dict[str, str]
) -> None:
    a_picture(alice, "a cat")
    a_picture(bob, "a cat and a dog")
    client.force_login(alice)
    page = Page(client.get("/", {"q": query}).content)
    told = page.all("p", data_alone=None)
    assert {each.all("q")[0].words: each.words.rpartition("finds ")[2] for each in told} == {
        part: f"{count}." if count else "nothing, even alone." for part, count in parts.items()
    }
    links = [query_of(link["href"]) for each in told for link in each.all("a")]
    assert links == [part for part, count in parts.items() if count]


@pytest.mark.parametrize(
    ("query", "value", "rest"),
    [
        ("by:nobody cat", "Person", "cat"),
        ("model:no-such cat", "Model", "cat"),
        ("by:ｎobody cat", "Person", "cat"),
        ("on:2026-13 cat", "Date", "cat"),
        ("by:bob by:nobody", "Person: bob", ""),
    ],
)
def test_a_value_that_does_not_exist_is_not_said_to_be_chosen(
    client: Client, alice: User, bob: User, query: str, value: str, rest: str
) -> None:
    client.force_login(alice)
    menu = value.partition(":")[0].lower()
    page = Page(client.get("/", {"q": query, "menu": menu}).content)
    summary = page.one("details", data_filter=menu).all("summary")[0]
    assert summary.words == value
    assert page.all(data_search_problem=None)
    (whole,) = (link for link in page.all("a", class_="choice") if link.words == "Any")
    assert query_of(whole["href"]) == rest


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("Autumn catalogue", 'in:"Autumn catalogue"'),
        ("titelbild", "tag:titelbild"),
        ("chroma", "model:chroma"),
        ("bob", "by:bob"),
        ("Neon Noir", 'style:"Neon Noir"'),
        ("16:9", "ratio:16:9"),
        ("640x360", "size:640x360"),
        ("$0.01", "price:$0.01"),
        ("today", "on:today"),
        ("bob cat", "by:bob"),
    ],
)
def test_what_names_something_is_offered_as_that(
    client: Client, alice: User, bob: User, models_known: None, query: str, meant: str
) -> None:
    """Captions tell models, people and prices, and so they are typed; prompts hold none of them."""
    picture = a_picture(bob, "a cat", model="chroma", style_preset="Neon Noir")
    Image.objects.update(model="chroma", style_preset="Neon Noir", width=640, height=360, sort_price=10_000)
    Collection.objects.called("Autumn catalogue", alice).add([picture.pk], alice)
    Tag.objects.called("Titelbild", alice).add([picture.pk], alice)
    client.force_login(alice)
    told = Page(client.get("/", {"q": query}).content).all("p", data_instead=None)
    link = next(each.one("a") for each in told if each.one("q").words == meant)
    assert Page(client.get(link["href"]).content).values("data-image")[:1] == [str(picture.pk)]


@pytest.mark.parametrize(
    ("query", "instead"),
    [
        ("castles", {"castle*": ("castle*", "2")}),
        ("casttle", {"cast*": ("cast*", "2")}),
        ("7", {"seed:7": ("seed:7", "2")}),
        ("by:bob castles", {"castle*": ("by:bob castle*", "1")}),
        ("castles wallz", {}),
        ("castles is:edited", {}),
        ("castles by:nobody", {"castle*": ("castle* by:nobody", "2")}),
        ("-castles is:edited", {}),
        ('"castles"', {}),
        ("8", {}),
        ("zebra", {}),
        ("zz", {}),
    ],
)
def test_a_word_that_is_nowhere_may_be_another(
    client: Client, alice: User, bob: User, query: str, instead: dict[str, tuple[str, str]]
) -> None:
    a_picture(alice, "a castle")
    a_picture(bob, "a castle with a wall")
    client.force_login(alice)
    told = Page(client.get("/", {"q": query}).content).all("p", data_instead=None)
    found = {each.one("q").words: each for each in told}
    assert set(found) == set(instead)
    for label, (whole, count) in instead.items():
        assert query_of(found[label].one("a")["href"]) == whole
        assert found[label].words.endswith(f"finds {count}.")
        assert len(Page(client.get("/", {"q": whole}).content).all(data_image=None)) == int(count)


def test_a_menu_calls_what_is_chosen_as_its_choices_do(client: Client, alice: User) -> None:
    client.force_login(alice)
    a_picture(alice)
    today = timezone.localdate()
    for query, words in {
        "after:29d": "Last 30 days",
        "on:Today": "Today",
        f"on:{today:%Y-%m}": f"{today:%B %Y}",
        "on:2020-02": "2020-02",
        "after:2026-01-02 before:2026-03": "from 2026-01-02 before 2026-03",
    }.items():
        page = Page(client.get("/", {"q": query}).content)
        assert page.one("details", data_filter="date").all("summary")[0].words == f"Date: {words}"


@pytest.mark.parametrize("menu", ["", "nothing", "\0", "model'--"])
def test_a_menu_that_does_not_exist_is_none(client: Client, alice: User, menu: str) -> None:
    client.force_login(alice)
    page = Page(client.get("/", {"menu": menu}).content)
    assert page.all("details", open="") == []
