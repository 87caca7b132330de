"""Two thousand pictures in a real Chromium: scrolled through, opened, stepped among, and come back to."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, signed_in, watched
from tests.e2e.site import running_site
from tests.e2e.test_viewer import Fingers, focused, percent, shown, tiles
from venice.emulator import Emulator

pytestmark = pytest.mark.long

SEARCH = "/?q=-zebra"
MANY = 2000
SLOW = 30_000
# So near to the end, in CSS pixels, the next page has been asked for.
AHEAD = 2500
# Bytes a second and milliseconds: a poor line of a phone.
SLOW_LINE = {"offline": False, "downloadThroughput": 60_000, "uploadThroughput": 30_000, "latency": 300}
FAST_LINE = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1, "latency": 0}
# What moves without a person's doing, from the first paint on.
WATCH_SHIFTS = """window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""


@pytest.fixture(scope="module")
def large_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own with more than two thousand requests' pictures."""
    with Emulator() as emulator, running_site(tmp_path_factory.mktemp("large"), emulator) as running:
        running.manage("fill_gallery", "--images", "4400")
        yield running


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Behind two thousand thumbnails what is asked for comes late on a slow machine."""
    expect.set_options(timeout=SLOW)
    yield
    expect.set_options(timeout=5_000)


def opened(site: Site, browser: Browser, **more: object) -> tuple[Page, list[str]]:
    """The search on a slow line, from which it moves no more than a little while it comes; the line is fast then."""
    context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | more))  # type: ignore[arg-type]
    complaints = watched(context)
    page = signed_in(site, context)
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_LINE)
    page.add_init_script(WATCH_SHIFTS)
    page.goto(site.url + SEARCH)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifts") < 0.05
    line.send("Network.emulateNetworkConditions", FAST_LINE)
    page.evaluate("window.shifts = 0")
    return page, complaints


def step_and_come_back(page: Page, ids: list[str], at: int) -> str:
    """From the open picture at that place twenty steps on by keys, larger, and closed: to the tile of the last."""
    shown(page, ids[at])
    for step in range(1, 21):
        page.keyboard.press("ArrowRight")
        shown(page, ids[at + step])
    before = percent(page)
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert percent(page) > before
    page.keyboard.press("Escape")
    comes_back(page, ids[at + 20])
    return ids[at + 20]


def comes_back(page: Page, picture: str) -> None:
    expect(page.locator("#viewer")).to_have_count(0)
    assert focused(page) == picture
    expect(page.locator(f"[data-grid] [data-image='{picture}']")).to_be_in_viewport()


def is_whole(page: Page) -> list[str]:
    """All pictures that are there, each once, the newest first; nothing moved while they came."""
    ids = tiles(page)
    assert len(ids) >= MANY
    assert ids == sorted(set(ids), key=int, reverse=True)
    assert page.evaluate("window.shifts") < 0.02
    return ids


# How far it is to the end, in CSS pixels, once the page has come to rest.
REST = """() => new Promise((resolve) => {
  let [before, still] = [scrollY, 0];
  const look = () => {
    still = scrollY === before ? still + 1 : 0;
    before = scrollY;
    if (still < 6) requestAnimationFrame(look);
    else resolve(document.documentElement.scrollHeight - scrollY - innerHeight);
  };
  requestAnimationFrame(look);
})"""


def stays_when_read_anew(page: Page) -> None:
    """The address names the picture at the top; the page that it gives begins with that one."""
    page.wait_for_url("**from=*")
    place = page.evaluate("new URLSearchParams(location.search).get('from')")
    page.reload()
    first = page.locator("[data-grid] [data-image]").first
    expect(first).to_have_attribute("data-image", place)
    expect(first).to_be_in_viewport()


def grows(page: Page, count: int) -> int:
    """How many tiles there are, after so many: once the next page has come, if the end is near enough to ask for it.

    One that scrolls past what is there sees the last row fill itself; nobody who looks at the pictures does.
    """
    if page.evaluate(REST) < AHEAD:
        expect(page.locator("[data-grid] [data-image]").nth(count)).to_be_attached()
    return len(tiles(page))


def test_by_wheel_and_mouse(large_site: Site, browser: Browser) -> None:
    page, complaints = opened(large_site, browser)
    page.mouse.move(700, 600)
    count = len(tiles(page))
    while count < MANY:
        page.mouse.wheel(0, 800)
        count = grows(page, count)
    ids = is_whole(page)

    place = MANY - 60
    page.locator("[data-grid] .tile").nth(place).click()
    step_and_come_back(page, ids, place)
    assert page.evaluate("window.shifts") < 0.02
    stays_when_read_anew(page)
    assert complaints == []
    page.context.close()


def test_by_keys_alone(large_site: Site, browser: Browser) -> None:
    page, complaints = opened(large_site, browser)
    count = len(tiles(page))
    while count < MANY:
        page.keyboard.press("PageDown")
        count = grows(page, count)
    ids = is_whole(page)

    # The first key goes to a picture on the screen, not to the first of two thousand.
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowRight")
    place = ids.index(focused(page) or "")
    assert place > MANY - 200
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    place -= 30
    assert focused(page) == ids[place]
    page.keyboard.press("Enter")
    step_and_come_back(page, ids, place)
    page.keyboard.press("ArrowRight")
    assert focused(page) == ids[place + 21]
    stays_when_read_anew(page)
    assert complaints == []
    page.context.close()


def test_on_a_phone_by_touch(large_site: Site, browser: Browser) -> None:
    phone = {"width": 390, "height": 844}
    page, complaints = opened(large_site, browser, viewport=phone, has_touch=True, is_mobile=True)
    fingers = Fingers(page)
    count = len(tiles(page))
    while count < MANY:
        fingers.pull(800, 100)
        count = grows(page, count)
    ids = is_whole(page)

    place = MANY - 60
    page.locator("[data-grid] .tile").nth(place).tap()
    shown(page, ids[place])
    for step in range(1, 21):
        fingers.swipe(300, 80)
        shown(page, ids[place + step])
    page.touchscreen.tap(200, 400)
    page.touchscreen.tap(200, 400)
    expect(page.locator("[data-turns].zoomed")).to_have_count(1)
    page.locator("[data-close]").tap()
    comes_back(page, ids[place + 20])
    stays_when_read_anew(page)
    assert complaints == []
    page.context.close()


def test_without_scripts(large_site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = signed_in(large_site, context, path=SEARCH)
    ids: list[str] = []
    pages = []
    while len(ids) < MANY:
        pages.append(page.url)
        ids += [tile.get_attribute("data-image") or "" for tile in page.locator("[data-grid] .tile").all()]
        page.locator("a[rel=next]").click()
        expect(page).not_to_have_url(pages[-1])
    assert ids == sorted(set(ids), key=int, reverse=True)
    page.locator("a[rel=prev]").click()
    expect(page).to_have_url(pages[-1])

    at = len(ids) - 50
    page.locator(f"[data-grid] [data-image='{ids[at]}']").click()
    for step in range(1, 21):
        page.locator("a[rel=next]").click()
        shown(page, ids[at + step])
    page.locator("[data-close]").click()
    first = page.locator("[data-grid] [data-image]").first
    expect(first).to_have_attribute("data-image", ids[at + 20])
    page.reload()
    expect(first).to_have_attribute("data-image", ids[at + 20])
    context.close()
