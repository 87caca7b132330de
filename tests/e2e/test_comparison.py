"""Comparing, and what is not for every eye, in a real Chromium: by keyboard, by mouse, by touch, without a script."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import Site, signed_in, watched


def at_desk(site: Site, browser: Browser, **more: Any) -> Page:
    window = {"viewport": {"width": 1440, "height": 900}}
    return signed_in(site, browser.new_context(**(window | more)), path=None)


@pytest.fixture
def page(filled_site: Site, browser: Browser) -> Iterator[Page]:
    """A signed-in desk that wants no motion, whose console must stay silent."""
    opened = at_desk(filled_site, browser, reduced_motion="reduce")
    complaints = watched(opened.context)
    yield opened
    opened.context.close()
    assert complaints == []


def tiles(page: Page) -> list[str]:
    found = page.locator("[data-grid] .tile")
    return found.evaluate_all("all => all.map(one => one.dataset.image)")  # type: ignore[no-any-return]


def test_two_are_gathered_and_compared_by_keyboard_alone(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + "/?q=li")
    first, second = tiles(page)[:2]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("c")
    expect(page.locator("#said")).to_contain_text(f"Picture {first} is to be compared")
    expect(page.locator("[data-compare-all]")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer")).to_have_attribute("data-viewer", second)
    page.keyboard.press("c")
    expect(page.locator("[data-compare-all]")).to_have_text("Compare 2")
    page.keyboard.press("Shift+C")
    expect(page).to_have_url(f"{filled_site.url}/compare/?images={first},{second}")
    page.wait_for_load_state()

    # So large that pictures of any shape are wider than their place.
    for _ in range(6):
        page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowRight")
    sheets = page.locator("[data-beside] .sheet")
    # Each by the same part of itself: in pixels that depends on its shape.
    moved = re.compile(r"translate\(-[0-9.]+px, 0px\) scale\(3\.8")
    for number in (0, 1):
        expect(sheets.nth(number)).to_have_attribute("style", moved)
    page.keyboard.press("0")
    for number in (0, 1):
        expect(sheets.nth(number)).not_to_have_attribute("style", re.compile("translate"))

    page.get_by_role("button", name="Slider").press("Enter")
    divider = page.get_by_role("slider")
    cut = page.locator(".side:nth-child(2) .picture")
    expect(cut).to_have_css("clip-path", re.compile(r"inset\(0px 0px 0px 50%\)"))
    divider.press("Home")
    expect(cut).to_have_css("clip-path", re.compile(r"inset\(0px 0px 0px 0%\)"))

    # Who wants no motion turns by key: nothing moves by itself.
    page.keyboard.press("b")
    seen = page.locator("[data-beside]")
    expect(seen).to_have_attribute("data-second", "")
    expect(page.locator(".side:nth-child(1) .picture")).to_have_css("visibility", "hidden")
    page.keyboard.press("b")
    expect(cut).to_have_css("visibility", "hidden")
    page.get_by_role("button", name="Beside").press("Enter")
    expect(cut).to_have_css("visibility", "visible")

    expect(page.locator("[data-row=Seed] td")).to_have_count(2)
    page.locator("[data-action=swap]").press("Enter")
    expect(page).to_have_url(f"{filled_site.url}/compare/?images={second},{first}")


def test_one_is_picked_where_it_is_compared(filled_site: Site, page: Page) -> None:
    page.goto(f"{filled_site.url}/compare/?images=11,12,13")
    figure, marks = page.locator(".side .picture[data-image='12']"), page.locator("#marks-12")
    figure.hover()
    page.mouse.move(720, 420, steps=3)
    page.keyboard.press("f")
    page.keyboard.press("4")
    expect(marks.locator(".star")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#undo")).to_contain_text("Picture 12: 4 of 5.")
    expect(marks.locator("[data-on]")).to_have_count(4)
    # Focus says it too, and what was done last is undone by key.
    page.locator(".side .picture[data-image='13']").focus()
    page.keyboard.press("5")
    expect(page.locator("#marks-13 [data-on]")).to_have_count(5)
    page.keyboard.press("Control+z")
    expect(page.locator("#marks-13 [data-on]")).to_have_count(0)
    figure.focus()
    page.keyboard.press("0")
    expect(marks.locator("[data-on]")).to_have_count(0)
    marks.locator(".star").click()
    expect(marks.locator(".star")).to_have_attribute("aria-pressed", "false")

    page.locator(".side[data-image='12'] .side-more summary").click()
    page.locator(".side[data-image='12'] [data-action=keep-only] button").click()
    expect(page.locator(".side:visible")).to_have_count(1)
    expect(page.locator("#notices")).to_contain_text("2 pictures put into the trash.")
    page.locator("#notices form button").click()
    expect(page.locator(".side:visible")).to_have_count(3)
    page.locator(".side[data-image='11'] .picture").focus()
    page.keyboard.press("Delete")
    expect(page.locator(".side:visible")).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(page.locator(".side:visible")).to_have_count(3)


def blur(picture: Locator) -> None:
    expect(picture).to_have_css("filter", re.compile("blur"))


@pytest.mark.long
def test_what_is_marked_is_blurred_until_it_is_pointed_at(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + "/?order=oldest")
    chosen = tiles(page)[3]
    tile = page.locator(f"#grid [data-image='{chosen}']")
    tile.click()
    page.locator("[data-action=sensitive] button").click()
    expect(page.locator("#said")).to_have_text(f"Picture {chosen} is marked as sensitive.")
    expect(page.locator("[data-sensitive-badge]")).to_be_visible()
    whole = page.locator(".picture .whole")
    blur(whole)
    page.get_by_label("Show it").check()
    expect(whole).to_have_css("filter", "none")
    page.keyboard.press("Escape")
    # Back on its tile, which has the focus.
    image = tile.locator("img")
    expect(image).to_have_css("filter", "none")
    page.keyboard.press("ArrowRight")
    page.mouse.move(5, 5)
    blur(image)
    tile.hover()
    expect(image).to_have_css("filter", "none")

    page.locator("details.person summary").click()
    page.get_by_role("button", name="Hide").click()
    expect(page.locator(".switch [aria-pressed=true]")).to_have_attribute("value", "hide")
    assert chosen not in tiles(page)
    page.locator("details.person summary").click()
    page.get_by_role("button", name="Blur", exact=True).click()
    expect(page.locator(".switch [aria-pressed=true]")).to_have_attribute("value", "blur")
    blur(page.locator(f"#grid [data-image='{chosen}'] img"))
    page.locator(f"#grid [data-image='{chosen}']").click()
    page.locator("[data-action=sensitive] button").click()
    expect(page.locator("[data-sensitive-badge]")).to_be_hidden()


@pytest.mark.long
def test_a_phone_gathers_by_touch_and_pinches_both(filled_site: Site, browser: Browser) -> None:
    page = at_desk(filled_site, browser, viewport={"width": 390, "height": 844}, has_touch=True)
    for number in (1, 2):
        page.goto(f"{filled_site.url}/images/{number}/")
        page.locator("[data-compare]").tap()
    page.locator("[data-compare-all]").tap()
    expect(page).to_have_url(re.compile(r"images=1,2$"))
    expect(page.locator(".side")).to_have_count(2)
    stage = page.locator(".side .picture").first
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch = page.context.new_cdp_session(page)
    for apart, kind in ((20, "touchStart"), (40, "touchMove"), (60, "touchMove")):
        points = [
            {"x": middle["x"] + side * apart, "y": middle["y"], "id": i} for i, side in enumerate((-1, 1))
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator(".picture.zoomed")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.context.close()


@pytest.mark.long
def test_the_other_one_comes_by_itself_and_the_wheel_zooms_both(filled_site: Site, browser: Browser) -> None:
    page = at_desk(filled_site, browser)
    page.goto(f"{filled_site.url}/compare/?images=1,2")
    page.locator(".side .picture").nth(1).hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    expect(page.locator(".picture.zoomed")).to_have_count(2)
    page.get_by_role("button", name="Blink").click()
    beside = page.locator("[data-beside]")
    expect(beside).to_have_attribute("data-second", "")
    expect(beside).not_to_have_attribute("data-second", "")
    page.context.close()


@pytest.mark.long
def test_without_a_script_they_stand_side_by_side_with_the_table(filled_site: Site, browser: Browser) -> None:
    page = at_desk(filled_site, browser, java_script_enabled=False)
    page.goto(f"{filled_site.url}/images/1/")
    page.locator("[data-compare]").click()
    page.get_by_label("And beside it").fill("2, 3")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".side")).to_have_count(3)
    expect(page.locator("[data-row]").first).to_be_visible()
    expect(page.locator(".zoom")).to_be_hidden()
    expect(page.locator("#tray")).to_be_hidden()
    page.goto(f"{filled_site.url}/images/5/")
    page.locator("[data-action=sensitive] button").click()
    expect(page.locator(".notice")).to_contain_text("marked as sensitive")
    blur(page.locator(".picture .whole"))
    page.locator("[data-action=sensitive] button").click()
    expect(page.locator(".notice")).to_contain_text("not sensitive any more")
    page.context.close()
