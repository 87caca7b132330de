"""What a request starts from is chosen by thumbnails: by mouse and keys, by touch, and without JavaScript."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, signed_in, watched
from tests.e2e.test_operations import photo

ABLE = "krea-v2-medium"
RED = {"name": "red.png", "mimeType": "image/png", "buffer": photo("red")}


def followed(page: Page) -> list[str]:
    """The style references that the form names, once it has been drawn anew."""
    expect(page.locator("dialog.choosing")).to_be_hidden()
    expect(page.locator(".htmx-settling, .htmx-swapping, .htmx-request")).to_have_count(0)
    boxes = page.locator("[data-style-references] input[type=checkbox]")
    return boxes.evaluate_all("all => all.map(one => one.value)")  # type: ignore[no-any-return]


def test_style_references_are_found_and_ticked_and_a_file_is_brought(
    filled_site: Site, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    complaints = watched(context)
    page = signed_in(filled_site, context, path=f"/create/?model={ABLE}&prompt=A+bridge")
    page.locator("#pick-style-reference").press("Enter")
    search = page.locator("[data-picker-search]")
    expect(search).to_be_focused()
    search.fill("-zebra")
    expect(page.locator("dialog.choosing h2", has_text="Found")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.locator("[data-picker-use]")).to_have_text("Use 2 pictures")
    page.locator("[data-bring-files]").set_input_files([RED])  # type: ignore[list-item]
    expect(page.locator("[data-picker-use]")).to_have_text("Use 3 pictures")
    # As many as the model takes: the others wait until one is unticked.
    expect(page.locator("[data-picker-told]")).to_contain_text("To choose another, untick one.")
    names = page.locator(".picker-choice:checked").evaluate_all("all => all.map(one => one.dataset.name)")
    assert (len(names), names[2].startswith("upload:")) == (3, True)
    assert Axe().run(page).response["violations"] == []
    page.locator(".picker-choice:checked").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-style-references] img")).to_have_count(3)
    assert followed(page) == names
    expect(page.locator("#id_prompt")).to_have_value("A bridge")
    expect(page.locator("#pick-style-reference")).to_be_focused()
    assert complaints == []
    context.close()


@pytest.mark.long
def test_by_touch_pictures_are_added_to_those_that_are_edited_together(
    filled_site: Site, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    complaints = watched(context)
    page = signed_in(filled_site, context, path="/images/5/multi-edit/?input=7")
    page.locator("#multi-edit-prompt").fill("Both at night")
    page.locator("[data-arranging] [name=later]").first.tap()
    page.locator("#pick-input").tap()
    expect(page.locator("dialog.choosing h2").first).to_have_text("Pictures to edit together")
    page.locator("[data-picker-search]").fill("-zebra")
    expect(page.locator("dialog.choosing h2", has_text="Found")).to_be_visible()
    page.locator(".picture-pick:has(input:not(:checked))").first.tap()
    added = page.locator(".picker-choice:checked").last.get_attribute("data-name")
    page.locator("[data-picker-use]").tap()
    rows = page.locator("[data-arranging] li")
    expect(rows).to_have_count(3)
    assert [row.get_attribute("data-input") for row in rows.all()] == ["7", "5", added]
    expect(page.locator("#multi-edit-prompt")).to_have_value("Both at night")
    # The order is theirs to change as before.
    rows.last.locator("[name=earlier]").tap()
    expect(rows.nth(1)).to_have_attribute("data-input", str(added))
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert complaints == []
    context.close()


@pytest.mark.long
def test_without_a_script_a_page_leads_back_with_all_that_was_typed(
    filled_site: Site, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = signed_in(filled_site, context, path=f"/create/?model={ABLE}")
    page.locator("#id_prompt").fill("A bridge in fog")
    page.locator("#pick-style-reference").click()
    page.locator("#picker-q").fill("-zebra")
    page.get_by_role("button", name="Search", exact=True).last.click()
    expect(page.get_by_role("heading", name="Found")).to_be_visible()
    page.locator(".picker-choice").nth(1).check()
    page.locator("#picker-bring").set_input_files([RED])  # type: ignore[list-item]
    page.get_by_role("button", name="Bring").click()
    expect(page.locator(".picker-choice:checked")).to_have_count(2)
    page.get_by_role("button", name="Use those that are ticked").click()
    expect(page.locator("#id_prompt")).to_have_value("A bridge in fog")
    expect(page.locator("[data-style-references] [type=checkbox]:checked")).to_have_count(2)
    page.get_by_role("button", name="Fill from a picture’s file").click()
    expect(page.get_by_label("Fill from a picture’s file")).to_be_visible()
    page.get_by_role("link", name="Back to the form").click()
    expect(page.locator("#id_prompt")).to_have_value("A bridge in fog")
    context.close()
