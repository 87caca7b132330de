"""The viewer in a real Chromium: within its list, by keyboard, by mouse, by touch, and without a script."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, signed_in, watched

SEARCH = "/?q=li"
# What a picture of the middle is: inside the first page, with neighbours on both sides.
TILE = 4


def at_desk(site: Site, browser: Browser, **more: Any) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, **more)
    return signed_in(site, context, path=None)


@pytest.fixture
def page(filled_site: Site, browser: Browser) -> Iterator[Page]:
    """A signed-in desk, whose console must stay silent."""
    opened = at_desk(filled_site, browser)
    complaints = watched(opened.context)
    yield opened
    opened.context.close()
    assert complaints == []


def tiles(page: Page) -> list[str]:
    """The pictures of the grid, in its order."""
    found = page.locator("[data-grid] [data-image]")
    return found.evaluate_all("all => all.map(one => one.dataset.image)")  # type: ignore[no-any-return]


def focused(page: Page) -> str | None:
    picture = page.evaluate("document.activeElement.closest('[data-image]')?.dataset.image ?? null")
    return picture  # type: ignore[no-any-return]


def shown(page: Page, picture: str) -> None:
    """The viewer shows this picture, and the address says so."""
    expect(page.locator("#viewer")).to_have_attribute("data-viewer", picture)
    expect(page).to_have_url(re.compile(rf"/images/{picture}/"))


def percent(page: Page) -> int:
    return int(page.locator("[data-zoom=turn]").inner_text().removesuffix(" %"))


@pytest.mark.long
def test_twenty_steps_into_a_search_and_back_by_keyboard_alone(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + SEARCH)
    ids = tiles(page)
    assert len(ids) > TILE + 20, "the search has too few pictures for this journey"
    for _ in range(TILE + 1):
        page.keyboard.press("ArrowRight")
    assert focused(page) == ids[TILE]
    before = page.evaluate("history.length")

    page.keyboard.press("Enter")
    shown(page, ids[TILE])
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    shown(page, ids[TILE + 20])
    assert "q=li" in page.url
    assert page.evaluate("history.length") == before + 1
    expect(page.locator("[data-position]")).to_have_text(re.compile(rf"^\s*{TILE + 21} of \d+\s*$"))
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert percent(page) > 100 or page.locator(".picture.zoomed").count() == 1

    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_have_count(0)
    assert focused(page) == ids[TILE + 20]
    expect(page.locator(f"[data-grid] [data-image='{ids[TILE + 20]}']")).to_be_in_viewport()
    assert re.search(r"/\?q=li(&from=\d+)?$", page.url)

    # Read anew, the address is the picture's page; from there Esc leads to the tile as well.
    page.keyboard.press("Enter")
    shown(page, ids[TILE + 20])
    page.reload()
    shown(page, ids[TILE + 20])
    expect(page.locator(".layer")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    shown(page, ids[TILE + 19])
    page.keyboard.press("Escape")
    expect(page.locator("[data-grid]")).to_be_visible()
    expect(page.locator(f"[data-grid] [data-image='{ids[TILE + 19]}'] > a")).to_be_focused()
    assert "q=li" in page.url


@pytest.mark.long
def test_back_closes_and_forward_opens_again(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + SEARCH)
    ids = tiles(page)
    page.mouse.wheel(0, 500)
    page.locator("[data-grid] .tile").nth(12).click()
    shown(page, ids[12])
    height = page.evaluate("scrollY")

    page.go_back()
    expect(page.locator("#viewer")).to_have_count(0)
    assert focused(page) == ids[12]
    assert page.evaluate("scrollY") == height
    page.go_forward()
    shown(page, ids[12])
    expect(page.locator(".layer")).to_be_visible()
    page.locator("[data-close]").click()
    expect(page.locator("#viewer")).to_have_count(0)
    assert focused(page) == ids[12]


@pytest.mark.long
def test_a_list_that_is_read_anew_stays_where_one_has_gone_since(filled_site: Site, page: Page) -> None:
    """Who has come back from a picture, and scrolled away from it, is not led there again."""
    page.goto(filled_site.url)
    tile = page.locator("[data-grid] .tile").nth(40)
    tile.scroll_into_view_if_needed()
    tile.click()
    expect(page.locator("#viewer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_have_count(0)
    page.evaluate("scrollTo({top: 450, behavior: 'instant'})")
    page.wait_for_url("**from=*")
    place = page.evaluate("new URLSearchParams(location.search).get('from')")

    page.reload()
    page.wait_for_load_state("networkidle")

    assert tiles(page)[0] == place
    expect(page.locator("[data-grid] .tile").first).to_be_in_viewport()
    assert focused(page) is None


@pytest.mark.long
def test_who_leaves_the_viewer_comes_back_to_a_whole_page(filled_site: Site, page: Page) -> None:
    """The address of the viewer has been read as a fragment; what the browser kept of it is not the page."""
    page.goto(filled_site.url + SEARCH)
    ids = tiles(page)
    page.locator("[data-grid] .tile").nth(TILE).click()
    shown(page, ids[TILE])
    page.keyboard.press("ArrowRight")
    shown(page, ids[TILE + 1])
    page.get_by_role("link", name="The whole lineage").click()
    page.wait_for_url("**/lineage/")
    page.go_back()
    shown(page, ids[TILE + 1])
    expect(page.locator(".header")).to_be_visible()
    page.go_back()
    expect(page.locator(f"[data-grid] [data-image='{ids[TILE + 1]}'] > a")).to_be_focused()


@pytest.mark.long
def test_from_a_prompts_page_it_steps_among_its_pictures(filled_site: Site, page: Page) -> None:
    page.goto(f"{filled_site.url}/images/{filled_site.manage('shell', '-v0', '-c', MATES)}/")
    page.get_by_role("link", name="All pictures of this prompt").click()
    expect(page.locator("[data-grid]")).to_be_visible()
    address, ids = page.url, tiles(page)
    page.locator(f"[data-grid] [data-image='{ids[0]}']").click()
    shown(page, ids[0])
    for picture in ids[1:]:
        page.keyboard.press("ArrowRight")
        shown(page, picture)
    expect(page.locator("[data-end=next]")).to_be_visible()
    expect(page.locator("[data-position]")).to_have_text(re.compile(rf"^\s*{len(ids)} of {len(ids)}\s*$"))
    page.keyboard.press("Escape")
    assert focused(page) == ids[-1]
    assert page.url.partition("?")[0] == address.partition("?")[0]


def test_what_lies_below_is_out_of_reach(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + SEARCH)
    page.locator("[data-grid] .tile").nth(TILE).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                "document.activeElement === document.body || document.activeElement.closest('.layer') !== null"
            )
        )
    assert seen == {True}


@pytest.mark.long
def test_the_grid_goes_on_while_one_steps_beyond_it(filled_site: Site, page: Page) -> None:
    # In a narrow window one page is so long that nothing but the steps can ask for the next one.
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(filled_site.url)
    first = tiles(page)
    page.locator(f"[data-grid] [data-image='{first[0]}']").click()
    shown(page, first[0])
    for picture in first[1:-10]:
        page.keyboard.press("ArrowRight")
        shown(page, picture)
    expect(page.locator("[data-grid] [data-image]").nth(len(first) + 5)).to_be_attached()
    ids = tiles(page)
    assert ids[: len(first)] == first
    assert len(set(ids)) == len(ids)
    for picture in ids[len(first) - 10 : len(first) + 3]:
        page.keyboard.press("ArrowRight")
        shown(page, picture)

    page.keyboard.press("Escape")
    expect(page.locator(f"[data-grid] [data-image='{ids[len(first) + 2]}'] > a")).to_be_focused()


@pytest.mark.long
def test_zoom(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + SEARCH)
    page.locator("[data-grid] .tile").nth(TILE).click()
    stage = page.locator("[data-turns]")
    expect(stage).to_be_visible()
    # Until its picture and the filmstrip are there, the stage may still find its size.
    expect(page.locator("img.whole")).to_have_js_property("complete", True)
    for each in page.locator(".filmstrip.strip img").all():
        expect(each).to_have_js_property("complete", True)
    whole = percent(page)
    assert whole <= 100
    box = stage.bounding_box()
    assert box
    corner = (box["x"] + box["width"] * 0.35, box["y"] + box["height"] * 0.4)
    under = under_pointer(page, *corner)

    page.mouse.click(*corner)
    assert percent(page) == 100
    assert_still(page, corner, under)
    # Its own pixels are what is shown then.
    whole_picture = page.locator("img.whole")
    expect(whole_picture).to_have_js_property("complete", True)
    source = whole_picture.evaluate("image => image.decode().then(() => image.currentSrc)")
    assert "/media/original/" in source

    page.mouse.wheel(0, -200)
    larger = percent(page)
    assert larger > 100
    assert_still(page, corner, under)
    page.mouse.down()
    page.mouse.move(corner[0] - 90, corner[1] - 60, steps=4)
    page.mouse.up()
    assert percent(page) == larger
    assert_still(page, (corner[0] - 90, corner[1] - 60), under)

    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer")).not_to_have_attribute("data-viewer", "")
    expect(page.locator("[data-zoom=turn]")).to_have_text(f"{larger} %")
    page.keyboard.press("-")
    assert percent(page) < larger
    page.keyboard.press("z")
    assert page.locator("[data-turns].zoomed").count() == 0
    assert percent(page) <= 100
    page.get_by_role("button", name="Larger").click()
    assert page.locator("[data-turns].zoomed").count() == 1


def assert_still(page: Page, at: tuple[float, float], under: list[float]) -> None:
    """The same point lies there. Along a side that is smaller than the stage the picture stands in the middle."""
    for now, before, is_larger in zip(under_pointer(page, *at), under, page.evaluate(IS_LARGER), strict=True):
        assert not is_larger or now == pytest.approx(before, abs=0.02)


IS_LARGER = """() => {
  const [picture, stage] = ["img.whole", "[data-turns]"].map((each) =>
    document.querySelector(each).getBoundingClientRect());
  return [picture.width > stage.width, picture.height > stage.height];
}"""
UNDER = """([x, y]) => {
  const box = document.querySelector("img.whole").getBoundingClientRect();
  return [(x - box.left) / box.width, (y - box.top) / box.height];
}"""


def under_pointer(page: Page, x: float, y: float) -> list[float]:
    """The point of the picture there, as fractions of it."""
    return page.evaluate(UNDER, [x, y])  # type: ignore[no-any-return]


@pytest.mark.long
def test_a_picture_is_never_enlarged_by_itself(filled_site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 2560, "height": 1440})
    page = signed_in(filled_site, context)
    page.locator("[data-grid] .tile").nth(TILE).click()
    seen = []
    for _ in range(8):
        picture = page.locator("img.whole")
        box = picture.bounding_box()
        assert box
        assert box["width"] <= int(picture.get_attribute("width") or 0)
        seen.append(percent(page))
        number = page.locator("#viewer").get_attribute("data-viewer") or ""
        page.keyboard.press("ArrowRight")
        expect(page.locator("#viewer")).not_to_have_attribute("data-viewer", number)
    assert max(seen) == 100
    context.close()


@pytest.mark.long
def test_the_information_stays_as_one_left_it(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + SEARCH)
    page.locator("[data-grid] .tile").nth(TILE).click()
    info, switch = page.locator("#info"), page.get_by_role("button", name="Information")
    expect(info).to_be_visible()
    expect(switch).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("i")
    expect(info).to_be_hidden()
    expect(switch).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    page.reload()
    expect(page.locator("#viewer")).to_be_visible()
    expect(info).to_be_hidden()
    page.get_by_role("button", name="Information").click()
    expect(info).to_be_visible()


SEEDED = """
from gallery.models import Image
print(Image.objects.exclude(seed=None).exclude(prompt=None).order_by("pk").values_list("pk", flat=True)[0])
"""


def test_keys_follow_the_links_and_none_spends(filled_site: Site, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {urlsplit(request.url).path}"))
    picture = filled_site.manage("shell", "-v0", "-c", SEEDED)
    for key, use in (("r", "remix"), ("a", "all"), ("p", "prompt"), ("s", "seed")):
        page.goto(f"{filled_site.url}/images/{picture}/")
        with page.expect_response(f"**/create/?image={picture}&use={use}&composer=1"):
            page.keyboard.press(key)
        expect(page.locator("#composer-said")).to_contain_text(
            re.compile("^ *(Filled from picture|All of it)")
        )
    page.goto(f"{filled_site.url}/images/1/")
    # What is sent of one picture waits for what was sent of it before.
    with page.expect_request("**/images/1/favourite/"):
        for key in "+-=0123456789dfxci?":
            page.keyboard.press(key)
    expect(page.locator("#keys")).to_be_visible()
    # Judging is free, and so is keeping what the form was filled with.
    posts = {each for each in asked if not each.startswith("GET ")} - {"POST /create/draft/"}
    assert posts == {"POST /images/1/favourite/", "POST /images/1/rate/"}


MATES = """
from gallery.models import Image
print(Image.objects.filter(stack_size__gt=1, is_cover=True).order_by("-pk").values_list("pk", flat=True)[0])
"""


def test_up_and_down_step_among_pictures_of_one_request(filled_site: Site, page: Page) -> None:
    cover = filled_site.manage("shell", "-v0", "-c", MATES)
    page.goto(f"{filled_site.url}/images/{cover}/")
    mates = page.locator(".mates a")
    second = mates.nth(1).get_attribute("data-related") or ""
    place = page.locator("[data-position]").inner_text()
    page.keyboard.press("ArrowDown")
    shown(page, second)
    expect(page.locator("[data-position]")).to_have_text(place)
    page.keyboard.press("ArrowUp")
    shown(page, cover)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    shown(page, second)


def test_one_can_run_it_again_without_leaving(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + SEARCH)
    page.locator("[data-grid] .tile").nth(TILE).click()
    page.locator("form[data-action=rerun-new-seed] button").click()
    card = page.locator("#fresh article[data-generation]")
    expect(card).to_have_attribute("data-state", "done", timeout=30_000)
    expect(page.locator("#said")).to_contain_text("Done")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_have_count(0)


@pytest.mark.long
def test_only_what_was_asked_for_is_told(filled_site: Site, page: Page) -> None:
    """What was made of a picture before comes with its page, each time that one steps to it."""
    page.goto(filled_site.url + SEARCH)
    page.locator("[data-grid] .tile").nth(TILE + 2).click()
    picture = page.locator("#viewer").get_attribute("data-viewer") or ""
    fresh = page.locator("#fresh article[data-generation]")
    page.locator("form[data-action=rerun-new-seed] button").click()
    expect(fresh).to_have_attribute("data-state", "done", timeout=30_000)
    first = fresh.get_attribute("data-generation") or ""
    page.goto(filled_site.url + SEARCH)
    ids = tiles(page)
    before = ids[ids.index(picture) - 1]
    page.locator(f"[data-grid] [data-image='{before}']").click()
    shown(page, before)
    page.keyboard.press("ArrowRight")
    shown(page, picture)
    expect(page.locator(f"#reruns [data-generation='{first}']")).to_be_attached()
    page.evaluate(HEAR)
    page.locator("form[data-action=rerun-new-seed] button").click()
    expect(fresh).to_have_attribute("data-state", "done", timeout=30_000)
    second = fresh.get_attribute("data-generation") or ""
    heard = page.evaluate("window.heard")
    assert any(f"Generation {second}," in words for words in heard)
    assert not any(f"Generation {first}," in words for words in heard)


#: Everything that is told from now on.
HEAR = """() => {
  window.heard = [];
  new MutationObserver(() => window.heard.push(said.textContent)).observe(said, { childList: true });
}"""


@pytest.mark.long
def test_the_ends_of_the_list_are_said(filled_site: Site, page: Page) -> None:
    page.goto(f"{filled_site.url}/?q=seed:>0+li")
    page.locator("[data-grid] .tile").first.click()
    end = page.locator("[data-end=prev]")
    expect(end).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#said")).to_have_text("This is the first picture.")


class Fingers:
    """What Chromium is told of a touch screen; a touch is one session's."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        told = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    def swipe(self, start: float, end: float, y: float = 400) -> None:
        self.touch("touchStart", (start, y))
        for part in range(1, 6):
            self.touch("touchMove", (start + (end - start) * part / 5, y))
        self.touch("touchEnd")

    def pull(self, start: float, end: float) -> None:
        """Up or down, slowly enough that nothing flies on."""
        self.touch("touchStart", (200, start))
        for part in range(1, 11):
            self.touch("touchMove", (200, start + (end - start) * part / 10))
        self.touch("touchEnd")

    def spread(self) -> None:
        """To twice as far from each other."""
        self.touch("touchStart", (150, 400), (250, 400))
        for apart in (60, 70, 80, 90, 100):
            self.touch("touchMove", (200 - apart, 400), (200 + apart, 400))
        self.touch("touchEnd")


def test_the_place_in_a_long_list_lies_over_nothing_beside_it(filled_site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = signed_in(filled_site, context, path=SEARCH)
    page.locator("[data-grid] .tile").nth(TILE).tap()
    place = page.locator("[data-position]")
    # The page counts no further than a thousand before the picture and behind it.
    place.evaluate("(place) => { place.textContent = '1 000 of more than 1\\u00a0000'; }")
    for width in (320, 360, 390, 430, 834):
        page.set_viewport_size({"width": width, "height": 844})
        assert place.evaluate("(place) => place.scrollWidth - place.clientWidth") == 0
        assert place.evaluate("(place) => place.clientHeight") <= 50
    context.close()


@pytest.mark.long
def test_on_a_phone_by_touch(filled_site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    complaints = watched(context)
    page = signed_in(filled_site, context, path=SEARCH)
    ids = tiles(page)
    page.locator("[data-grid] .tile").nth(TILE).tap()
    shown(page, ids[TILE])
    stage = page.locator(".stage").bounding_box()
    assert stage == {"x": 0, "y": 0, "width": 390, "height": 844}

    fingers = Fingers(page)
    for step in range(1, 21):
        fingers.swipe(300, 80)
        shown(page, ids[TILE + step])
    fingers.swipe(80, 300)
    shown(page, ids[TILE + 19])

    page.touchscreen.tap(200, 400)
    page.touchscreen.tap(200, 400)
    expect(page.locator("[data-turns].zoomed")).to_have_count(1)
    assert percent(page) == 100
    fingers.spread()
    assert percent(page) == pytest.approx(200, abs=10)
    # A finger moves what is enlarged, and steps no further.
    fingers.swipe(300, 80)
    shown(page, ids[TILE + 19])
    page.touchscreen.tap(200, 400)
    page.touchscreen.tap(200, 400)
    expect(page.locator("[data-turns].zoomed")).to_have_count(0)

    remix = page.get_by_role("link", name="Remix")
    expect(remix).not_to_be_in_viewport()
    fingers.pull(700, 200)
    expect(remix).to_be_in_viewport()
    # A slow browser takes a pull for a shorter one.
    for _ in range(5):
        fingers.pull(200, 700)
        if page.locator(".layer").evaluate("(layer) => layer.scrollTop") == 0:
            break
    expect(remix).not_to_be_in_viewport()
    page.get_by_role("button", name="Information").tap()
    expect(remix).to_be_in_viewport()
    page.locator(".stage").scroll_into_view_if_needed()
    page.locator("[data-close]").tap()
    expect(page.locator("#viewer")).to_have_count(0)
    assert focused(page) == ids[TILE + 19]
    assert complaints == []
    context.close()


def test_without_a_script_it_steps_the_same_list(filled_site: Site, browser: Browser) -> None:
    page = at_desk(filled_site, browser, java_script_enabled=False)
    page.goto(filled_site.url + SEARCH)
    ids = [link.get_attribute("data-image") or "" for link in page.locator("[data-grid] [data-image]").all()]
    page.locator("[data-grid] .tile").nth(TILE).click()
    shown(page, ids[TILE])
    for step in range(1, 4):
        page.locator("a[rel=next]").click()
        shown(page, ids[TILE + step])
    page.locator(".strip a").last.click()
    shown(page, ids[TILE + 10])
    page.locator("a[rel=prev]").click()
    shown(page, ids[TILE + 9])
    page.locator("[data-close]").click()
    expect(page).to_have_url(f"{filled_site.url}{SEARCH}&from={ids[TILE + 9]}")
    assert page.locator("[data-grid] [data-image]").first.get_attribute("data-image") == ids[TILE + 9]
    page.context.close()


@pytest.mark.long
@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("dark", 1440),
        ("light", 390),
        pytest.param("light", 1440, marks=pytest.mark.long),
        pytest.param("dark", 390, marks=pytest.mark.long),
    ],
)
def test_axe_finds_nothing_over_the_grid(
    filled_site: Site, browser: Browser, scheme: Any, width: int
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = signed_in(filled_site, context, path=SEARCH)
    page.locator("[data-grid] .tile").nth(TILE).click()
    expect(page.locator(".layer img.whole")).to_be_visible()
    page.locator(".technical summary").click()
    found = [
        (violation["id"], [node["target"] for node in violation["nodes"][:3]])
        for violation in Axe().run(page).response["violations"]
    ]
    assert found == []
    assert page.evaluate("document.querySelector('.layer').scrollWidth - innerWidth") <= 0
    context.close()
