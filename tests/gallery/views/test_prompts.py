"""The prompt history: each prompt once, newest use first, with people, pictures and spend."""

from decimal import Decimal

import pytest
from django.test import Client

from gallery.listing import prompt_rows
from gallery.models import Attempt, User
from tests.gallery.making import a_generation, a_picture, pictures
from tests.gallery.page import Page


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def listed(page: str) -> list[int]:
    return [int(pk) for pk in Page(page).values("data-prompt")]


def test_each_prompt_stands_once_newest_use_first(client: Client, alice: User, bob: User) -> None:
    dog = [*pictures(alice, "a dog", count=4), a_picture(bob, "a dog")]
    cat = a_picture(alice, "a cat")
    pictures(bob, "a dog", count=2)
    client.force_login(alice)
    page = text(client, "/prompts/")
    assert listed(page) == [dog[0].prompt_id, cat.prompt_id]
    assert "3 uses" in page
    assert "1 use ·" in Page(page).words
    line = page.split(f'data-prompt="{cat.prompt_id}"')[0]
    assert line.count("data-image=") == prompt_rows.PICTURES
    assert ">alice</bdi>, <bdi" in line
    assert f"/create/?use_prompt={dog[0].prompt_id}" in line


@pytest.mark.parametrize(("emulated", "shown"), [(False, "$0.02"), (True, "$0.02 pretend")])
def test_spend_counts_what_was_charged(client: Client, alice: User, emulated: bool, shown: str) -> None:
    pictures(alice, count=2)
    pictures(alice)
    Attempt.objects.update(emulated=emulated, price=Decimal("0.01"))
    client.force_login(alice)
    (facts,) = Page(text(client, "/prompts/")).all("p", **{"class": "facts"})
    assert facts.words.endswith(f"· {shown}")


def test_it_moves_by_cursor_and_searches(client: Client, alice: User) -> None:
    for number in range(prompt_rows.PAGE + 2):
        a_generation(alice, f"prompt number {number}")
    client.force_login(alice)
    newest = text(client, "/prompts/")
    assert len(listed(newest)) == prompt_rows.PAGE
    rest = text(client, Page(newest).one("a", rel="next")["href"])
    assert len(listed(rest)) == 2
    assert Page(rest).one("a", rel="prev")["href"] == "/prompts/"
    assert len(listed(text(client, "/prompts/?q=31"))) == 1
    assert "No prompt matches" in text(client, "/prompts/?q=zebra")


def test_a_prompts_page_has_its_whole_text_and_all_its_pictures(client: Client, alice: User) -> None:
    words = "a very long story " * 300
    made = pictures(alice, words, count=3)
    a_picture(alice, "another")
    client.force_login(alice)
    page = text(client, f"/prompts/{made[0].prompt_id}/")
    assert words.strip() in page
    assert Page(page).values("data-image") == [str(picture.pk) for picture in made[::-1]]
    assert f"/create/?use_prompt={made[0].prompt_id}" in page


def test_nothing_yet_leads_to_the_form(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "No prompts yet" in text(client, "/prompts/")


def test_each_picture_of_a_stack_stands_for_itself_on_its_prompts_page(client: Client, alice: User) -> None:
    made = pictures(alice, count=3)
    client.force_login(alice)
    page = text(client, f"/prompts/{made[0].prompt_id}/")
    assert page.count("data-image=") == 3
    assert not Page(page).all("b", class_="badge")
