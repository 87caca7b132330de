"""The composer never forgets: whatever one does between two words, they are there, on every device."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import Site, signed_in, watched

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
WORDS = "A lighthouse that nobody may lose"
PIXELS, TIERS = "venice-sd35", "grok-imagine-image"


@pytest.fixture
def desk(site: Site, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=WIDE)
    yield context
    context.close()


def at_the_form(site: Site, context: BrowserContext, name: str, address: str = "/create/") -> Page:
    page = signed_in(site, context, name, address)
    return page


def expect_kept(page: Page) -> None:
    """Nothing that was typed waits to be saved."""
    expect(page.locator("#draft-revision")).not_to_have_value("0")


def test_words_live_through_everything(site: Site, desk: BrowserContext) -> None:
    complaints = watched(desk)
    page = at_the_form(site, desk, "ines")
    prompt = page.locator("#id_prompt")
    prompt.press_sequentially(WORDS)
    page.locator("header .wordmark").click()
    page.wait_for_url(f"{site.url}/")
    expect(prompt).to_have_value(WORDS)
    prompt.press_sequentially(" at dusk")
    page.go_back()
    page.wait_for_url(f"{site.url}/create/")
    expect(prompt).to_have_value(f"{WORDS} at dusk")

    page.locator("#id_seed").fill("4711")
    page.reload()
    expect(prompt).to_have_value(f"{WORDS} at dusk")
    expect(page.locator("#id_seed")).to_have_value("4711")

    page.locator("#id_model").select_option(PIXELS)
    page.locator(".create-more summary").click()
    page.locator("#id_negative_prompt").fill("fog")
    page.locator(".create-exact summary").click()
    page.locator("#id_width").fill("1280")
    page.locator("#id_height").fill("720")
    page.locator("#id_model").select_option(TIERS)
    expect(page.locator("[data-kept=negative_prompt]")).to_contain_text("fog")
    expect(page.locator("input[name=aspect_ratio]:checked")).to_have_value("16:9")
    page.locator("#id_model").select_option(PIXELS)
    expect(page.locator("#id_negative_prompt")).to_have_value("fog")
    expect(page.locator("#id_width")).to_have_value("1280")
    expect(prompt).to_have_value(f"{WORDS} at dusk")
    assert complaints == []


@pytest.mark.long
def test_a_closed_tab_and_another_device(site: Site, browser: Browser, desk: BrowserContext) -> None:
    page = at_the_form(site, desk, "jonas")
    phone = browser.new_context(viewport=PHONE)
    there = signed_in(site, phone, "jonas", fresh=False)
    page.locator("#id_prompt").press_sequentially(WORDS)
    page.close(run_before_unload=True)
    expect(there.locator("#id_prompt")).to_have_value(WORDS, timeout=12_000)

    again = desk.new_page()
    again.goto(f"{site.url}/create/")
    expect(again.locator("#id_prompt")).to_have_value(WORDS)
    # Never into a box that somebody types in.
    there.locator("#id_prompt").fill("mine")
    again.locator("#id_prompt").fill("theirs")
    again.locator("#id_seed").focus()
    there.locator("#id_prompt").press_sequentially(" and more")
    expect(there.locator("#draft-notice")).to_contain_text("Changed on another device", timeout=12_000)
    expect(there.locator("#id_prompt")).to_have_value("mine and more")
    there.get_by_role("button", name="Take it").click()
    expect(there.locator("#id_prompt")).to_have_value("theirs")
    recent = "fetch('/create/recent-prompts/').then((answer) => answer.json())"
    assert "mine and more" in there.evaluate(recent)["prompts"]
    phone.close()


@pytest.mark.long
def test_signed_out_and_in(site: Site, desk: BrowserContext) -> None:
    page = at_the_form(site, desk, "karla")
    page.locator("#id_prompt").fill(WORDS)
    page.locator("#id_seed").focus()
    expect_kept(page)
    page.locator(".person summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    site.cookies.pop("karla")
    page.goto(site.manage("signin", "karla"))
    page.get_by_role("button").click()
    page.wait_for_url(f"{site.url}/")
    expect(page.locator("#id_prompt")).to_have_value(WORDS)


@pytest.mark.long
def test_filled_undone_and_walked_by_keys(site: Site, desk: BrowserContext) -> None:
    page = at_the_form(site, desk, "lena")
    prompt = page.locator("#id_prompt")
    prompt.press_sequentially("my own words")
    page.locator("#id_seed").focus()
    expect_kept(page)
    page.goto(f"{site.url}/create/?prompt=from%20a%20link&seed=9")
    expect(prompt).to_have_value("from a link")
    expect(page.locator("#create-form")).not_to_have_attribute("data-unsaved", "")
    prompt.press_sequentially(" and on")
    page.reload()
    expect(prompt).to_have_value("from a link and on")

    page.goto(f"{site.url}/create/?prompt=another%20link")
    expect(page.locator("#create-form")).not_to_have_attribute("data-unsaved", "")
    page.get_by_role("button", name="Undo").click()
    expect(prompt).to_have_value("from a link and on")
    prompt.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(prompt).to_have_value("another link")
    for words in ("from a link and on", "my own words"):
        page.keyboard.press("Alt+ArrowUp")
        expect(prompt).to_have_value(words)
    page.keyboard.press("Alt+ArrowDown")
    expect(prompt).to_have_value("from a link and on")


@pytest.mark.one_in(2)
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["1440", "390"])
def test_without_javascript(site: Site, browser: Browser, viewport: dict[str, int]) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=viewport)
    name = f"mara-{viewport['width']}"
    page = at_the_form(site, context, name)
    page.locator("#id_prompt").fill(WORDS)
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("Kept: it stands here on every page")).to_be_visible()
    page.goto(f"{site.url}/")
    expect(page.locator("#id_prompt")).to_have_value(WORDS)
    page.get_by_role("button", name="Options").click()
    expect(page.locator("#create-form #id_prompt")).to_have_value(WORDS)
    page.goto(f"{site.url}/create/?seed=5")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#id_seed")).to_have_value("")
    expect(page.locator("#id_prompt")).to_have_value(WORDS)
    context.close()


def test_the_line_spends_what_it_says(site: Site, desk: BrowserContext) -> None:
    page = at_the_form(site, desk, "nils", f"/create/?model={TIERS}&aspect_ratio=16:9")
    page.locator("#id_prompt").press_sequentially("Boats in the line")
    page.locator("header .wordmark").click()
    page.wait_for_url(f"{site.url}/")
    expect(page.locator(".create-chips")).to_contain_text("16:9")
    page.locator("#id_model").select_option(PIXELS)
    expect(page.locator(".create-chips")).to_contain_text(re.compile(r"1280×720"))
    page.locator("#create-submit").click()
    expect(page.locator("#active .card, #active [data-batch]").first).to_be_visible()
    assert page.url == f"{site.url}/"
    expect(page.locator("#id_prompt")).to_have_value("Boats in the line")


def test_words_typed_after_the_session_has_ended(site: Site, desk: BrowserContext) -> None:
    page = at_the_form(site, desk, "olga")
    for cookie in desk.cookies():
        if "session-" in cookie["name"]:
            desk.clear_cookies(name=cookie["name"])
    page.locator("#id_prompt").press_sequentially(WORDS)
    expect(page.locator("#notices [data-signed-out]")).to_contain_text("What you typed is kept")
    site.cookies.pop("olga")
    page.goto(site.manage("signin", "olga"))
    page.get_by_role("button").click()
    page.wait_for_url(f"{site.url}/")
    expect(page.locator("#id_prompt")).to_have_value(WORDS)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_preset_from_the_form_and_back(site: Site, browser: Browser, script: bool) -> None:
    context = browser.new_context(java_script_enabled=script, viewport=PHONE)
    page = at_the_form(site, context, f"petra-{script}")
    page.locator("#id_prompt").fill("Posters of the lagoon")
    page.get_by_role("button", name="Options").click()
    page.locator(".create-presets summary").click()
    page.locator("#id_preset_name").fill("Lagoon")
    page.locator("#id_preset_name").press("Enter")
    expect(page.get_by_text("Kept as the preset “Lagoon”")).to_be_visible()
    page.goto(f"{site.url}/create/")
    page.locator("#id_prompt").fill("Something else")
    page.goto(f"{site.url}/presets/")
    page.get_by_role("link", name="Lagoon", exact=True).first.click()
    expect(page.locator("#id_prompt")).to_have_value("Posters of the lagoon")
    if script:
        # Without it only a button keeps what is typed.
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("#id_prompt")).to_have_value("Something else")
    context.close()


@pytest.mark.long
def test_a_row_for_each_click_and_older_days_by_themselves(site: Site, desk: BrowserContext) -> None:
    page = at_the_form(site, desk, "quirin", "/create/?prompt=Row%20of%20boats")
    for number in (1, 2):
        page.locator("#create-submit").click()
        expect(page.locator("#create-sitting section[data-batch]")).to_have_count(number)
    expect(page.locator("#create-sitting .sitting-words").first).to_have_text("Row of boats")
    yesterday = (
        "from datetime import timedelta; from django.utils import timezone; "
        "from gallery.models import Batch, Generation; "
        "b = Batch.objects.filter(owner__username='quirin').earliest('pk'); "
        "then = timezone.now() - timedelta(days=1); "
        "Batch.objects.filter(pk=b.pk).update(created_at=then); b.generations.update(created_at=then)"
    )
    site.manage("shell", "-c", yesterday)
    page.reload()
    expect(page.locator("#create-sitting h3.day")).to_contain_text("Yesterday")
    expect(page.locator("#create-sitting section[data-batch]")).to_have_count(2)
