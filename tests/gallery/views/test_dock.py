"""The composer at the lower edge of every page on which one looks at pictures and prompts."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Collection, Draft, Generation, User
from tests.gallery.generations import a_picture
from tests.gallery.page import Element, Page
from tests.gallery.paid_form import sent_of

pytestmark = pytest.mark.usefixtures("models_known")

HTMX = {"HX-Request": "true"}
WORDS = "A lighthouse\nat dusk"
PLACES = {
    "/": "#active",
    "/?from={image}": "#active",
    "/images/{image}/": "#fresh",
    "/images/{image}/lineage/": "#active",
    "/generations/{generation}/": "#active",
    "/batches/{batch}/": "#active",
    "/prompts/": "#active",
    "/prompts/{prompt}/": "#active",
    "/prompts/compare/?a={prompt}&b={prompt}": "#active",
    "/collections/": "#active",
    "/collections/{collection}/": "#active",
    "/collections/{collection}/?sort=own": "#active",
    "/compare/?images={image},{other}": "",
    "/queue/": "",
}


@pytest.fixture
def things(alice: User) -> dict[str, int | None]:
    image, other = a_picture(alice), a_picture(alice)
    collection = Collection.objects.create(name="Doors", created_by=alice)
    return {
        "image": image.pk,
        "other": other.pk,
        "generation": image.generation_id,
        "batch": image.generation.batch_id,
        "prompt": image.prompt_id,
        "collection": collection.pk,
    }


def typed(alice: User, **values: Any) -> None:
    Draft.objects.save_values(alice, {"prompt": WORDS} | values, base=alice.draft_revision)


def composer_of(page: Any) -> Element:
    return Page(page.content).one("form", data_composer=None)


@pytest.mark.parametrize(("address", "place"), PLACES.items())
def test_it_stands_there_with_what_was_typed(
    maker: Client, alice: User, things: dict[str, int], address: str, place: str
) -> None:
    typed(alice, count="4")
    page = Page(maker.get(address.format(**things)).content)
    form = page.one("form", data_composer=None)
    sent = sent_of(form)
    assert (form["method"], form["action"]) == ("post", "/create/")
    assert (sent["prompt"].strip(), sent["count"]) == (WORDS, "4")
    assert (len(sent["submission"]), sent["draft-revision"]) == (36, "1")
    assert f"Generate · ${4 * 0.01:.2f}" in form.one("button", id="create-submit").words
    dock = page.one("div", id="dock")
    assert (dock["hx-target"], dock["hx-swap"]) == ((place, "afterbegin") if place else ("this", "none"))
    # What is made has one place, and nothing else of the page has its name.
    if place:
        page.one(id=place.removeprefix("#"))
    ids = [each["id"] for each in page.all(id=None)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "address", ["/create/", "/images/{image}/edit/", "/account/", "/presets/", "/trash/"]
)
def test_where_there_is_a_form_or_nothing_to_look_at_it_does_not_stand(
    maker: Client, things: dict[str, int], address: str
) -> None:
    assert Page(maker.get(address.format(**things)).content).all("form", data_composer=None) == []


def test_it_asks_for_the_draft_and_no_more(maker: Client, alice: User, things: dict[str, int]) -> None:
    """And for nothing in what viewer.js shows over a grid, which has one already."""
    address = f"/images/{things['image']}/"
    for _ in range(2):
        with CaptureQueriesContext(connection) as bare:
            maker.get(address)
    typed(alice, seed="7", style_preset="Anime")
    with CaptureQueriesContext(connection) as drawn:
        maker.get(address)
    assert len(drawn) == len(bare) + 1
    with CaptureQueriesContext(connection) as over:
        fragment = maker.get(address, headers=HTMX)
    assert not any("gallery_draft" in each["sql"] for each in over.captured_queries)
    assert b"data-composer" not in fragment.content


def test_what_it_makes_is_told_with_the_way_there(maker: Client, alice: User, things: dict[str, int]) -> None:
    sent = sent_of(composer_of(maker.get("/queue/"))) | {"prompt": "A bridge"}
    answer = maker.post("/create/", sent, headers=HTMX)
    made = Generation.objects.latest("pk")
    page = Page(answer.content)
    assert page.one("article", id=f"generation-{made.pk}")["data-state"] == "queued"
    said = page.one("p", id="composer-said")
    assert (said.words, said.one("a")["href"]) == (
        f"Asked for: generation {made.pk}.",
        f"/generations/{made.pk}/",
    )
    # A repeat makes nothing, and says so.
    again = Page(maker.post("/create/", sent, headers=HTMX).content).one("p", id="composer-said")
    assert again.words == f"Asked for before: generation {made.pk}."
    assert Generation.objects.latest("pk") == made

    alice.destination = Collection.objects.get(pk=things["collection"])
    alice.save(update_fields=["destination"])
    sent = sent_of(composer_of(maker.get("/queue/"))) | {"prompt": "A bridge", "count": "3"}
    sent["price"] = "0.03"
    several = Page(maker.post("/create/", sent, headers=HTMX).content).one("p", id="composer-said")
    batch = Generation.objects.latest("pk").batch_id
    assert several.words == "Asked for: 3 pictures, into Doors."
    assert several.one("a")["href"] == f"/batches/{batch}/"


def test_without_scripts_it_is_a_form_like_others(maker: Client, things: dict[str, int]) -> None:
    """What is made has a page, and what is wrong comes back with all that was typed."""
    sent = sent_of(composer_of(maker.get(f"/prompts/{things['prompt']}/")))
    refused = maker.post("/create/", sent | {"prompt": "  ", "count": "2", "price": "0.02"})
    form = Page(refused.content).one("form", id="create-form")
    assert (refused.status_code, sent_of(form)["count"]) == (422, "2")
    assert form.one("p", data_error_for="prompt").words
    made = maker.post("/create/", sent | {"prompt": WORDS})
    assert (made.status_code, made["Location"]) == (
        303,
        f"/generations/{Generation.objects.latest('pk').pk}/",
    )
    assert sent_of(composer_of(maker.get("/prompts/")))["prompt"].strip() == WORDS
