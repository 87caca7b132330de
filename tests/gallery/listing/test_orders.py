"""Orders of a list: each by a cursor of its own, in both directions, and from any address that somebody may write."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory

from gallery.listing import count, tiles
from gallery.listing.listing import Listing
from gallery.listing.order import NEWEST_USE, ORDERS, by_name, write
from gallery.models import Image, User
from gallery.models.image import ImageQuerySet, sort_price
from tests.gallery.generations import a_picture
from tests.gallery.page import Page

SCORES = [0, 3500, 3500, 0, 4400, 1800, 3500, 0]
COVERED = {"price": "image_dearest_cover", "rated": "image_rated_cover"}
PRICES = ["0.05", None, "0.2", "0.05", "0", None, "0.05", "3.999999"]


@pytest.fixture
def images(alice: User) -> list[Image]:
    """Pictures of several prices, some the same and some unknown, oldest first."""
    made = [a_picture(alice, f"a cat, number {place}") for place in range(len(PRICES))]
    for image, price in zip(made, PRICES, strict=True):
        Image.objects.filter(pk=image.pk).update(sort_price=sort_price(Decimal(price) if price else None))
        image.refresh_from_db()
    for image, score in zip(made, SCORES, strict=True):
        image.score = score
        image.save(update_fields=["score"])
    return made


def expected(images: list[Image], order: str) -> list[int]:
    if order == "price":
        worth = {
            i.pk: Decimal(price) if price else Decimal(-1) for i, price in zip(images, PRICES, strict=True)
        }
        return sorted(worth, key=lambda pk: (worth[pk], pk), reverse=True)
    if order == "rated":
        rated = {image.pk: score for image, score in zip(images, SCORES, strict=True)}
        return sorted(rated, key=lambda pk: (rated[pk], pk), reverse=True)
    return sorted((image.pk for image in images), reverse=order == "newest")


def listing(size: int = tiles.PAGE, **address: Any) -> Listing:
    request = RequestFactory().get("/", address)
    request.user = User(username="reader")
    return Listing.read(request, size=size)


def covers() -> ImageQuerySet:
    return Image.objects.covers()


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("size", [1, 3, 8])
def test_pages_hang_together_in_both_directions(images: list[Image], name: str, size: int) -> None:
    wanted, address = expected(images, name), f"/?order={name}"
    seen: list[int] = []
    starts = []
    while address:
        starts.append(address)
        parts = dict(part.split("=") for part in address[2:].split("&") if part)
        each = listing(size, **parts)
        cursors = list(each.rows(covers()).values_list(*each.order.columns))
        seen += [cursor[-1] for cursor in cursors[:size]]
        page = each.page(covers(), cursors, cursors)
        if len(starts) > 1:
            before = starts[-2].replace("?order=newest", "")
            assert page.newer == (before if len(starts) > 2 or name != "newest" else "/")
        else:
            assert page.newer == ""
        address = page.older
    assert seen == wanted


@pytest.mark.parametrize("name", ORDERS)
def test_neighbours_are_those_of_the_order(images: list[Image], name: str) -> None:
    wanted, each = expected(images, name), listing(order=name, q="cat")
    rows = {image.pk: image for image in images}
    for place, pk in enumerate(wanted):
        cursor = each.order.cursor(rows[pk])
        before, after = each.before(covers(), cursor), each.after(covers(), cursor)
        assert [row.pk for row in before] == wanted[:place][::-1]
        assert [row.pk for row in after] == wanted[place + 1 :]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "1_",
        "_1",
        "1_2",
        "1_2_3_4",
        "1.5_2",
        "１_２",
        "0x1_2",
        "1_2 ",
        " 1_2",
        "1-2",
        "--1_2",
        "9" * 20 + "_1",
        "5",
    ],
)
def test_a_cursor_that_is_none_is_the_head(
    images: list[Image], client: Client, alice: User, cursor: str
) -> None:
    client.force_login(alice)
    answer = client.get("/", {"order": "price", "from": cursor})
    shown = [int(tile["data-image"]) for tile in Page(answer.content).all(data_image=None)]
    assert shown == expected(images, "price")


@pytest.mark.parametrize("cursor", ["9999999999999999999_9999999999999999999", "-9999999999999999999_-1"])
def test_a_cursor_beyond_all_rows_is_answered(client: Client, alice: User, cursor: str) -> None:
    client.force_login(alice)
    for order in ORDERS:
        assert client.get("/", {"order": order, "from": cursor}).status_code == 200
        assert client.get("/", {"order": order, "from": cursor.partition("_")[0]}).status_code == 200


def test_an_order_that_does_not_exist_is_said_and_the_newest_are_shown(
    images: list[Image], client: Client, alice: User
) -> None:
    client.force_login(alice)
    page = Page(client.get("/?order=newset").content)
    assert [int(tile["data-image"]) for tile in page.all(data_image=None)] == expected(images, "newest")
    message = page.one(data_search_problem=None).words
    assert "newset" in message
    assert "newest" in message
    assert Page(client.get("/?order=stars").content).all(data_search_problem=None)


def test_the_address_keeps_search_and_order_and_writes_no_default() -> None:
    assert listing().within == ""
    assert listing(order="newest").address((7,)) == "/?from=7"
    assert listing(order="oldest", q="a b").address((7,)) == "/?q=a+b&order=oldest&from=7"
    assert listing(order="price", q="a b").within == "?q=a+b&order=price"
    assert listing(q="cat").sorted_by(ORDERS["price"]) == "/?q=cat&order=price"
    assert listing(q="cat", order="price").sorted_by(ORDERS["newest"]) == "/?q=cat"
    assert listing(order="oldest").is_top
    assert listing(order="newest").is_top
    assert not listing(order="newest", q="cat").is_top
    assert not listing(order="newest", **{"from": "7"}).is_top
    only = by_name([NEWEST_USE])
    assert only["newest"].read("12") == (12,)
    assert write((-1, 12)) == "-1_12"


def test_each_order_comes_out_of_an_index(images: list[Image]) -> None:
    for name in ORDERS:
        each = listing(order=name, **{"from": "3000_3_3" if name in COVERED else "3"})
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # Eight rows are sorted sooner than any index is read, once autovacuum has counted them.
                cursor.execute("ANALYZE gallery_image")
                for way in ("seqscan", "bitmapscan", "sort"):
                    cursor.execute(f"SET LOCAL enable_{way} = off")
        plan = each.rows(covers()).explain().lower()
        by_id = "image_newest_cover" in plan or "pkey" in plan
        assert COVERED[name] in plan if name in COVERED else by_id
        if name == "price" and connection.vendor == "sqlite":
            assert "(sort_price,generation_id)<(?,?)" in plan, "a seek, also within one price"
        assert "sort key" not in plan
        assert "temp b-tree" not in plan


def test_the_number_found_is_counted_as_far_as_anybody_counts(
    images: list[Image], client: Client, alice: User
) -> None:
    client.force_login(alice)
    assert Page(client.get("/?q=cat").content).one(data_found=None).words == str(len(PRICES))
    assert Page(client.get("/?q=zebra").content).one(data_found=None).words == "0"
    assert not Page(client.get("/").content).all(data_found=None)
    assert count.of_rows(covers(), len(PRICES)) == "8"
    assert count.of_rows(covers(), 7) == "more than 7"
    assert count.number(1243) == "1\u202f243"
