"""The price on the button is what is spent, however fast one clicks: with JavaScript and without it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, routed, signed_in, watched
from tests.gallery.paid_form import with_prices

SLOW = 30_000


def spent(site: Site, prompt: str) -> Decimal:
    assert site.emulator
    charged = [Decimal(str(e["charged_usd"])) for e in site.emulator.ledger() if e["prompt"] == prompt]
    return sum(charged, Decimal(0))


def shown(page: Page, button: str = "#create-submit") -> tuple[str, str]:
    """What the button says, and what it would post."""
    found = page.locator(button)
    return found.inner_text().strip(), found.locator("[name=price]").input_value()


@contextmanager
def raised(site: Site) -> Iterator[None]:
    """Venice takes twice as much, and the gallery has been told; afterwards all is as it was."""
    assert site.emulator
    before = dict(site.emulator.state.models)
    try:
        site.emulator.state.models = {name: with_prices(model, Decimal(2)) for name, model in before.items()}
        site.manage("sync_catalog")
        yield
    finally:
        site.emulator.state.models = before
        site.manage("sync_catalog")


def test_another_model_in_the_composer_without_javascript(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = signed_in(site, context)
    prompt = "A lantern whose price is another one"
    assert shown(page) == ("Generate · $0.01", "0.01")
    page.locator("#id_model").select_option("gpt-image-2")
    page.locator("#id_prompt").fill(prompt)

    page.locator("#create-submit").click()

    expect(page.locator("[data-error-for=price]")).to_contain_text("The button said $0.01")
    assert shown(page) == ("Generate · $0.26", "0.26")
    expect(page.locator("#id_prompt")).to_have_value(prompt)
    expect(page.locator("#id_model")).to_have_value("gpt-image-2")
    expect(page.locator("[name=quality]:checked")).to_have_value("high")
    assert spent(site, prompt) == 0
    page.locator("#create-submit").click()
    page.wait_for_url(re.compile(r"/generations/\d+/"))
    until(page, lambda: spent(site, prompt) == Decimal("0.26"))
    context.close()


@pytest.mark.long
def test_more_variants_and_a_click_before_their_price_has_come(site: Site, browser: Browser) -> None:
    context = routed(browser.new_context(viewport={"width": 1440, "height": 900}))
    page = signed_in(site, context, path="/create/")
    prompt = "Four lanterns clicked too early"
    page.locator("#id_prompt").fill(prompt)
    held: list[Any] = []
    page.route("**/create/price/", lambda route: held.append(route))
    note = "() => document.addEventListener('htmx:afterSettle', () => window.rests = {}.disabled, {{once: true}})"
    page.evaluate(note.format("document.getElementById('create-submit')"))
    page.locator(".create-more > summary").click()
    page.locator("#id_variants").select_option("4")
    assert shown(page) == ("Generate · $0.01", "0.01")

    page.locator("#create-submit").click()

    message = page.locator("[data-error-for=price]")
    expect(message).to_contain_text("The button said $0.01, but this costs $0.04.")
    until(page, lambda: page.evaluate("window.rests !== undefined"))
    assert page.evaluate("window.rests"), (
        "the second click of a double click must not buy what nobody has read"
    )
    assert shown(page) == ("Generate · $0.04", "0.04")
    expect(page.locator("#id_variants")).to_have_value("4")
    # The answer that comes late, and is about a form that is not there any more, changes nothing.
    for route in held:
        route.continue_()
    assert spent(site, prompt) == 0
    page.locator("#create-submit").click()
    card = page.locator("article[data-generation]", has_text=prompt)
    expect(card).to_have_attribute("data-state", "done", timeout=SLOW)
    assert spent(site, prompt) == Decimal("0.04")
    expect(message).to_have_count(0)
    context.close()


@pytest.mark.long
def test_what_is_chosen_before_a_form_listens_is_priced(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = signed_in(site, context, "prudence", "/create/")
    page.locator("#id_prompt").fill("Four lanterns of another model")
    page.evaluate(
        """document.addEventListener("htmx:afterSwap", () => {
          const field = document.getElementById("id_variants");
          field.value = "4";
          field.dispatchEvent(new Event("change", { bubbles: true }));
        }, { once: true })"""
    )
    page.locator("#id_model").select_option("venice-sd35")
    until(page, lambda: shown(page) == ("Generate · $0.04", "0.04"))
    expect(page.locator("#id_variants")).to_have_value("4")
    context.close()


@pytest.mark.long
def test_another_model_and_a_click_before_its_form_has_come(site: Site, browser: Browser) -> None:
    """It is sent, and the price that was read binds: a dearer model asks, one that is not dearer goes on."""
    context = routed(browser.new_context(viewport={"width": 1440, "height": 900}))
    page = signed_in(site, context, path="/create/")
    prompt = "A lantern of another model"
    page.locator("#id_prompt").fill(prompt)
    waiting: list[Any] = []

    def hold(route: Any) -> None:
        is_redraw = "change-model" in (route.request.post_data or "")
        waiting.append(route) if is_redraw else route.continue_()

    page.route("**/create/", hold)
    page.locator("#id_model").select_option("flux-2-pro")
    page.locator("#id_model").select_option("gpt-image-2")
    assert shown(page) == ("Generate · $0.01", "0.01")

    page.locator("#create-submit").click()

    expect(page.locator("[data-error-for=price]")).to_contain_text(
        "The button said $0.01, but this costs $0.26."
    )
    assert shown(page) == ("Generate · $0.26", "0.26")
    expect(page.locator("[name=quality]:checked")).to_have_value("high")
    assert spent(site, prompt) == 0
    expect(page.locator(".htmx-settling, .htmx-swapping, .htmx-request")).to_have_count(0)
    page.locator("#id_model").select_option("z-image-turbo")
    page.locator("#create-submit").click()
    card = page.locator("article[data-generation]", has_text=prompt)
    expect(card).to_have_attribute("data-state", "done", timeout=SLOW)
    assert spent(site, prompt) == Decimal("0.01")
    expect(page.locator("#id_quality")).to_have_count(0)
    expect(page.locator("#id_model")).to_have_value("z-image-turbo")
    context.close()


def test_the_button_and_what_it_posts_change_together(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    complaints = watched(context)
    page = signed_in(site, context, path="/create/?prompt=A+bridge")
    for choose, price in (
        (lambda: page.locator("#id_count").select_option("3"), "0.03"),
        (lambda: page.locator("#id_model").select_option("gpt-image-2"), "0.78"),
        (lambda: page.locator("[name=quality][value=low]").check(), "0.06"),
    ):
        choose()
        expect(page.locator("#create-submit")).to_contain_text(f"Generate · ${price}")
        assert shown(page) == (f"Generate · ${price}", price)
        # What has just come takes a moment until it listens.
        expect(page.locator(".htmx-settling, .htmx-swapping, .htmx-request")).to_have_count(0)
    # The line of the gallery costs what the form does, which it is the same as, until another model is chosen.
    page.goto(f"{site.url}/")
    expect(page.locator("#create-submit")).to_contain_text("Generate · $0.06")
    context.close()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    complaints = watched(context)
    page = signed_in(site, context)
    page.locator("#id_model").select_option("gpt-image-2")
    expect(page.locator("#create-submit")).to_contain_text("Generate · $0.26")
    assert shown(page) == ("Generate · $0.26", "0.26")
    assert complaints == []
    context.close()


CUT = """() => [...document.querySelectorAll("#id_model option")].filter((option) => {
  const select = option.closest("select");
  const alone = select.cloneNode(false);
  alone.append(option.cloneNode(true));
  alone.style.cssText = "position: absolute; flex: none; width: max-content";
  select.after(alone);
  const needs = alone.offsetWidth;
  alone.remove();
  return needs > select.offsetWidth;
}).map((option) => option.text)"""


@pytest.mark.long
@pytest.mark.parametrize(
    "width",
    [390, pytest.param(720, marks=pytest.mark.long), 834, pytest.param(1000, marks=pytest.mark.long), 1440],
)
def test_no_models_price_is_cut(site: Site, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = signed_in(site, context)
    assert page.evaluate(CUT) == []
    button = page.locator("#create-submit")
    assert button.evaluate("button => button.scrollWidth <= button.clientWidth")
    page.goto(f"{site.url}/create/")
    if width < 1000:
        page.locator(".create-open-options").click()
    assert page.evaluate(CUT) == []
    context.close()


@pytest.mark.long
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_price_that_rises_while_one_looks(site: Site, browser: Browser, script: bool) -> None:
    """Re-run and Run again, in place and as pages."""
    context = browser.new_context(java_script_enabled=script, viewport={"width": 1440, "height": 900})
    page = signed_in(site, context, path="/create/")
    prompt = f"A lantern that grows dear, {script} [[fault:422:times=1]]"
    page.locator("#id_prompt").fill(prompt)
    page.locator("#create-submit").click()
    until(page, lambda: bool(entries(site, prompt)))
    for button, calls, total in (("run-again", 1, "0.02"), ("rerun-new-seed", 2, "0.04")):
        open_button(page, site, prompt, button)
        mark = f"form[data-action={button}] button"
        assert shown(page, mark)[1] == "0.01"
        with raised(site):
            page.locator(mark).click()
            expect(page.locator("[data-error-for=price]")).to_contain_text(
                "The button said $0.01, but this costs $0.02."
            )
            assert shown(page, mark)[0].endswith("· $0.02")
            assert shown(page, mark)[1] == "0.02"
            assert len(entries(site, prompt)) == calls
            page.locator(mark).click()
            until(page, partial(has_spent, site, prompt, total))
            expect(page.locator("[data-error-for=price]")).to_have_count(0)
    context.close()


@pytest.mark.long
def test_in_the_line_a_new_price_is_read_before_it_can_be_paid(site: Site, browser: Browser) -> None:
    """The second click of a double click comes while the button rests."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = signed_in(site, context)
    prompt = "A lantern in the line that grows dear"
    page.locator("#id_prompt").fill(prompt)
    assert shown(page) == ("Generate · $0.01", "0.01")
    page.evaluate(
        """document.addEventListener("htmx:afterRequest", ({ detail }) => {
          if (detail.xhr.status === 422) window.isResting = document.getElementById("create-submit").disabled;
        })"""
    )
    with raised(site):
        page.locator("#create-submit").click()
        expect(page.locator("[data-error-for=price]")).to_contain_text("this costs $0.02")
        assert page.evaluate("window.isResting")
        assert not entries(site, prompt)
        # By itself it is on again.
        expect(page.locator("#create-submit")).to_be_enabled()
        page.locator("#create-submit").click()
        until(page, partial(has_spent, site, prompt, "0.02"))
    context.close()


def has_spent(site: Site, prompt: str, usd: str) -> bool:
    return spent(site, prompt) == Decimal(usd)


def entries(site: Site, prompt: str) -> list[dict[str, Any]]:
    assert site.emulator
    return [entry for entry in site.emulator.ledger() if entry["prompt"] == prompt]


def open_button(page: Page, site: Site, prompt: str, button: str) -> None:
    """The failed generation's page, or later that of the picture which another run has made."""
    for _ in range(200):
        page.goto(f"{site.url}/queue/" if button == "run-again" else f"{site.url}/?q=dear")
        if button == "run-again":
            found = page.locator("article[data-state=failed]", has_text=prompt[:30]).locator(".prompt a")
        else:
            found = page.locator("[data-image]")
        if found.count():
            found.first.click()
            page.locator(f"form[data-action={button}]").first.wait_for()
            return
        page.wait_for_timeout(100)
    pytest.fail(f"nothing with {button}")


def until(page: Page, holds: Callable[[], bool]) -> None:
    for _ in range(300):
        if holds():
            return
        page.wait_for_timeout(100)
    pytest.fail("it did not come about in time")
