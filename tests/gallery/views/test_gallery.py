"""The gallery's page: order, stacks, cursors, search, what is being generated, and what it costs the database."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from gallery.listing import tiles
from gallery.models import Collection, Image, Preset, SavedSearch, Tag, Upload, User
from gallery.search import MAX_QUERY
from gallery.web.requests import LINE_LIMIT
from tests.gallery.generations import a_generation, a_picture, pictures
from tests.gallery.page import Page

HTMX = {"HX-Request": "true"}


def shown(page: str) -> list[int]:
    return [int(tile["data-image"]) for tile in Page(page).all(data_image=None)]


@pytest.fixture
def page(client: Client, alice: User) -> Any:
    client.force_login(alice)

    def get(address: str = "/", **more: Any) -> str:
        response = client.get(address, **more)
        assert response.status_code == 200
        return response.content.decode()

    return get


def link(page: str, rel: str) -> str | None:
    return next((each["href"] for each in Page(page).all("a", rel=rel)), None)


def test_it_shows_covers_newest_first_with_the_size_of_their_stack(page: Any, alice: User, bob: User) -> None:
    first = a_picture(alice)
    stack = pictures(bob, count=4)
    text = page()
    assert shown(text) == [stack[0].pk, first.pk]
    assert text.count('class="badge"') == 1
    assert "Stack of </span>4" in text
    assert f'width="{first.width}" height="{first.height}"' in text
    assert " style=" not in text
    assert "onclick" not in text


def test_it_asks_to_create_when_it_is_empty(page: Any) -> None:
    text = page()
    assert "No pictures yet" in text
    assert 'href="/create/"' in text


def test_its_pages_hang_together_by_cursor(page: Any, alice: User) -> None:
    made = [a_picture(alice).pk for _ in range(tiles.PAGE * 2 + 5)][::-1]
    newest = page()
    assert shown(newest) == made[: tiles.PAGE]
    assert link(newest, "prev") is None
    second = page(link(newest, "next"))
    assert shown(second) == made[tiles.PAGE : tiles.PAGE * 2]
    assert link(second, "prev") == "/"
    last = page(link(second, "next"))
    assert shown(last) == made[tiles.PAGE * 2 :]
    assert link(last, "next") is None
    assert shown(page(link(last, "prev"))) == made[tiles.PAGE : tiles.PAGE * 2]
    assert "?page=" not in newest + second


def test_htmx_gets_only_tiles_and_the_new_pager(page: Any, alice: User) -> None:
    for _ in range(tiles.PAGE + 1):
        a_picture(alice)
    text = page(link(page(), "next"), headers=HTMX)
    assert len(shown(text)) == 1
    assert "<html" not in text
    assert 'hx-swap-oob="true"' in text


def test_a_search_is_kept_by_its_pages_and_names_itself_when_nothing_matches(page: Any, alice: User) -> None:
    cats = [a_picture(alice, "a ginger cat").pk for _ in range(tiles.PAGE + 1)][::-1]
    a_picture(alice, "a dog")
    text = page("/?q=ginger+ca")
    assert shown(text) == cats[: tiles.PAGE]
    assert shown(page(link(text, "next"))) == cats[tiles.PAGE :]
    nothing = page("/?q=zebra")
    assert "Nothing matches" in nothing
    assert nothing.count("zebra") >= 2
    assert "Clear the search" in nothing


def test_a_picture_of_a_search_leads_through_the_search(page: Any, alice: User) -> None:
    first, _, second, third = (a_picture(alice, f"a {animal}") for animal in ("cat", "dog", "cat", "cat"))
    text = page("/?q=cat")
    tiles_shown = [tile.one("a") for tile in Page(text).all(class_="tile")]
    assert [tile["href"] for tile in tiles_shown] == [
        f"/images/{i.pk}/?q=cat" for i in (third, second, first)
    ]
    middle = page(tiles_shown[1]["href"])
    assert link(middle, "prev") == f"/images/{third.pk}/?q=cat"
    assert link(middle, "next") == f"/images/{first.pk}/?q=cat"
    assert link(page(link(middle, "next")), "next") is None


@pytest.mark.parametrize(
    ("facts", "marks"),
    [
        ({}, []),
        ({"is_blurred": True}, ["blurred"]),
        ({"is_content_violation": True}, ["moderated"]),
        ({"is_blurred": True, "is_content_violation": True}, ["moderated"]),
        ({"is_blurred": False, "is_content_violation": False}, []),
    ],
)
def test_a_tile_tells_what_was_moderated_from_what_is_blurred(
    page: Any, alice: User, facts: dict[str, bool], marks: list[str]
) -> None:
    a_picture(alice, **facts)
    assert [badge.words for badge in Page(page()).all("b", class_="badge mark")] == marks


@pytest.mark.parametrize("path", ["/", "/prompts/", "/create/"])
def test_what_fits_into_a_search_box_fits_into_an_address(client: Client, sally: User, path: str) -> None:
    """In any script, and also when the session is over: the sign-in page's address has it escaped twice."""
    longest = len("GET  HTTP/1.1") + len(client.get(path, {"q": "寺" * MAX_QUERY})["Location"])
    assert longest <= LINE_LIMIT
    client.force_login(sally)
    fields = Page(client.get(path).content).all("input", name="q")
    boxes = [field for field in fields if field.attributes.get("type") != "hidden"]
    assert boxes
    assert {box["maxlength"] for box in boxes} == {str(MAX_QUERY)}


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "query",
    [
        "from=abc",
        "from=-1",
        "from=1e3",
        "from=" + "9" * 19,
        "from=" + "9" * 5000,
        "from=%D9%A1%D9%A2",
        "from=%00",
        "q=%00",
        "q=%25",
        "q=_",
        "q=%5C",
        "q='",
        "q=%22",
        "q=;--",
        "q=*",
        "q=NEAR(",
        "q=" + "a+" * 1200,
        "q=" + "9" * 30,
        "order_by=password&owner__password=x",
        "_connector=)+OR+1%3D1--",
    ],
)
@pytest.mark.parametrize("path", ["/", "/prompts/"])
def test_garbage_in_the_address_is_no_error(page: Any, alice: User, path: str, query: str) -> None:
    a_picture(alice)
    page(f"{path}?{query}")
    page(f"{path}?{query}", headers=HTMX)


def test_what_is_being_generated_stands_on_top_for_every_member(page: Any, bob: User) -> None:
    waiting = a_generation(bob)
    text = page()
    assert f'data-generation="{waiting.pk}" data-state="queued"' in text
    assert f"/generations/{waiting.pk}/card/?state=queued" in text
    assert "1st in line" in text
    assert "Cancel" not in text
    assert "data-generation" not in page("/?q=cat")


def test_markup_in_prompts_is_inert(page: Any, alice: User) -> None:
    evil = 'harbour <script>alert(1)</script>"><img src=x onerror=alert(1)>'
    evil += '<div hx-get="/admin/" hx-trigger="load">{{7*7}}'
    a_picture(alice, evil)
    a_generation(alice, evil)
    for address in ("/", "/?q=harbour", "/prompts/", "/queue/"):
        text = page(address)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert '<div hx-get="/admin' not in text
        assert "{{7*7}}" in text


def test_a_prompt_of_any_length_leaves_the_page_small(page: Any, alice: User) -> None:
    for _ in range(20):
        a_picture(alice, "word " * 6000)
    assert len(page()) < 60_000
    assert len(page("/prompts/")) < 60_000


@pytest.mark.one_in(3)
@pytest.mark.parametrize("address", ["/", "/?q=cat", "/prompts/", "/prompts/?q=cat", "/queue/"])
def test_queries_do_not_grow_with_rows(
    client: Client,
    alice: User,
    bob: User,
    models_known: None,
    address: str,
    django_assert_max_num_queries: Any,
) -> None:
    client.force_login(alice)

    def more(count: int, start: int) -> None:
        for number in range(start, start + count):
            pictures(bob if number % 2 else alice, f"cat {number}", count=1 + number % 4)
            a_generation(alice, f"cat {number}", state=("queued", "sending", "failed")[number % 3])

    # The day's one write to the session, and this process' first look at the catalogue.
    client.get("/create/")
    most = {"/": 8, "/?q=cat": 6, "/prompts/?q=cat": 11, "/queue/": 12}.get(address, 9)
    more(6, 0)
    with django_assert_max_num_queries(most) as few:
        client.get(address)
    more(24, 6)
    with django_assert_max_num_queries(most) as many:
        client.get(address)
    assert len(many) == len(few)


@pytest.mark.parametrize(
    "address",
    ["/searches/", "/presets/", "/uploads/", "/account/", "/compare/", "/compare/?images={},{}"],
)
def test_queries_do_not_grow_with_rows_of_ones_own(
    client: Client,
    alice: User,
    bob: User,
    models_known: None,
    address: str,
    django_assert_max_num_queries: Any,
) -> None:
    client.force_login(alice)

    def more(start: int, end: int) -> list[int]:
        for number in range(start, end):
            name = f"cat {number}"
            SavedSearch.objects.create(user=alice, name=name, text=name)
            for owner in (alice, bob):
                Preset(owner=owner, is_shared=True, values={"prompt": name}).keep(name)
            picture = a_picture(alice, name)
            columns = ("sha256", "name", "format", "width", "height", "bytes")
            Upload.objects.create(owner=alice, **{column: getattr(picture, column) for column in columns})
            Collection.objects.called(name, alice).add([picture.pk], alice)
            Tag.objects.called(name, alice).add([picture.pk], alice)
        return list(Image.objects.order_by("id").values_list("id", flat=True)[:2])

    address = address.format(*more(0, 2))
    client.get(address)
    with django_assert_max_num_queries(12) as few:
        assert client.get(address).status_code == 200
    more(2, 30)
    with django_assert_max_num_queries(12) as many:
        client.get(address)
    assert len(many) == len(few)


def test_a_page_asks_six_things_while_nothing_is_being_made(
    client: Client, alice: User, models_known: None, django_assert_num_queries: Any
) -> None:
    """Who comes (session, member), the pictures, a glance at the site, and the searches that the member has kept."""
    client.force_login(alice)
    client.get("/")
    a_picture(alice)
    with django_assert_num_queries(6):
        client.get("/")


def test_a_page_in_the_middle_asks_as_often(
    client: Client, alice: User, models_known: None, django_assert_max_num_queries: Any
) -> None:
    client.force_login(alice)
    client.get("/queue/")
    for _ in range(tiles.PAGE * 2):
        a_picture(alice)
    middle = Image.objects.order_by("id")[tiles.PAGE].pk
    # PostgreSQL asks first how far it is to walk.
    searched = 7 if connection.vendor == "sqlite" else 8
    for address, most in ((f"/?from={middle}", 6), (f"/?q=cat&from={middle}", searched)):
        with django_assert_max_num_queries(most):
            client.get(address)


def test_what_people_chose_is_inert_in_a_tile(client: Client, alice: User) -> None:
    """Its fragment escapes by name: words of a prompt and of a model, and the search that its link carries on."""
    nasty = """<b>"'&amp;</b>"""
    image = a_picture(alice, f"{nasty} cat")
    Image.objects.filter(pk=image.pk).update(model=nasty)
    client.force_login(alice)
    query = """cat -"&copy <i>" -owl's"""
    page = Page(client.get("/", {"q": query, "order": "oldest"}).content)
    tile = page.one(class_="tile")
    assert not page.one("section", id="grid").all("b")
    assert tile.one("img")["alt"] == f"{nasty} cat"
    assert nasty in tile.one("small").words
    # What selects it stands beside its link: nothing to operate lies within a link.
    assert not tile.one("a").all("input")
    assert tile.one("input", class_="pick")["value"] == str(image.pk)
    own = client.get(tile.one("a")["href"])
    assert own.status_code == 200
    assert own.wsgi_request.GET["q"] == " ".join(query.split())
    assert own.wsgi_request.GET["order"] == "oldest"
