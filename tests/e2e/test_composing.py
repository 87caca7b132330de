"""Keys that belong to an input method are its own: the site does nothing on them."""

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import Site, signed_in, watched

PRESS = """([key, code, composing]) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
    {key, keyCode: code, isComposing: composing, ctrlKey: key === "Enter", bubbles: true, cancelable: true}))"""


@pytest.mark.one_in(2)
@pytest.mark.parametrize(("code", "composing"), [(27, True), (229, False)])
def test_escape_of_an_input_method_stays_in_the_search_box(
    filled_site: Site, browser: Browser, code: int, composing: bool
) -> None:
    context = browser.new_context()
    problems = watched(context)
    page = signed_in(filled_site, context)
    page.locator("#search").focus()
    page.evaluate(PRESS, ["Escape", code, composing])
    expect(page.locator("#search")).to_be_focused()
    page.evaluate(PRESS, ["Escape", 27, False])
    expect(page.locator("#search"), str(problems)).not_to_be_focused()
    context.close()


@pytest.mark.parametrize(("code", "composing"), [(13, True), (229, False)])
def test_enter_of_an_input_method_sends_nothing(
    filled_site: Site, browser: Browser, code: int, composing: bool
) -> None:
    context = browser.new_context()
    page = signed_in(filled_site, context, path="/create/")
    page.locator("#create-form textarea").first.focus()
    taken = page.evaluate(PRESS, ["Enter", code, composing])
    assert taken, "the site let the key pass"
    context.close()
