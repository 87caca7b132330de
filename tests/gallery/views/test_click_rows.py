"""What one has made, beside the form: a row for each click, day by day, without an end."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.display.click_rows import CARDS, ROWS
from gallery.models import Batch, Generation, State, User
from gallery.models.queue import Order
from tests.gallery.generations import a_picture
from tests.gallery.page import Page
from venice import Generate

pytestmark = pytest.mark.usefixtures("models_known")

HTMX = {"HX-Request": "true"}
MODEL = "venice-sd35"


def a_click(owner: User, count: int = 1, *, days_ago: int = 0, prompt: str = "boats") -> Batch:
    orders = [Order(operation=Generate(model=MODEL, prompt=prompt, seed=seed + 1)) for seed in range(count)]
    generations, _ = Generation.objects.enqueue_batch(owner, orders)
    batch = generations[0].batch
    moment = timezone.now() - timedelta(days=days_ago)
    Batch.objects.filter(pk=batch.pk).update(created_at=moment)
    Generation.objects.filter(batch=batch).update(created_at=moment, state="done")
    return batch


def rows(page: Any) -> list[str]:
    return [each["data-batch"] for each in Page(page.content).all("section", data_batch=None)]


def older(page: Any) -> str:
    return "".join(
        link["href"] for link in Page(page.content).all("a", rel="next") if "from=" in link["href"]
    )


def test_a_row_for_each_click_with_its_words(maker: Client, alice: User) -> None:
    a_click(alice, 3, prompt="three boats")
    a_picture(alice, "a cat on a wall")
    page = Page(maker.get("/create/").content)
    first, second = page.all("div", class_="sitting-row")
    assert "a cat on a wall" in first.words
    assert "three boats" in second.words
    assert MODEL in second.words
    assert len(second.all("article")) == 3
    assert first.one("a", data_again=None)["href"].startswith("/create/?generation=")
    assert first.all("a", data_image=None)


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (1, "model-0 ·"),
        (3, "model-0, model-1, model-2 ·"),
        (5, "model-0, model-1, model-2 and 2 more ·"),
    ],
)
def test_a_row_says_how_many_models_it_does_not_name(
    maker: Client, alice: User, count: int, named: str
) -> None:
    """Also those of which no card is shown."""
    models = [f"model-{number}" for number in range(count) for _ in range(CARDS // 3)]
    orders = [
        Order(operation=Generate(model=model, prompt="boats", seed=seed)) for seed, model in enumerate(models)
    ]
    Generation.objects.enqueue_batch(alice, orders)
    Generation.objects.update(state="done")
    (head,) = Page(maker.get("/create/").content).all("div", class_="sitting-head")
    assert named in head.words
    assert "model-3" not in head.words


def test_days_follow_one_another_without_an_end(maker: Client, alice: User, bob: User) -> None:
    a_click(bob)
    days = [a_click(alice, days_ago=day) for day in range(ROWS + 5, -1, -1)]
    seen, address = [], "/create/"
    headings: list[str] = []
    while address:
        page = maker.get(address)
        seen += rows(page)
        headings += [each.words for each in Page(page.content).all("h3", class_="day")]
        address = older(page)
        fragment = maker.get(address, headers=HTMX) if address else page
        assert not address or b"<html" not in fragment.content
    assert seen == [str(each.pk) for each in reversed(days)]
    assert headings[0].startswith("Yesterday, ")
    assert len(headings) == ROWS + 5


def test_a_click_of_many_shows_some_and_leads_to_all(maker: Client, alice: User) -> None:
    batch = a_click(alice, CARDS + 4)
    page = Page(maker.get("/create/").content)
    row = page.one("section", data_batch=str(batch.pk))
    assert len(row.all("article")) == CARDS
    assert f"All {CARDS + 4}" in row.words


def test_it_asks_no_more_for_more_rows(maker: Client, alice: User) -> None:
    a_click(alice, 2)
    maker.get("/create/")
    with CaptureQueriesContext(connection) as few:
        maker.get("/create/")
    for _ in range(9):
        a_click(alice, 2)
    with CaptureQueriesContext(connection) as many:
        maker.get("/create/")
    assert len(many) == len(few)


def test_odd_places(maker: Client, alice: User) -> None:
    a_click(alice)
    for place in ("", "x", "-1", "9" * 40, "\0"):
        assert maker.get("/create/", {"from": place}).status_code == 200
        assert maker.get("/create/", {"from": place}, headers=HTMX).status_code == 200


def test_a_click_that_was_cancelled_is_a_line_that_says_what_it_has_cost(maker: Client, alice: User) -> None:
    batch = a_click(alice, CARDS + 4)
    batch.members.filter(position__gt=1).update(state=State.CANCELLED)
    Batch.objects.filter(pk=batch.pk).update(price=Decimal("0.16"))
    row = Page(maker.get("/create/").content).one("div", class_="sitting-row")
    assert [card["data-state"] for card in row.all("article")] == ["done", "done"]
    assert "2 of 16 done, 14 cancelled" in row.words
    assert f"Run the {CARDS + 2} again" in row.words
    assert "$0.00 of $0.16 spent" in row.words
    assert row.one(data_again=None)["href"] == f"/create/?batch={batch.pk}"
