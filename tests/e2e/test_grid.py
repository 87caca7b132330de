"""The gallery as one uses it: scroll, open, come back, narrow it down; by mouse, keys, touch, and without scripts."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, opened, signed_in

PHONE = {"width": 390, "height": 844}
# What moves under the eye without a person's doing, from the moment that the page stands.
WATCH_SHIFTS = """window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: false });"""
ON_SCREEN = """(tiles) => tiles.filter((tile) => {
  const { top, bottom } = tile.getBoundingClientRect();
  return bottom > 88 && top < innerHeight;
}).length"""


def filtered(page: Page, query: str) -> None:
    """The page that a filter leads to has come; behind an operator the box has a space."""
    expect(page.locator("#search")).to_have_value(re.compile(rf"^{re.escape(query.strip())} ?$"))
    expect(page.locator("[data-found]")).to_have_count(1)


@pytest.mark.long
def test_the_first_screen_shows_many(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    assert page.locator("#grid > .tile").evaluate_all(ON_SCREEN) >= 18
    assert complaints == []
    context.close()


@pytest.mark.long
def test_scrolling_through_pages_moves_nothing_and_back_is_where_one_was(
    filled_site: Site, browser: Browser
) -> None:
    context, page, complaints = opened(filled_site, browser, "/?q=-zebra")
    page.wait_for_load_state("networkidle")
    page.evaluate(WATCH_SHIFTS)
    tiles = page.locator("#grid > .tile")
    page.mouse.move(700, 600)
    for _ in range(10):
        page.mouse.wheel(0, 500)
        page.wait_for_timeout(100)
    expect(page.locator("#pager a[rel=next]")).to_have_count(0)
    page.mouse.wheel(0, -600)
    expect(page).to_have_url(re.compile("from="))
    page.wait_for_timeout(400)
    assert tiles.count() > 120
    assert page.evaluate("window.shifts") < 0.02
    seen = tiles.evaluate_all("(all) => all.map((tile) => tile.dataset.image)")
    assert len(seen) == len(set(seen))
    place = page.url
    picture = re.search(r"from=(\d+)", place)
    assert picture
    tile = page.locator(f'#grid > .tile[data-image="{picture[1]}"]')
    address = tile.locator("a").get_attribute("href") or ""
    page.goto(filled_site.url + address)
    page.go_back()
    expect(page).to_have_url(place)
    expect(page.locator("#grid > .tile").first).to_have_attribute("data-image", picture[1])
    assert complaints == []
    context.close()


def test_newer_comes_above_and_the_place_stays(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    looked_at = page.locator("#grid > .tile").nth(30).get_attribute("data-image")
    page.goto(f"{filled_site.url}/?from={looked_at}")
    tile = page.locator(f'#grid > .tile[data-image="{looked_at}"]')
    before = tile.bounding_box()
    page.locator("#newer a[rel=prev]").click()
    expect(page.locator("#new")).to_have_count(1)
    expect(page.locator("#grid > .tile").nth(30)).to_have_attribute("data-image", looked_at or "")
    after = tile.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 3
    seen = page.locator("#grid > .tile").evaluate_all("(all) => all.map((tile) => tile.dataset.image)")
    assert len(seen) == len(set(seen))
    days = page.locator("#grid [data-day]").evaluate_all("(all) => all.map((mark) => mark.dataset.day)")
    assert len(days) == len(set(days))
    assert complaints == []
    context.close()


@pytest.mark.long
def test_filters_by_mouse(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    page.locator("[data-filter=ratio] summary").click()
    choice = page.locator("[data-filter=ratio] .choice:has(small)").first
    expect(choice).to_be_visible()
    ratio, count = choice.inner_text().split()
    choice.click()
    filtered(page, f"ratio:{ratio}")
    expect(page.locator("[data-found]")).to_have_text(count)
    page.locator("[data-filter=model] summary").click()
    page.locator("[data-filter=model] .choice:has(small)").first.click()
    expect(page.locator("#search")).to_have_value(re.compile(rf"^model:\S+ ratio:{ratio} $"))
    page.locator("[data-filter=ratio] summary").click()
    page.locator("[data-filter=ratio] .choice", has_text="Any").click()
    expect(page.locator("#search")).to_have_value(re.compile(r"^model:\S+ $"))
    page.locator(".save summary").click()
    page.locator(".save input[name=name]").fill("One model")
    page.locator(".save button").click()
    chip = page.locator(".chips .chip", has_text="One model")
    expect(chip).to_have_attribute("aria-current", "true")
    page.locator("[data-clear-search]").click()
    expect(page.locator("#search")).to_have_value("")
    page.locator(".person summary").click()
    expect(page.locator("#saved-links a", has_text="One model")).to_be_visible()
    page.goto(f"{filled_site.url}/searches/")
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("[data-search]")).to_have_count(0)
    assert complaints == []
    context.close()


def test_filters_by_keys_alone(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    summary = page.locator("[data-filter=ratio] summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-filter=ratio] .choice:has(small)").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-filter=ratio]")).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("[data-filter=ratio] .choice").first).to_be_focused()
    page.keyboard.press("Enter")
    filtered(page, page.locator("#search").input_value())
    expect(page.locator("#search")).to_have_value(re.compile("^ratio:"))
    first = page.locator("#grid > .tile").first
    first.locator("a").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#quick [data-quick-favourite]")).to_be_focused()
    picture = first.get_attribute("data-image")
    page.keyboard.press("Tab")
    expect(page.locator("#quick a").first).to_be_focused()
    expect(page.locator("#quick a").first).to_have_attribute("href", f"/images/{picture}/download")
    assert complaints == []
    context.close()


def test_filters_on_a_phone(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser, viewport=PHONE, has_touch=True, is_mobile=True)
    page.locator("[data-filter=date] summary").tap()
    menu = page.locator("#choices-date")
    expect(menu).to_be_visible()
    box = menu.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    menu.locator(".choice").first.tap()
    expect(page.locator("#search")).to_have_value(re.compile("^(on|after):"))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert complaints == []
    context.close()


@pytest.mark.long
def test_all_of_it_without_scripts(filled_site: Site, browser: Browser) -> None:
    member = browser.new_context()
    signed_in(filled_site, member)
    context, page, complaints = opened(filled_site, browser, java_script_enabled=False)
    page.locator("[data-filter=ratio] summary").click()
    page.locator("[data-filter=ratio] .choice", has_text="What there is").click()
    page.locator("[data-filter=ratio] .choice").first.click()
    filtered(page, page.locator("#search").input_value())
    page.locator(".order summary").click()
    page.locator(".order .choice", has_text="Oldest").click()
    assert "order=oldest" in page.url
    page.locator("#row_height").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Set").click()
    expect(page.locator("#grid")).to_have_class(re.compile(r"\bh190\b"))
    assert "order=oldest" in page.url
    page.locator("#row_height").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Set").click()
    page.goto(f"{filled_site.url}/?menu=date")
    page.locator("[data-jump] input[name=at]").fill("2026-03")
    page.get_by_role("button", name="Jump").click()
    assert re.search(r"from=\d+", page.url)
    member.close()
    context.close()
    assert complaints == []


def test_rows_follow_the_slider_and_stay(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    slider = page.locator("#row_height")
    with page.expect_response(lambda answer: answer.url.endswith("/account/density/")) as kept:
        slider.focus()
        page.keyboard.press("End")
    assert kept.value.status == 204
    expect(page.locator("#grid")).to_have_class(re.compile(r"\bh360\b"))
    page.reload()
    expect(page.locator("#grid")).to_have_class(re.compile(r"\bh360\b"))
    with page.expect_response(lambda answer: answer.url.endswith("/account/density/")):
        page.locator("#row_height").fill("180")
        page.locator("#row_height").dispatch_event("change")
    assert complaints == []
    context.close()


def test_creating_stays_in_the_gallery_and_takes_the_place_of_its_picture(
    filled_site: Site, browser: Browser
) -> None:
    context, page, complaints = opened(filled_site, browser)
    other = context.new_page()
    other.goto(filled_site.url)
    page.locator("#create-submit").click()
    expect(page.locator("#composer-problems [data-error-for=prompt]")).to_be_visible()
    complaints[:] = [each for each in complaints if "422" not in each]
    page.locator("#id_prompt").fill("A lagoon at night")
    page.locator("#create-submit").click()
    card = page.locator("#active .card").first
    expect(card).to_contain_text("A lagoon at night")
    expect(page.locator("#composer-problems")).to_be_hidden()
    waiting = card.bounding_box()
    expect(card).to_have_attribute("data-state", "done", timeout=20_000)
    done = card.bounding_box()
    assert waiting
    assert done
    assert (waiting["width"], waiting["height"]) == pytest.approx((done["width"], done["height"]), abs=2)
    assert page.url.split("?")[0] == f"{filled_site.url}/"
    expect(other.locator("#new a")).to_have_text(re.compile(r"^\s*\d+\s+new\s*$"), timeout=20_000)
    other.locator("#new a").click()
    newest = card.locator(".tile").get_attribute("data-image")
    expect(other.locator("#grid > .tile").first).to_have_attribute("data-image", newest or "")
    with page.expect_navigation():
        page.locator("button[name=change-model]").click()
    expect(page.locator("#create-form #id_prompt")).to_have_value("A lagoon at night")
    assert complaints == []
    context.close()


def test_the_rail_leads_to_a_month(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    page.mouse.move(700, 600)
    page.mouse.wheel(0, 800)
    month = page.locator(".rail a").nth(6)
    expect(month).to_be_attached()
    month.click()
    expect(page).to_have_url(re.compile(r"from=\d+"))
    expect(page.locator("#grid > .tile").first).to_be_visible()
    assert complaints == []
    context.close()


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (1440, "dark"), pytest.param(1440, "light", marks=pytest.mark.long)]
)
def test_axe_finds_nothing_in_the_line(filled_site: Site, browser: Browser, width: int, scheme: str) -> None:
    context, page, complaints = opened(
        filled_site, browser, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    for path in (
        "/?q=castle&menu=date",
        "/?q=ratio:1:1&menu=model&order=price",
        "/?q=castle+zebra",
        "/searches/",
    ):
        page.goto(filled_site.url + path)
        page.wait_for_load_state("networkidle")
        assert complaints == []
        found = Axe().run(page).response["violations"]
        complaints.clear()
        assert [(each["id"], each["nodes"][0]["target"]) for each in found] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()
