"""The first rows of a searched list are the same however far it is walked, and no database walks it to its end."""

from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from gallery.listing import count, tiles, walk
from gallery.listing.listing import Listing
from gallery.listing.neighbours import Neighbours
from gallery.listing.order import ORDERS
from gallery.listing.scope import Scope
from gallery.models import Image, Mark, User
from gallery.models.image import ImageQuerySet
from tests.gallery.generations import a_picture

pytestmark = pytest.mark.django_db

TEXTS = ("a cat", "a dog", "a cat and a dog", "a red cat", "a bird")
SEARCHES = (
    "cat",
    "cat dog",
    "cat bird",
    "-cat",
    "red cat",
    '"red cat"',
    "by:me",
    "a cat by:me",
    "cat -by:me",
)
SIZE = 3


@pytest.fixture
def images(models_known: None, alice: User, bob: User) -> list[Image]:
    """Twelve pictures, whose prices neither rise nor fall."""
    made = [a_picture((alice, bob)[place % 3 == 1], TEXTS[place % len(TEXTS)]) for place in range(12)]
    for place, image in enumerate(made):
        Image.objects.filter(pk=image.pk).update(sort_price=5 * place % 12)
        image.refresh_from_db()
    return made


def listing(alice: User, **address: Any) -> Listing:
    return Listing.read(request(alice, **address), size=SIZE)


def request(alice: User, **address: Any) -> Any:
    asked = RequestFactory().get("/", address)
    asked.user = alice
    return asked


def searched(each: Listing) -> ImageQuerySet:
    return Image.objects.covers().matching(each.query)


@pytest.mark.parametrize("name", ORDERS)
def test_pages_and_neighbours_are_those_of_the_whole_list(
    images: list[Image], alice: User, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in SEARCHES:
        head = listing(alice, q=text, order=name)
        whole = list(head.order.sorted(searched(head)).values_list("pk", flat=True))
        for reach in (1, 4, 100):
            monkeypatch.setattr(walk, "REACH", reach)
            monkeypatch.setattr(walk, "FAR_REACH", reach)
            assert paged(alice, text, name) == whole, (text, reach)
        monkeypatch.setattr(walk, "REACH", 2)
        monkeypatch.setattr(walk, "FAR_REACH", 2)
        for place, pk in enumerate(whole):
            around = Neighbours.read(request(alice, q=text, order=name), Image.objects.get(pk=pk))
            assert around.before == (whole[place - 1] if place else None)
            assert around.after == (whole[place + 1] if place + 1 < len(whole) else None)


def paged(alice: User, text: str, name: str) -> list[int]:
    """The ids of all pages, one behind the other."""
    seen: list[int] = []
    cursor = None
    while True:
        each = listing(alice, q=text, order=name, **({"from": cursor} if cursor else {}))
        page = tiles.page(each, searched(each), member=alice)
        seen += [int(tile.id) for tile in page.rows]
        if not page.older:
            return seen
        cursor = page.older.partition("from=")[2]


@pytest.mark.parametrize("name", ORDERS)
def test_words_that_never_meet_let_no_database_walk_the_list(
    images: list[Image], alice: User, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "REACH", 4)
    each = listing(alice, q="bird cat", order=name)
    with CaptureQueriesContext(connection) as seen:
        assert tiles.page(each, searched(each), member=alice).rows == []
    asked = [query["sql"] for query in seen if "ORDER BY" in query["sql"]]
    assert asked
    for sql in asked:
        if connection.vendor == "sqlite":
            # What the index decides it gives in its own order, or gives to be sorted; else the walk has an end.
            is_bounded = "MATCH" in sql or "OFFSET 4" in sql or (">" in sql and name != "oldest")
        else:
            is_bounded = "OFFSET 0" in sql or "OFFSET 4" in sql or ("<" if name == "oldest" else ">") in sql
        assert is_bounded, sql


def test_a_page_that_a_short_walk_fills_sorts_nothing(images: list[Image], alice: User) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by the number of rows")
    each = listing(alice, q="-bird by:me", order="price")
    with CaptureQueriesContext(connection) as seen:
        assert len(tiles.page(each, searched(each), member=alice).rows) == SIZE
    assert not any("MATCH" in query["sql"] for query in seen)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {seen[-1]['sql']}")
        plan = str(cursor.fetchall())
    assert "image_dearest_cover" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("name", ORDERS)
def test_who_hides_what_is_sensitive_is_walked_for_as_others_are(
    images: list[Image], alice: User, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "REACH", 4)
    monkeypatch.setattr(walk, "FAR_REACH", 4)
    alice.sensitive = "hide"
    Image.objects.filter(pk=images[2].pk).update(is_sensitive=True)
    each = listing(alice, q="cat dog", order=name)
    rows = Scope().listed(each.query, alice)
    is_walked = rows.choices(each.order.columns) is not None
    assert is_walked or (each.order.is_by_id and connection.vendor == "sqlite")
    whole = list(each.order.sorted(rows).values_list("pk", flat=True))
    assert images[2].pk not in whole
    assert [int(tile.id) for tile in tiles.page(each, rows, member=alice).rows] == whole[:SIZE]


def test_what_stands_nowhere_lets_no_database_walk_the_list(
    images: list[Image], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "FAR_REACH", 4)
    each = listing(alice, q="zebra")
    assert tiles.page(each, searched(each), member=alice).rows == []
    assert (searched(each).choices(("id",)) is None) == (connection.vendor == "sqlite")


def selected(seen: CaptureQueriesContext) -> list[str]:
    """What was asked for a list in its order."""
    return [query["sql"] for query in seen if "ORDER BY" in query["sql"]]


def plan_of(sql: str) -> str:
    """How the database reads it, where it sorts nothing that an index has."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE gallery_image")
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
        return str(cursor.fetchall()).lower()


def test_the_dearest_of_a_model_come_out_of_an_index(images: list[Image], alice: User) -> None:
    model = images[0].model
    each = listing(alice, q=f"model:{model}", order="price")
    with CaptureQueriesContext(connection) as seen:
        assert len(tiles.page(each, searched(each), member=alice).rows) == SIZE
    (sql,) = selected(seen)
    assert "gallery_image_document" not in sql
    plan = plan_of(sql)
    # Of twelve pictures PostgreSQL reads either index of prices.
    assert "image_dearest_of_model" in plan or connection.vendor == "postgresql"
    assert "sort key" not in plan
    assert "temp b-tree" not in plan


@pytest.mark.parametrize("text", ["cat model:{}", "model:{} by:me", "-model:{}", "model:{} is:favourite"])
def test_the_dearest_of_a_model_are_the_same_with_whatever_else_is_asked(
    images: list[Image], alice: User, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    for place, image in enumerate(images):
        Image.objects.filter(pk=image.pk).update(model=("chroma", images[0].model)[place % 2])
    Mark.objects.set_favourite(alice, [image.pk for image in images[::3]], is_favourite=True)
    text = text.format(images[0].model)
    head = listing(alice, q=text, order="price")
    whole = list(head.order.sorted(searched(head)).values_list("pk", flat=True))
    assert whole
    for reach in (1, 4, 100):
        monkeypatch.setattr(walk, "REACH", reach)
        assert paged(alice, text, "price") == whole


@pytest.mark.parametrize("name", ["rated", "price"])
def test_of_what_was_chosen_the_first_are_found_before_what_is_shown_of_them(
    images: list[Image], alice: User, name: str
) -> None:
    Mark.objects.set_favourite(alice, [image.pk for image in images[::2]], is_favourite=True)
    each = listing(alice, q="is:favourite", order=name)
    with CaptureQueriesContext(connection) as seen:
        tiles.page(each, Scope().listed(each.query, alice), member=alice)
    chosen, shown = selected(seen)
    assert "gallery_prompt" not in chosen
    assert " IN (" in shown


def test_a_walk_for_a_word_of_a_month_begins_with_the_month(images: list[Image], alice: User) -> None:
    each = listing(alice, q=f"cat on:{images[0].created_at:%Y-%m}")
    choices = searched(each).choices(each.order.columns)
    if connection.vendor == "sqlite":
        assert choices is None
        return
    assert choices is not None
    lowest, highest = images[0].pk, images[-1].pk
    assert f'"id" >= {lowest}' in str(choices.among.query)
    assert f"BETWEEN {lowest} AND {highest} OFFSET 0" in str(choices.gathered.query)


@pytest.mark.parametrize("text", ["is:unrated", "-rating:5", "mine:0"])
def test_what_most_pictures_are_is_counted_from_the_newest_on(
    images: list[Image], alice: User, text: str
) -> None:
    each = listing(alice, q=text)
    with CaptureQueriesContext(connection) as seen:
        assert count.of_pictures(Scope().listed(each.query, alice), each.query) == "12"
    (asked,) = seen
    if connection.vendor == "sqlite":
        plan = plan_of(asked["sql"])
        assert "image_newest_cover" in plan
        assert "temp b-tree" not in plan
