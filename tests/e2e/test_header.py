"""The header of a page that nobody touches tells what happens meanwhile."""

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import Site, signed_in, watched

PAUSE = "from gallery.models import Gate; Gate.objects.{}"


@pytest.mark.long
def test_count_and_reason_come_by_themselves(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    complaints = watched(context)
    page = signed_in(site, context, path="/prompts/")
    banner, count = page.locator("#gates"), page.locator("#queue-count")
    expect(banner).to_be_hidden()
    # What others have left undecided is counted too.
    before = sum(int(number) for number in count.inner_text().split()[1:])
    site.manage("shell", "-c", PAUSE.format("close('pause', 'Paused for the night')"))
    try:
        expect(banner).to_contain_text("Paused for the night", timeout=10_000)
        expect(banner).to_be_visible()
        making = context.new_page()
        making.goto(f"{site.url}/create/")
        making.locator("#id_prompt").fill("A pause")
        making.locator("#create-submit").click()
        expect(count).to_contain_text(f"{before + 1}", timeout=10_000)
    finally:
        site.manage("shell", "-c", PAUSE.format("open('pause')"))
    expect(banner).to_be_hidden(timeout=10_000)
    expect(count).to_have_text(f"Queue {before or ''}".strip(), timeout=20_000)
    assert complaints == []
    context.close()


def test_it_takes_nobody_away_who_is_signed_out(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = signed_in(site, context, path="/prompts/")
    for cookie in context.cookies():
        if "session-" in cookie["name"]:
            context.clear_cookies(name=cookie["name"])
    with page.expect_response(lambda answer: "/header/" in answer.url) as asked:
        page.evaluate("htmx.trigger('#queue-count', 'look')")
    assert asked.value.status == 401
    page.wait_for_timeout(500)
    assert page.url == f"{site.url}/prompts/"
    context.close()
