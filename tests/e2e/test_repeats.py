"""What exists already, in a browser: asked about before it is paid again, and made again on purpose to compare it."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PHONE, Site, at_hand, opened

ASKED = "/create/?model=z-image-turbo&width=256&height=256&seed=5&prompt="


def asked(page: Page) -> None:
    """Generate was pressed, and the form asks whether that is meant."""
    expect(page.locator('[data-error-for="repeat"]')).to_contain_text("Nothing was sent.")


def made(page: Page, count: int) -> None:
    expect(page.locator("#create-sitting [data-image]")).to_have_count(count, timeout=30_000)


@pytest.mark.parametrize("way", ["mouse", pytest.param("keys", marks=pytest.mark.long)])
def test_what_is_there_is_made_again_only_on_purpose(site: Site, browser: Browser, way: str) -> None:
    context, page, _ = opened(site, browser, f"{ASKED}a+repeat+by+{way}", name=f"rita-{way}")
    before = page.locator("#create-sitting [data-image]").count()

    def press(name: str) -> None:
        button = page.locator(f"#create-form button[name='{name}']" if name else "#create-submit")
        if way == "keys":
            button.focus()
            page.keyboard.press("Enter")
        else:
            button.click()

    expect(page.locator("#create-submit")).to_contain_text("$0.01")
    press("")
    made(page, before + 1)
    press("")
    asked(page)
    press("run-anyway")
    made(page, before + 2)

    page.locator("select[name='count']").select_option("4")
    expect(page.locator("[data-there]")).to_contain_text("1 of these is there already")
    expect(page.locator("#create-submit")).to_contain_text("$0.04")
    press("")
    asked(page)
    expect(page.locator("button[name='make-missing']")).to_have_text("Make the other 3 · $0.03")
    press("make-missing")
    made(page, before + 5)
    context.close()


@pytest.mark.long
def test_what_is_there_is_used_without_a_loss_of_words_or_made_again_by_touch(
    site: Site, browser: Browser
) -> None:
    words = "a repeat by touch"
    context, page, _ = opened(site, browser, ASKED + words.replace(" ", "+"), name="rita-touch", **PHONE)
    prompt, button, sitting = (
        page.locator(f"#{name}") for name in ("id_prompt", "create-submit", "create-sitting")
    )
    before = sitting.locator("[data-image]").count()
    button.tap()
    made(page, before + 1)
    button.tap()
    asked(page)
    at_hand(page, ".create-repeat")
    # What is typed while one is asked is one's words as well: they go along, in the line of every page.
    prompt.press("End")
    prompt.press_sequentially(" and more")
    page.get_by_role("link", name="Use it").tap()
    page.wait_for_url("**/images/*/")
    for path in ("", "/prompts/", "/create/"):
        if path:
            page.goto(site.url + path)
        expect(prompt).to_have_value(f"{words} and more")
    expect(page.locator("#id_seed")).to_have_value("5")
    prompt.fill(words)
    expect(button).to_contain_text("$0.01")
    button.tap()
    asked(page)
    page.locator("button[name='run-anyway']").tap()
    made(page, before + 2)
    expect(page.locator('[data-error-for="repeat"]')).to_have_count(0)
    context.close()


@pytest.mark.parametrize(
    "is_phone", [False, pytest.param(True, marks=pytest.mark.long)], ids=["desk", "phone"]
)
def test_a_picture_is_reproduced_and_compared(site: Site, browser: Browser, is_phone: bool) -> None:
    window = PHONE if is_phone else {}
    name = f"vera-{is_phone}".lower()
    context, page, complaints = opened(site, browser, f"{ASKED}verified+{is_phone}", name=name, **window)
    expect(page.locator("#create-submit")).to_contain_text("$0.01")
    page.locator("#create-submit").click()
    picture = page.locator("#create-sitting [data-image]").first
    expect(page.locator("#create-sitting")).to_contain_text(f"verified {is_phone}")
    expect(picture).to_be_visible(timeout=30_000)
    page.goto(f"{site.url}/images/{picture.get_attribute('data-image')}/")

    if is_phone:
        at_hand(page, ".again")
    again = page.locator('[data-action="verify"] button')
    expect(again).to_contain_text("$0.01")
    again.tap() if is_phone else again.click()

    expect(page.locator("[data-verdict]").first).to_contain_text("the same", timeout=30_000)
    assert complaints == []
    context.close()


@pytest.mark.long
def test_without_scripts_the_question_and_the_comparison_are_pages(site: Site, browser: Browser) -> None:
    context, page, _ = opened(site, browser, f"{ASKED}without+a+script", java_script_enabled=False)
    page.locator("#create-submit").click()
    page.wait_for_url("**/generations/*/")
    generation = page.url
    page.goto(f"{site.url}{ASKED}without+a+script")
    page.locator("#create-submit").click()
    asked(page)
    page.get_by_role("link", name=re.compile("Use it|Look at it")).click()
    expect(page.locator("#id_prompt")).to_have_value("without a script")
    page.goto(f"{site.url}{ASKED}without+a+script")
    page.locator("#create-submit").click()
    asked(page)
    page.locator("button[name='run-anyway']").click()
    page.wait_for_url("**/generations/*/")
    assert page.url != generation
    second = page.url
    context.close()
    # What is still being made would come among the pictures of the next test.
    context, page, _ = opened(site, browser)
    for address in (generation, second):
        page.goto(address)
        expect(page.locator('[data-state="done"]').first).to_be_visible(timeout=30_000)
    context.close()
