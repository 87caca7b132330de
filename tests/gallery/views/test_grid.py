"""The grid: how high its rows are, where days begin, what is new, and what its line of creating says."""

import json
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from PIL import Image as Pillow

from gallery.listing import tiles
from gallery.media.thumbnails import decode
from gallery.models import Generation, User
from tests.gallery.generations import a_generation, a_picture, pictures
from tests.gallery.page import Page

HTMX = {"HX-Request": "true"}


def height(client: Client) -> str:
    return Page(client.get("/").content).one("section", id="grid")["class"]


def test_the_height_of_the_rows_is_remembered(maker: Client, alice: User) -> None:
    assert height(maker) == "grid h180"
    answer = maker.post("/account/density/", {"row_height": "240", "back": "/?q=cat"})
    assert (answer.status_code, answer["Location"]) == (303, "/?q=cat")
    assert height(maker) == "grid h240"
    assert maker.post("/account/density/", {"row_height": "110"}, headers=HTMX).status_code == 204
    assert height(maker) == "grid h110"
    assert maker.post("/account/", {"time_zone": "", "row_height": "360"}).status_code == 303
    assert height(maker) == "grid h360"
    maker.post("/account/", {"time_zone": "", "row_height": ""})
    assert height(maker) == "grid h360"


@pytest.mark.parametrize("wrong", ["", "109", "361", "115", "abc", "1e2", "9" * 30, "\0"])
def test_a_height_that_is_none_changes_nothing(maker: Client, wrong: str) -> None:
    assert maker.post("/account/density/", {"row_height": wrong}).status_code == 400
    assert height(maker) == "grid h180"


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "", "javascript:alert(1)"])
def test_the_way_back_is_within_the_site(maker: Client, back: str) -> None:
    assert maker.post("/account/density/", {"row_height": "200", "back": back})["Location"] == "/"


def test_a_tile_tells_model_seed_price_and_maker_and_brings_two_sizes(maker: Client, alice: User) -> None:
    first = pictures(alice, count=2)[0]
    page = Page(maker.get("/").content)
    assert page.one("span", class_="caption").words == "a cat on a wallvenice-sd35 · seed 7 · $0.01 · alice"
    image = next(each for each in page.all("img", srcset=None) if each["src"] == first.thumbnail_512)
    assert image["srcset"] == f"{first.thumbnail_512} 512w, {first.thumbnail_256} 256w"
    assert image["sizes"].startswith("auto, ")


@pytest.mark.parametrize(
    ("width", "height", "wide"),
    [
        (513, 100, [512, 256]),
        (1842, 1935, [487, 244]),
        (300, 200, [300, 256]),
        (200, 301, [200, 170]),
        (256, 256, [256]),
        (64, 48, [64]),
        (1, 2000, [1]),
    ],
)
def test_a_source_of_a_tile_is_as_wide_as_its_file_and_no_two_are_the_same(
    maker: Client, alice: User, width: int, height: int, wide: list[int]
) -> None:
    picture = Pillow.new("RGB", (width, height))
    picture.save(file := BytesIO(), "PNG")
    made = decode(file.getvalue()).thumbnails
    image = a_picture(alice)
    type(image).objects.filter(pk=image.pk).update(width=width, height=height)
    drawn = Page(maker.get("/").content).one("img", srcset=None)
    files = [(image.thumbnail_512, made[512]), (image.thumbnail_256, made[256])]
    real = [(address, Pillow.open(BytesIO(data)).width) for address, data in files]
    assert [across for _, across in real[: len(wide)]] == wide
    assert drawn["srcset"] == ", ".join(f"{address} {across}w" for address, across in real[: len(wide)])


def test_a_day_is_told_once(maker: Client, alice: User) -> None:
    for _ in range(3):
        a_picture(alice)
    page = Page(maker.get("/").content)
    assert len(page.all(data_day=None)) == 1
    assert page.all("h2", class_="day") == []
    for _ in range(3):
        a_picture(alice)
    page = Page(maker.get("/").content)
    assert page.one(data_day=None).words.startswith("Today, ")


def poll(client: Client, page: Page, **more: Any) -> Any:
    asks = page.one(id="new")
    address = urlsplit(asks["hx-get"])
    sent = dict(parse_qsl(address.query)) | json.loads(asks["hx-vals"]) | more
    return client.get(address.path, sent, headers=HTMX)


def test_what_is_new_is_counted_and_moves_nothing(maker: Client, alice: User, bob: User) -> None:
    a_picture(alice, "a cat")
    page, cats = Page(maker.get("/").content), Page(maker.get("/?q=cat").content)
    assert poll(maker, page).status_code == 204
    pictures(bob, "a cat", count=3)
    dog = a_picture(bob, "a dog")
    assert Page(poll(maker, page).content).one("a").words == "2 new"
    assert Page(poll(maker, cats).content).one("a").words == "1 new"
    assert Page(poll(maker, cats).content).one("a")["href"] == "/?q=cat"
    assert poll(maker, page, count="2").status_code == 204
    assert Page(poll(maker, page, shown=[dog.generation_id]).content).one("a").words == "1 new"
    for wrong in ("abc", "", "9" * 40, "\0"):
        assert maker.get("/", {"since": wrong, "shown": [wrong]}, headers=HTMX).status_code in (200, 204)


def test_newer_comes_with_its_own_pager(maker: Client, alice: User) -> None:
    made = [a_picture(alice).pk for _ in range(tiles.PAGE + 5)]
    page = Page(maker.get("/", {"from": made[4]}).content)
    assert page.all(id="new") == []
    link = page.one("a", rel="prev")
    above = Page(maker.get(link["hx-get"], {"above": "1"}, headers=HTMX).content)
    assert [int(each["data-image"]) for each in above.all(data_image=None)] == made[:4:-1]
    assert above.one(id="newer")["hx-swap-oob"] == "true"
    assert above.all(id="pager") == []
    assert above.one(id="new")


def test_the_line_of_creating_stays_in_the_gallery(maker: Client, models_known: None) -> None:
    page = Page(maker.get("/").content)
    form = page.one("form", data_composer=None)
    assert (form["hx-post"], page.one(id="dock")["hx-target"]) == ("/create/", "#active")
    sent = {"composer": "1", "model": "z-image-turbo", "prompt": "A quiet canal"}
    answer = maker.post("/create/", sent, headers=HTMX)
    assert answer.status_code == 200
    card = Page(answer.content)
    assert card.one("article", data_state="queued")
    assert card.one("input", name="submission", id="create-submission")["hx-swap-oob"] == "true"
    assert card.one(id="composer-problems").words == ""
    assert not card.all(id="create-form")
    assert not card.all(id="create-last-seed")


@pytest.mark.parametrize(
    "more", [{"prompt": "x" * 32_769}, {"kept-seed": "9" * 30_000, "seed": "9" * 30_000}]
)
def test_what_is_no_draft_is_refused_below_the_line(
    maker: Client, models_known: None, more: dict[str, str]
) -> None:
    sent = {"composer": "1", "model": "z-image-turbo", "prompt": "A canal"} | more
    assert maker.post("/create/price/", sent, headers=HTMX).status_code == 200
    answer = maker.post("/create/", sent, headers=HTMX)
    assert answer.status_code == 422
    (field,) = more.keys() & {"prompt", "seed"}
    assert Page(answer.content).one(data_error_for=field).words
    assert not Generation.objects.exists()


def test_what_is_refused_is_said_below_the_line(maker: Client, models_known: None) -> None:
    sent = {"composer": "1", "model": "z-image-turbo", "prompt": " "}
    answer = maker.post("/create/", sent, headers=HTMX)
    assert answer.status_code == 422
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#composer-problems", "outerHTML")
    assert Page(answer.content).one(data_error_for="prompt").words
    answer = maker.post("/create/", sent | {"prompt": "A canal", "price": "0.001"}, headers=HTMX)
    page = Page(answer.content)
    assert answer.status_code == 422
    assert page.one(data_error_for="price")
    assert page.one("span", id="create-price")["hx-swap-oob"] == "true"
    assert page.one("input", name="price")["value"] == "0.01"
    assert not Generation.objects.exists()


def test_a_card_has_a_place_for_each_picture_that_it_asks_for(maker: Client, bob: User) -> None:
    a_generation(bob, request={"variants": 3})
    page = Page(maker.get("/").content)
    assert "of-3 waits" in page.one("article", data_state="queued")["class"]
    assert len(page.all("div", class_="waiting")) == 3


def test_what_is_offered_of_a_tile_is_no_link_before_there_is_one(maker: Client, alice: User) -> None:
    """The numbers come from the tile, by script; nothing leads to a picture that is none."""
    picture = a_picture(alice)
    page = Page(maker.get("/").content)
    offered = page.one(id="quick").all("a")
    assert [(link["data-of"], "href" in link) for link in offered] == [
        ("/images/0/download", False),
        ("/compare/?images=0", False),
        ("/images/0/#actions", False),
    ]
    assert f"/images/{picture.pk}/" in page.values("href")
