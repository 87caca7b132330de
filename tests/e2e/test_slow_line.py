"""What one does while an answer is on its way, is late or fails stays, and what did not work is said."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.conftest import Site, signed_in

WIDE = {"width": 1440, "height": 900}
WORDS = "A bridge that nobody may lose"
DRAFT, CREATE = "**/create/draft/", "**/create/"


def held(page: Page, address: str) -> list[Route]:
    """The posts to `address`, which go on when the test lets them."""
    waiting: list[Route] = []

    def asked(route: Route) -> None:
        waiting.append(route) if route.request.method == "POST" else route.fallback()

    page.route(address, asked)
    return waiting


def broken(page: Page, address: str, status: int = 502) -> list[str]:
    """Posts to `address` are answered by a proxy whose server is away; their bodies."""
    bodies: list[str] = []

    def asked(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        bodies.append(route.request.post_data or "")
        return route.fulfill(status=status, body="<h1>Bad Gateway</h1>", content_type="text/html")

    page.route(address, asked)
    return bodies


@pytest.mark.long
def test_words_that_a_server_on_its_way_up_has_not_taken_are_there_on_the_next_pages(
    site: Site, browser: Browser
) -> None:
    context = browser.new_context(viewport=WIDE)
    page = signed_in(site, context, "lena")
    page.goto(site.url + "/create/")
    saves = broken(page, DRAFT)
    page.locator("#id_prompt").fill(WORDS)
    expect(page.locator("#draft-notice")).to_contain_text("could not be kept")
    assert saves
    # Still away when the next page has come.
    page.goto(site.url + "/queue/")
    page.wait_for_load_state("networkidle")
    page.unroute_all()

    page.goto(site.url + "/create/")

    expect(page.locator("#id_prompt")).to_have_value(WORDS)
    context.close()


@pytest.mark.long
@pytest.mark.parametrize("path", ["/create/", "/"])
def test_words_of_a_click_that_was_not_taken_are_there_after_a_reload(
    site: Site, browser: Browser, path: str
) -> None:
    context = browser.new_context(viewport=WIDE)
    page = signed_in(site, context, "lena")
    page.goto(site.url + path)
    clicks = broken(page, CREATE)
    expect(page.locator("#create-submit")).to_contain_text("$")
    page.locator("#id_prompt").fill(WORDS)
    # Before a pause, and without leaving the box: by either it would have been saved.
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notices")).to_contain_text("did not work")
    assert len(clicks) == 1

    page.reload()

    expect(page.locator("#id_prompt")).to_have_value(WORDS)
    context.close()
