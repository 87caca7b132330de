"""A session that ends while somebody types, in a real browser, with and without JavaScript."""

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
    page = signed_in(site, context, name)
    page.goto(f"{site.url}/create/?model=venice-sd35")
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
