"""What somebody types while a form is drawn anew on the server is newer than the form that comes."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, routed, signed_in, watched

WIDE = {"width": 1440, "height": 900}


def hold(page: Page, address: str) -> list[Any]:
    """The requests for a form of another model, which go on when the test lets them."""
    waiting: list[Any] = []

    def asked(route: Any) -> None:
        is_redraw = "change-model" in (route.request.post_data or "")
        waiting.append(route) if is_redraw else route.continue_()

    page.route(address, asked)
    return waiting


def let_go(page: Page, waiting: list[Any], address: str) -> None:
    """The first one is answered; then the others go on, and none is held any more."""
    with page.expect_response(address):
        waiting.pop(0).continue_()
    page.unroute_all()
    for route in waiting:
        route.continue_()


@pytest.mark.one_in(2)
@pytest.mark.parametrize("path", ["/create/", "/"])
def test_words_typed_while_another_models_form_comes_stay(site: Site, browser: Browser, path: str) -> None:
    context = routed(browser.new_context(viewport=WIDE))
    complaints = watched(context)
    page = signed_in(site, context, "tessa", path)
    page.locator("#id_prompt").fill("A bridge")
    waiting = hold(page, "**/create/")
    with page.expect_request("**/create/"):
        page.locator("#id_model").select_option("flux-2-pro")
    page.locator("#id_prompt").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(" over the river")
    page.keyboard.press("ArrowLeft")

    with page.expect_response("**/create/"):
        waiting.pop().continue_()

    expect(page.locator("#id_model")).to_have_value("flux-2-pro")
    expect(page.locator(".htmx-settling, .htmx-swapping, .htmx-request")).to_have_count(0)
    expect(page.locator("#id_prompt")).to_have_value("A bridge over the river")
    # One goes on typing where one was.
    page.keyboard.type("X")
    expect(page.locator("#id_prompt")).to_have_value("A bridge over the riveXr")
    page.goto(site.url + "/prompts/")
    expect(page.locator("#id_prompt")).to_have_value("A bridge over the riveXr")
    assert complaints == []
    context.close()


@pytest.mark.one_in(2)
@pytest.mark.parametrize("path", ["/create/", "/"])
def test_the_model_that_was_chosen_last_stays(site: Site, browser: Browser, path: str) -> None:
    context = routed(browser.new_context(viewport=WIDE))
    page = signed_in(site, context, "tessa", path)
    waiting = hold(page, "**/create/")
    with page.expect_request("**/create/"):
        page.locator("#id_model").select_option("flux-2-pro")
    page.locator("#id_model").select_option("gpt-image-2")

    let_go(page, waiting, "**/create/")

    expect(page.locator("#create-submit")).to_contain_text("$0.26")
    expect(page.locator("#id_model")).to_have_value("gpt-image-2")
    context.close()


@pytest.mark.long
def test_what_is_chosen_while_another_models_edit_form_comes_stays(
    filled_site: Site, browser: Browser
) -> None:
    context = routed(browser.new_context(viewport=WIDE))
    complaints = watched(context)
    page = signed_in(filled_site, context, "tessa", "/images/2/edit/")
    with page.expect_response("**/images/2/edit/"):
        page.locator("#edit-model").select_option("nano-banana-2-edit")
    expect(page.locator(".htmx-settling, .htmx-swapping, .htmx-request")).to_have_count(0)
    waiting = hold(page, "**/images/2/edit/")
    with page.expect_request("**/images/2/edit/"):
        page.locator("#edit-resolution").select_option("2K")
    page.locator("#edit-resolution").select_option("4K")
    page.locator("#edit-form textarea").fill("make it snow")

    let_go(page, waiting, "**/images/2/edit/")
    expect(page.locator("#edit-resolution")).to_have_value("4K")
    expect(page.locator("#edit-form button.main")).to_contain_text("$0.19")
    expect(page.locator("#edit-form textarea")).to_have_value("make it snow")
    assert complaints == []
    context.close()
