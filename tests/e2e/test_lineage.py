"""A picture's family by touch: from its page into the tree, to another entry, and on from there."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PHONE, Site, at_hand, opened

WORDS = "a lock keeper at dawn"
ASKED = f"/create/?model=z-image-turbo&width=256&height=256&seed=11&prompt={WORDS.replace(' ', '+')}"


def made(page: Page) -> None:
    """All that was asked for here has come."""
    expect(page.locator('[data-generation][data-state="done"]').first).to_be_visible(timeout=30_000)
    expect(page.locator('[data-generation]:not([data-state="done"])')).to_have_count(0, timeout=30_000)


@pytest.mark.long
def test_by_touch_from_a_picture_into_its_tree_and_on(site: Site, browser: Browser) -> None:
    context, page, complaints = opened(site, browser, ASKED, name="lia", **PHONE)
    page.locator("#create-submit").tap()
    expect(page.locator("#create-sitting")).to_contain_text(WORDS)
    first = page.locator("#create-sitting [data-image]").first
    expect(first).to_be_visible(timeout=30_000)
    parent = first.get_attribute("data-image")
    page.goto(f"{site.url}/images/{parent}/")
    again = page.locator('[data-action="rerun-new-seed"] button')
    expect(again).to_contain_text("$0.01")
    again.tap()
    made(page.locator("#fresh").page)
    page.goto(f"{site.url}/images/{parent}/")
    at_hand(page, "#reruns, .again")
    page.locator("a[data-lineage]").tap()

    page.wait_for_url(f"**/images/{parent}/lineage/")
    entries = page.locator("[data-node]")
    expect(entries).to_have_count(2)
    expect(page.locator("[data-cost]")).to_have_text(re.compile(r"All of it has cost\s+\$0\.02 pretend"))
    at_hand(page, ".family")
    child = entries.nth(1)
    expect(child).to_contain_text("seed")
    child.get_by_role("link", name="Its lineage").tap()
    expect(page.locator('[data-node][aria-current="true"]')).to_contain_text("seed")
    expect(entries).to_have_count(2)

    # Into the line below, without leaving the tree; its price stands on the button that was not pressed.
    tree = page.url
    entries.nth(0).get_by_role("link", name="Remix").tap()
    expect(page.locator("#id_prompt")).to_have_value(WORDS)
    expect(page.locator("#composer-said")).to_contain_text(f"Filled from picture {parent}.")
    expect(page.locator("#create-submit")).to_contain_text("$0.01")
    assert page.url == tree
    page.locator("h1").tap()
    entries.nth(1).get_by_role("link", name="Vary").tap()
    page.wait_for_url("**/create/matrix/?image=*")
    expect(page.locator("#id_prompt")).to_have_value(WORDS)
    page.go_back()
    entries.nth(1).get_by_role("link", name="Edit").tap()
    page.wait_for_url("**/edit/")
    assert complaints == []
    context.close()
