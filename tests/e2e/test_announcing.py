"""What a screen reader is told after Generate: queued, how many, and how it ended."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, signed_in, watched


def generate(page: Page, prompt: str, variants: str = "1") -> None:
    page.locator("#id_prompt").fill(prompt)
    if variants != "1":
        page.locator(".create-more > summary").click()
        before = page.locator("#create-submit").inner_text()
        page.locator("#id_variants").select_option(variants)
        # Who presses before the new price is read is asked again.
        expect(page.locator("#create-submit")).not_to_have_text(before)
    page.locator("#create-submit").click()


@pytest.fixture
def said(site: Site, browser: Browser) -> Page:
    """A page that collects what was said."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = signed_in(site, context, path="/create/")
    page.evaluate(
        """() => {
          window.heard = [];
          const region = document.getElementById("said");
          new MutationObserver(() => window.heard.push(region.textContent))
            .observe(region, { childList: true, characterData: true, subtree: true });
        }"""
    )
    return page


def heard(page: Page) -> list[str]:
    return page.evaluate("window.heard")  # type: ignore[no-any-return]


def test_it_says_queued_how_many_and_done(said: Page) -> None:
    complaints = watched(said.context)
    region = said.locator("#said")
    assert (region.get_attribute("role"), region.get_attribute("aria-live")) == ("status", "polite")
    generate(said, "Two lighthouses", "2")
    expect(region).to_contain_text(": Done", timeout=20_000)
    first, *_, last = heard(said)
    assert "2 pictures: Queued" in first
    assert "2 pictures: Done" in last
    # Not a word for each poll.
    assert len(heard(said)) == 2
    assert complaints == []
    said.context.close()


@pytest.mark.long
def test_a_failure_is_told_with_its_reason(said: Page) -> None:
    generate(said, "A bad day [[fault:html-200]]")
    expect(said.locator("#said")).to_contain_text(": Failed", timeout=20_000)
    reason = said.locator("#create-sitting .card .error").first.inner_text()
    assert reason[:40] in heard(said)[-1]
    said.context.close()
