"""Judging in a real Chromium, by keyboard alone: in the grid and on a picture, with the way back."""

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import Site, signed_in, watched

UNMARKED = """
from gallery.models import Image, Mark
Mark.objects.all().delete()
Image.objects.all().sum_marks()
"""


def test_pictures_are_judged_by_keys_and_what_was_done_is_undone(filled_site: Site, browser: Browser) -> None:
    # Other journeys choose from the same pictures.
    filled_site.manage("shell", "-c", UNMARKED)
    page = signed_in(filled_site, browser.new_context(viewport={"width": 1440, "height": 900}), path=None)
    complaints = watched(page.context)
    page.goto(filled_site.url + "/?q=li")
    page.keyboard.press("ArrowRight")
    tile = page.locator("[data-grid] .tile").first
    expect(tile.locator("a")).to_be_focused()
    page.keyboard.press("f")
    expect(tile).to_have_attribute("data-favourite", "true")
    page.keyboard.press("4")
    expect(tile).to_have_attribute("data-rating", "4")
    expect(page.locator("#undo .undo-line")).to_contain_text("4 of 5")
    page.keyboard.press("Control+z")
    expect(tile).to_have_attribute("data-rating", "0")
    expect(tile.locator("a")).to_be_focused()
    # Whoever is as fast as can be stays on the page as well.
    page.evaluate(
        """() => {
          const undo = document.getElementById("undo");
          new MutationObserver((_, observer) => {
            const form = undo.querySelector("form");
            if (form) { observer.disconnect(); undo.dataset.sent = ""; form.requestSubmit(); }
          }).observe(undo, { childList: true });
        }"""
    )
    page.keyboard.press("3")
    sent = page.locator("#undo[data-sent]")
    expect(sent).to_have_count(1)
    expect(page.locator("#undo .undo-line")).to_have_count(0)
    expect(tile).to_have_attribute("data-rating", "0")
    expect(tile.locator("a")).to_be_focused()
    expect(sent).to_have_count(1)

    page.keyboard.press("Enter")
    picture = page.locator("#viewer .picture")
    expect(picture).to_have_attribute("data-favourite", "true")
    page.keyboard.press("5")
    expect(page.locator("#viewer [data-mean]")).to_contain_text("5.0")
    page.keyboard.press("0")
    expect(picture).to_have_attribute("data-rating", "0")
    expect(page.locator("#viewer [data-mean]")).to_have_count(0)
    page.locator("#viewer [name=tag]").fill("Keeper")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer [data-tag]")).to_have_text("Keeper")
    # Out of the field, then out of the picture.
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_have_count(0)
    expect(tile).to_have_attribute("data-favourite", "true")
    page.context.close()
    assert complaints == []


@pytest.mark.long
def test_keys_are_about_what_was_touched_last(filled_site: Site, browser: Browser) -> None:
    """The pointer that moved, or the focus: one rule for all keys, and it is seen which."""
    filled_site.manage("shell", "-c", UNMARKED)
    page = signed_in(filled_site, browser.new_context(viewport={"width": 1440, "height": 900}), path=None)
    complaints = watched(page.context)
    page.goto(filled_site.url + "/?q=li")
    tiles = page.locator("[data-grid] .tile")
    page.keyboard.press("ArrowRight")
    expect(tiles.first.locator("a")).to_be_focused()

    # A pointer that comes from nowhere has not moved yet.
    page.mouse.move(5, 5)
    tiles.nth(2).hover()
    page.keyboard.press("f")
    expect(tiles.nth(2)).to_have_attribute("data-favourite", "true")
    page.keyboard.press("x")
    expect(tiles.nth(2).locator(".pick")).to_be_checked()
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    expect(tiles.nth(1).locator("a")).to_be_focused()
    page.keyboard.press("f")
    expect(tiles.nth(1)).to_have_attribute("data-favourite", "true")
    expect(tiles.first).to_have_attribute("data-favourite", "false")

    # What is offered of a picture lies on it and on no other.
    for number in range(6):
        tiles.nth(number).hover()
        tile, tools = tiles.nth(number).bounding_box(), page.locator("#quick").bounding_box()
        assert tile
        assert tools
        assert tools["x"] + tools["width"] <= tile["x"] + tile["width"] + 1
    assert complaints == []
    page.context.close()
