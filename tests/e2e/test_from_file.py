"""A picture's file fills the create form: chosen, dropped, and without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, signed_in
from tests.gallery.media.test_parameters import A1111, png

FILE = {"name": "cat.png", "mimeType": "image/png", "buffer": png(parameters=A1111)}
DROP = """([bytes, name]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
  const how = { dataTransfer: carried, bubbles: true, cancelable: true };
  document.getElementById("create-form").dispatchEvent(new DragEvent("drop", how));
}"""


def drop(page: Page, data: bytes) -> None:
    page.evaluate(DROP, [list(data), "cat.png"])


def choose(page: Page) -> None:
    page.locator("[popovertarget=create-history]").first.click()
    page.locator("#from-file").set_input_files(FILE)  # type: ignore[arg-type]


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    "bring", [choose, lambda page: drop(page, FILE["buffer"])], ids=["chosen", "dropped"]
)
def test_a_file_fills_the_form(site: Site, browser: Browser, bring: Callable[[Page], None]) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = signed_in(site, context, path="/create/")
        page.locator("#id_prompt").fill("typed before")
        drop(page, b"nothing of a picture")
        expect(page.locator("#from-file-said")).to_contain_text("does not say how it was made")
        expect(page.locator("#id_prompt")).to_have_value("typed before")
        page.locator("#create-history [popovertargetaction=hide]").click()
        bring(page)
        expect(page.locator("[data-from-file-read]")).to_contain_text("AUTOMATIC1111")
        expect(page.locator("#id_prompt")).to_have_value("a cat on a wall")
        expect(page.locator("#create-history")).to_be_hidden()


def test_it_does_without_a_script(site: Site, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = signed_in(site, context, path="/create/")
        page.locator("[popovertarget=create-history]").first.click()
        page.locator("#from-file").set_input_files(FILE)  # type: ignore[arg-type]
        page.locator("[data-from-file] button").click()
        expect(page.locator("[data-from-file-read]")).to_contain_text("AUTOMATIC1111")
        expect(page.locator("#id_prompt")).to_have_value("a cat on a wall")
