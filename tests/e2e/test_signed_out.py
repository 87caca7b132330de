"""A session that ends while somebody types, in a real browser, with and without JavaScript."""

import random

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import Site, signed_in

TYPED = "A lighthouse\n\nthat nobody may lose"
NAME, PASSWORD = "keeper", "a long password of a keeper"
GET = f"from gallery.models import User; u = User.objects.get(username={NAME!r})"
SET = f"{GET}; u.set_password({PASSWORD!r}); u.save()"


@pytest.fixture(scope="module")
def keeper(site: Site) -> str:
    site.manage("signin", NAME, "--create")
    site.manage("shell", "-c", SET)
    return NAME


def at_the_form(site: Site, context: BrowserContext, name: str) -> Page:
    site.cookies.pop(name, None)
    page = signed_in(site, context, name, "/create/?model=venice-sd35")
    page.locator("#id_prompt").fill(TYPED)
    return page


def end_session(context: BrowserContext) -> None:
    for cookie in context.cookies():
        if "session-" in cookie["name"]:
            context.clear_cookies(name=cookie["name"])


def through(site: Site, page: Page) -> None:
    page.wait_for_selector("input[name=password]")
    assert "lighthouse" not in page.url
    page.locator("input[name=username]").fill(NAME)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site.url}/create/?kept")
    expect(page.locator("#id_prompt")).to_have_value(TYPED)
    expect(page.locator("#id_model")).to_have_value("venice-sd35")


@pytest.mark.one_in(2)
@pytest.mark.parametrize("script", [True, False])
def test_generate(site: Site, browser: Browser, keeper: str, script: bool) -> None:
    context = browser.new_context(java_script_enabled=script, viewport={"width": 1440, "height": 900})
    page = at_the_form(site, context, keeper)
    end_session(context)
    page.locator("#create-submit").click()
    through(site, page)
    expect(page.locator("#create-sitting .card")).to_have_count(0)
    context.close()


@pytest.mark.long
def test_another_model(site: Site, browser: Browser, keeper: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = at_the_form(site, context, keeper)
    page.locator("#id_seed").fill("4711")
    end_session(context)
    page.locator("#id_model").select_option("chroma")
    page.wait_for_selector("input[name=password]")
    page.locator("input[name=username]").fill(NAME)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site.url}/create/?kept")
    expect(page.locator("#id_prompt")).to_have_value(TYPED)
    expect(page.locator("#id_model")).to_have_value("chroma")
    expect(page.locator("#id_seed")).to_have_value("4711")
    expect(page.locator("#create-sitting .card")).to_have_count(0)
    context.close()


@pytest.mark.long
def test_what_asks_by_itself_takes_nobody_away(site: Site, browser: Browser, keeper: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = at_the_form(site, context, keeper)
    end_session(context)
    page.get_by_role("button", name="History").click()
    notice = page.locator("#notices [data-signed-out]")
    expect(notice).to_contain_text("You are signed out")
    expect(page.locator("#id_prompt")).to_have_value(TYPED)
    page.get_by_role("button", name="Close").last.click()
    notice.get_by_role("button", name="Sign in").click()
    through(site, page)
    context.close()


def sign_in_again(page: Page) -> None:
    page.locator("input[name=username]").fill(NAME)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("script", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_long_prompt_and_the_notes_of_a_collection(
    site: Site, browser: Browser, keeper: str, script: bool
) -> None:
    """More than a browser keeps goes along with the sign-in page; what is less waits in the browser."""
    context = browser.new_context(java_script_enabled=script, viewport={"width": 1440, "height": 900})
    page = at_the_form(site, context, keeper)
    chance = random.Random(1)
    long = "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(7500))
    page.locator("#id_prompt").fill(long)
    end_session(context)
    page.locator("#create-submit").click()
    said = page.locator("[data-kept-words]")
    expect(said).to_contain_text("Nothing was sent. What you typed goes along with this page")
    expect(said.locator("[data-typed]").first).to_have_value(long)
    page.locator("input[name=username]").fill(NAME)
    page.locator("input[name=password]").fill("a wrong one, by mistake")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("do not belong together")).to_be_visible()
    sign_in_again(page)
    page.wait_for_url(f"{site.url}/create/?kept")
    expect(page.locator("#id_prompt")).to_have_value(long)
    expect(page.locator("#create-sitting .card")).to_have_count(0)

    page.goto(f"{site.url}/collections/")
    page.get_by_label("Name of a new collection").fill(f"Lighthouses {script}")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**/collections/*/")
    page.get_by_text("Edit", exact=True).click()
    page.get_by_label("Notes").fill(TYPED)
    address = page.url
    end_session(context)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[data-kept-words]")).to_contain_text("this browser keeps it for an hour")
    sign_in_again(page)
    page.wait_for_url(f"{address}?kept")
    expect(page.locator("aside[data-kept-words]")).to_contain_text("Nothing was sent")
    expect(page.get_by_label("Notes", exact=True).first).to_have_value(TYPED)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(address)
    expect(page.get_by_text("that nobody may lose").first).to_be_attached()
    context.close()


@pytest.mark.long
def test_an_operation_by_scripts(filled_site: Site, browser: Browser, keeper: str) -> None:
    """What is more than a browser keeps, and a form that is older than the sign-in of another tab."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    filled_site.cookies.pop(keeper, None)
    page = signed_in(filled_site, context, keeper)
    chance = random.Random(1)
    long = "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(6000))
    page.goto(f"{filled_site.url}/images/1/edit/")
    form = page.locator("#edit-form")
    form.locator("textarea").fill(long)
    end_session(context)
    form.locator("button.main").click()
    expect(page.locator("[data-kept-words]")).to_contain_text("goes along with this page")
    sign_in_again(page)
    page.wait_for_url(f"{filled_site.url}/images/1/edit/?kept")
    expect(form.locator("textarea")).to_have_value(long)

    page.goto(f"{filled_site.url}/images/1/edit/")
    form.locator("textarea").fill(TYPED)
    other = context.new_page()
    other.goto(filled_site.url)
    other.get_by_text(keeper, exact=True).first.click()
    other.get_by_role("button", name="Sign out").click()
    sign_in_again(other)
    other.wait_for_url(f"{filled_site.url}/")
    form.locator("button.main").click()
    page.wait_for_url(f"{filled_site.url}/images/1/edit/?kept")
    expect(page.locator("[data-restored]")).to_contain_text("older than your sign-in")
    expect(form.locator("textarea")).to_have_value(TYPED)
    context.close()


@pytest.mark.long
@pytest.mark.parametrize("script", [True, False])
def test_a_tag_for_what_is_selected(filled_site: Site, browser: Browser, keeper: str, script: bool) -> None:
    context = browser.new_context(java_script_enabled=script, viewport={"width": 1440, "height": 900})
    filled_site.cookies.pop(keeper, None)
    page = signed_in(filled_site, context, keeper)
    page.locator(".pick").first.check(force=True)
    page.get_by_text("Rate, tag, collect").click()
    page.get_by_label("Tag", exact=True).fill("lighthouses")
    page.get_by_label("Collection", exact=True).fill("Coasts")
    end_session(context)
    page.get_by_role("button", name="Tag", exact=True).click()
    sign_in_again(page)
    page.wait_for_url(f"{filled_site.url}/?kept")
    expect(page.get_by_label("Tag", exact=True)).to_have_value("lighthouses")
    expect(page.get_by_label("Tag", exact=True)).to_be_visible()
    expect(page.get_by_label("Collection", exact=True)).to_have_value("Coasts")
    if script:
        expect(page.locator("[data-selected]")).to_have_text("1")
    context.close()
