"""Presets by touch: kept in the form, used, shared, renamed, taken home, deleted and brought in again."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PHONE, Site, at_hand, signed_in, watched


def unfolded(page: Page) -> None:
    """The options lie over the form, with the presets at their end."""
    page.locator(".create-open-options").tap()
    page.locator(".create-presets > summary").tap()
    at_hand(page, "#create-options")


@pytest.mark.long
def test_by_touch_from_the_form_to_a_file_and_back(site: Site, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(**PHONE)
    complaints = watched(context)
    page = signed_in(
        site, context, "pia", "/create/?model=z-image-turbo&width=512&height=768&prompt=a+lantern"
    )
    unfolded(page)
    page.get_by_label("Keep this form as").fill("Lanterns")
    page.get_by_role("button", name="Save", exact=True).tap()
    said = page.locator("#create-options").get_by_role("status")
    expect(said).to_have_text("Kept as the preset “Lanterns”.")
    # The form was drawn anew: the sheet has stayed where it was.
    expect(said).to_be_in_viewport()
    at_hand(page, "#create-options")

    # Used: it fills the form, and what stood there goes into the history of drafts.
    page.goto(f"{site.url}/create/?model=chroma&prompt=other+words")
    unfolded(page)
    page.locator(".create-presets").get_by_role("link", name="Lanterns").tap()
    page.wait_for_url("**/create/?preset=*")
    expect(page.locator("#id_prompt")).to_have_value("a lantern")
    expect(page.locator("[name=drawn-for]")).to_have_value("z-image-turbo")
    expect(page.locator("#create-submit")).to_contain_text("$0.01")

    unfolded(page)
    page.get_by_role("link", name="All presets").tap()
    # What others share stands there, too.
    row = page.locator(".saved-list > li", has_text=re.compile("lanterns", re.IGNORECASE))
    expect(row).to_have_count(1)
    at_hand(page)
    row.get_by_role("button", name="Share “Lanterns”").tap()
    expect(row.get_by_role("button", name="Keep “Lanterns” to its owner")).to_have_text(
        re.compile(r"\s*Unshare\s*")
    )
    row.get_by_label("Name of “Lanterns”").fill("Paper lanterns")
    row.get_by_role("button", name="Rename").tap()
    expect(row.locator("b")).to_have_text("Paper lanterns")
    at_hand(page)
    with page.expect_download() as file:
        page.get_by_role("link", name="Take mine home as JSON").tap()
    file.value.save_as(tmp_path / "presets.json")
    row.get_by_role("button", name="Delete").tap()
    expect(row).to_have_count(0)

    page.get_by_label("A file of presets").set_input_files(tmp_path / "presets.json")
    page.get_by_role("button", name="Bring in").tap()
    expect(row.locator("b")).to_have_text("Paper lanterns")
    row.locator(".saved-of a").tap()
    page.wait_for_url("**/create/?preset=*")
    expect(page.locator("#id_prompt")).to_have_value("a lantern")
    # Nobody else is to find it.
    page.goto(f"{site.url}/presets/")
    row.get_by_role("button", name="Delete").tap()
    expect(row).to_have_count(0)
    assert complaints == []
    context.close()
