"""The header of every page: what stands in the queue, decisions too, and why nothing is sent; as it happens."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Gate, Generation, User
from tests.gallery.generations import a_generation, a_picture
from tests.gallery.page import Page

pytestmark = pytest.mark.usefixtures("models_known")
HTMX = {"HX-Request": "true"}


def count(html: bytes) -> str:
    return Page(html).one("span", id="queue-count").words


def poll(html: bytes) -> str:
    return Page(html).one("span", id="queue-count")["hx-get"]


@pytest.mark.parametrize(
    "address", ["/", "/?q=cat", "/create/", "/prompts/", "/queue/", "/account/", "/images/{}/"]
)
def test_each_page_counts_what_waits_and_what_needs_a_decision(
    client: Client, alice: User, address: str
) -> None:
    address = address.format(a_picture(alice).pk)
    client.force_login(alice)
    assert count(client.get(address).content) == "Queue"
    a_generation(alice)
    for state in ("failed", "interrupted", "cancelled"):
        a_generation(alice, state=state)
    page = client.get(address).content
    assert count(page) == "Queue 3"
    assert (
        Page(page).one("b", class_="count")["title"] == "1 generation waiting or running, 2 need a decision"
    )
    assert client.get(poll(page), headers=HTMX).status_code == 204


def test_the_poll_brings_count_and_reason(client: Client, alice: User) -> None:
    client.force_login(alice)
    page = client.get("/prompts/").content
    failed = a_generation(alice, state="failed")
    answer = client.get(poll(page), headers=HTMX)
    assert (answer.status_code, count(answer.content)) == (200, "Queue 1")
    Generation.objects.get(pk=failed.pk).dismiss()
    Gate.objects.close(Gate.Kind.PAUSE, "Paused for the night")
    answer = client.get(poll(answer.content), headers=HTMX)
    assert count(answer.content) == "Queue"
    banner = Page(answer.content).one("aside", id="gates")
    assert "Paused for the night" in banner.words
    assert (banner["hx-swap-oob"], "hidden" in banner.attributes) == ("true", False)
    Gate.objects.open(Gate.Kind.PAUSE)
    answer = client.get(poll(answer.content), headers=HTMX)
    assert "hidden" in Page(answer.content).one("aside", id="gates").attributes


def test_it_is_cheap(client: Client, alice: User) -> None:
    client.force_login(alice)
    address = poll(client.get("/prompts/").content)
    asked = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(address, headers=HTMX)
        asked.append(len(queries))
        for _ in range(30):
            a_generation(alice, state="failed")
    # Session, member, and a glance at all that is counted.
    assert asked[0] == asked[1] <= 3


def test_no_page_has_two_banners(client: Client, sally: User) -> None:
    client.force_login(sally)
    for address in ("/", "/create/", "/queue/", "/admin/"):
        assert len(Page(client.get(address).content).all(id="gates")) == 1
