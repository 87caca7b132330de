"""The main journey in a real Chromium, with JavaScript and without it."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, signed_in, watched

SLOW = 30_000


@pytest.mark.one_in(2)
@pytest.mark.parametrize("width", [390, 1440])
def test_from_a_prompt_to_a_rerun(site: Site, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    complaints = watched(context)
    page = signed_in(site, context)
    prompt = f"A gondola under a lantern, {width} pixels wide"

    page.goto(f"{site.url}/create/")
    page.locator("#id_prompt").fill(prompt)
    page.locator("#create-submit").click()

    # The card is there at once, and turns into a picture without a reload.
    card = page.locator("article[data-generation]").first
    expect(card).to_have_attribute("data-state", re.compile("queued|sending|received"), timeout=SLOW)
    mark = page.evaluate("window.sameDocument = 1")
    expect(card).to_have_attribute("data-state", "done", timeout=SLOW)
    expect(card.locator("[data-image] img")).to_be_visible()
    assert page.evaluate("window.sameDocument") == mark
    picture = card.locator("[data-image] img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")

    card.locator("[data-image]").first.click()
    page.wait_for_url(re.compile(r"/images/\d+/"))
    first = page.url
    page.locator("form[data-action=rerun-same-seed] button").click()
    fresh = page.locator("article[data-generation]").first
    expect(fresh).to_have_attribute("data-state", "done", timeout=SLOW)
    assert page.url == first, "re-run happens in place"

    page.goto(f"{site.url}/prompts/?q=lantern+{width}")
    expect(page.get_by_text(prompt).first).to_be_visible()
    page.goto(f"{site.url}/?q=lantern+{width}")
    expect(page.locator("[data-image]")).to_have_count(2)
    page.goto(f"{site.url}/create/")
    page.get_by_role("button", name="History").click()
    page.locator("#create-history-q").fill(f"{width} pixels")
    page.locator("[data-use-prompt]").first.click()
    expect(page.locator("#id_prompt")).to_have_value(prompt)
    assert complaints == []
    context.close()


def test_the_same_journey_without_javascript(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 834, "height": 1000})
    page = signed_in(site, context)
    prompt = "A quiet bridge seen without any script"

    page.goto(f"{site.url}/create/")
    page.get_by_role("button", name="Options").click()
    page.locator("#id_model").select_option("nano-banana-2")
    page.locator("button[name=change-model]").click()
    expect(page.locator("#id_aspect_ratio")).to_be_attached()
    page.locator("#id_prompt").fill(prompt)
    page.locator("#create-submit").click()
    page.wait_for_url(re.compile(r"/generations/\d+/"))
    reload_until_done(page)

    page.locator("[data-image]").first.click()
    page.wait_for_url(re.compile(r"/images/\d+/"))
    page.locator("form[data-action=rerun-new-seed] button").click()
    page.wait_for_url(re.compile(r"/generations/\d+/"))
    reload_until_done(page)

    page.goto(f"{site.url}/prompts/?q=without+script")
    expect(page.get_by_text(prompt).first).to_be_visible()
    page.goto(f"{site.url}/?q=without+script")
    expect(page.locator("[data-image]")).to_have_count(2)
    context.close()


def reload_until_done(page: Page) -> None:
    for _ in range(200):
        state = page.locator("article[data-generation]").first.get_attribute("data-state")
        if state == "done":
            return
        assert state in {"queued", "sending", "received"}
        page.wait_for_timeout(100)
        page.reload()
    pytest.fail("it was not done in time")


def test_older_pages_are_links_without_javascript(filled_site: Site, browser: Browser) -> None:
    site = filled_site
    context = browser.new_context(java_script_enabled=False)
    page = signed_in(site, context)
    first = page.locator("[data-image]").first.get_attribute("data-image")

    page.locator("a[rel=next]").click()
    older = page.locator("[data-image]").first.get_attribute("data-image")
    page.locator("a[rel=prev]").click()

    assert int(older or 0) < int(first or 0)
    assert page.locator("[data-image]").first.get_attribute("data-image") == first
    context.close()


def test_the_gallery_scrolls_on_by_itself_and_keeps_its_place(filled_site: Site, browser: Browser) -> None:
    site = filled_site
    context = browser.new_context(viewport={"width": 834, "height": 900})
    complaints = watched(context)
    page = signed_in(site, context)
    before = page.locator("[data-image]").count()

    page.mouse.move(400, 400)
    page.mouse.wheel(0, 3000)
    while page.locator("[data-image]").count() <= before:
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(50)
    # Not wait_for_function: what it asks again and again it evaluates from text, which our policy forbids.
    page.wait_for_url(re.compile(r"[?&]from=\d+"), timeout=SLOW)
    place = page.evaluate("new URLSearchParams(location.search).get('from')")
    page.reload()

    expect(page.locator(f"[data-image='{place}']")).to_be_attached()
    assert complaints == []
    context.close()


def test_ctrl_enter_generates_and_alt_arrows_walk(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    complaints = watched(context)
    page = signed_in(site, context, path=None)
    for prompt in ("First of two prompts", "Second of two prompts"):
        page.goto(f"{site.url}/create/")
        page.locator("#id_prompt").fill(prompt)
        page.locator("#id_prompt").press("Control+Enter")
        expect(page.locator("article[data-generation]").first).to_contain_text(prompt, timeout=SLOW)

    page.goto(f"{site.url}/create/")
    box = page.locator("#id_prompt")
    box.press("Alt+ArrowUp")
    expect(box).to_have_value("Second of two prompts")
    box.press("Alt+ArrowUp")
    expect(box).to_have_value("First of two prompts")
    box.press("Alt+ArrowDown")
    expect(box).to_have_value("Second of two prompts")
    assert complaints == []
    context.close()


def test_a_double_click_pays_once(site: Site, browser: Browser) -> None:
    context = browser.new_context()
    page = signed_in(site, context, path="/create/")
    prompt = "A prompt that is clicked twice"
    page.locator("#id_prompt").fill(prompt)
    page.locator("#create-submit").dblclick()
    card = page.locator("article[data-generation]", has_text=prompt)
    expect(card).to_have_attribute("data-state", "done", timeout=SLOW)

    assert len([entry for entry in site.emulator.ledger() if entry["prompt"] == prompt]) == 1
    context.close()


def test_every_page_says_that_the_emulator_answers(site: Site, browser: Browser) -> None:
    context = browser.new_context()
    page = signed_in(site, context, path=None)
    for path in ("/", "/create/", "/prompts/", "/queue/"):
        page.goto(site.url + path)
        expect(page.get_by_text(re.compile("emulator", re.IGNORECASE)).first).to_be_visible()
    context.close()
