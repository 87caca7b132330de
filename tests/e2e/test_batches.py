"""A click of several in a real browser: made, paused, gone on with, cancelled; by mouse, keys, touch, no script."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, opened, signed_in, watched

SLOW = "[[fault:slow:2]]"


def chosen(page: Page, prompt: str, count: str) -> None:
    """With its price: who presses before it has come is asked again."""
    page.locator("#id_prompt").fill(prompt)
    page.locator("#id_count").select_option(count)
    expect(page.locator("#create-submit")).to_contain_text(f"${int(count) / 100:.2f}")


@pytest.mark.long
def test_a_click_of_eight_in_place_paused_and_gone_on_with(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    complaints = watched(context)
    page = signed_in(site, context, path="/create/")
    chosen(page, f"Eight lanterns {SLOW}", "8")
    expect(page.locator("#create-submit")).to_contain_text("Generate · $0.08")
    expect(page.locator("[data-plan]")).to_contain_text("8 seeds = 8 pictures")

    page.locator("#create-submit").click()

    click = page.locator("#create-sitting [data-batch]").first
    expect(click.locator("article")).to_have_count(8)
    click.locator("[data-action=pause-batch] button").click()
    expect(click).to_have_attribute("data-state", "paused")
    expect(click.locator("article", has_text="Paused with its click").first).to_be_visible()
    click.locator("[data-action=resume-batch] button").click()
    expect(click).to_have_attribute("data-state", "done", timeout=30_000)
    expect(click.locator("[data-progress]")).to_have_text("all 8 done")
    expect(click.locator("img")).to_have_count(8)
    expect(page.locator("#said")).to_contain_text("8 seeds · all 8 done")
    assert complaints == []
    context.close()


def test_what_is_typed_in_braces_is_told_and_priced_as_it_would_be_sent(site: Site, browser: Browser) -> None:
    context, page, complaints = opened(site, browser, "/create/?model=z-image-turbo")
    prompt, button = page.locator("#id_prompt"), page.locator("#create-submit")
    sent_as_they_stand = page.locator("[data-unread-choices]")
    prompt.press_sequentially("A {red|blue} bridge")
    expect(sent_as_they_stand).to_be_visible()
    expect(button).to_contain_text("$0.01")
    page.get_by_label("Words in braces are alternatives").check()
    expect(button).to_contain_text("$0.02")
    expect(sent_as_they_stand).to_have_count(0)

    # The line of other pages has no switch: it says what it makes, and the price follows what is typed there.
    page.goto(site.url)
    plan = page.locator("#composer-plan")
    expect(plan).to_contain_text("2 words = 2 pictures")
    prompt.fill("A {red|blue|green} bridge")
    expect(button).to_contain_text("$0.03")
    expect(plan).to_contain_text("3 words = 3 pictures")
    prompt.fill("A bridge")
    expect(button).to_contain_text("$0.01")
    expect(plan).to_be_hidden()
    assert complaints == []
    context.close()


def test_without_script_on_several_models(site: Site, browser: Browser) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}, has_touch=True
    )
    page = signed_in(
        site, context, path=f"/create/?model=z-image-turbo&model=chroma&count=2&prompt=Two+bridges+{SLOW}"
    )
    expect(page.locator("[data-plan]")).to_contain_text("2 models × 2 seeds = 4 pictures")

    page.locator("#create-submit").tap()

    click = page.locator("[data-batch]")
    expect(click.locator("article")).to_have_count(4)
    click.locator("[data-action=cancel-batch] button").tap()
    expect(page.locator("[data-batch]")).to_have_count(1)
    assert "/batches/" in page.url
    context.close()


@pytest.mark.long
def test_the_queue_has_one_line_that_folds_out_by_keys(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    complaints = watched(context)
    page = signed_in(site, context, path="/create/")
    chosen(page, "Twelve boats [[fault:slow:4]]", "12")
    page.locator("#id_prompt").press("Control+Enter")
    # The newest click stands first.
    expect(page.locator("#create-sitting [data-batch]").first.locator("article")).to_have_count(12)
    page.goto(f"{site.url}/queue/")

    line = page.locator("[data-batch]")
    line.locator("summary").focus()
    page.keyboard.press("Enter")

    expect(line.locator("article")).to_have_count(12)
    # The queue draws itself anew meanwhile: what was folded out stays.
    expect(line.locator("[data-progress]")).to_contain_text("done", timeout=20_000)
    expect(line.locator("article")).to_have_count(12)
    line.locator("[data-action=cancel-batch] button").click()
    expect(line.locator("[data-action=cancel-batch]")).to_have_count(0)
    assert complaints == []
    context.close()


@pytest.mark.long
def test_words_are_counted_while_they_are_typed(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    complaints = watched(context)
    page = signed_in(site, context, path="/create/")
    page.locator("#id_alternatives").check()
    page.locator("#id_prompt").press_sequentially("A boat at {dawn|noon|dusk}")

    expect(page.locator("[data-plan]")).to_contain_text("3 words = 3 pictures")
    expect(page.locator("#create-submit")).to_contain_text("$0.03")
    page.locator("#id_prompt").press_sequentially(" {")
    page.locator("#create-submit").click()
    expect(page.locator("[data-error-for=prompt]")).to_contain_text("never closed")
    # What is refused is a message of the browser's too.
    assert [each for each in complaints if "422" not in each] == []
    context.close()


@pytest.mark.long
def test_what_is_cancelled_folds_into_the_line_and_runs_again(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    complaints = watched(context)
    page = signed_in(site, context, path="/create/")
    chosen(page, f"Twelve kites {SLOW}", "12")
    page.locator("#create-submit").click()
    click = page.locator("#create-sitting [data-batch]").first
    expect(click.locator("article")).to_have_count(12)
    click.locator("[data-action=pause-batch] button").click()
    expect(click).to_have_attribute("data-state", "paused")

    # The header asks at once, and not only when its time has come.
    with page.expect_request("**/header/**"):
        click.locator("[data-action=cancel-batch] button").click()
    expect(click.locator("[data-action=cancel-batch]")).to_have_count(0)
    expect(click.locator("article[data-state=cancelled]")).to_have_count(0)
    again = click.get_by_role("button", name="Run the")
    expect(again).to_contain_text("again · $0.")
    click.locator("summary").click()
    expect(click.locator("article[data-state=cancelled]").first).to_be_visible()
    name = click.get_attribute("id")
    again.click()
    # The new one appears above it, and nobody leaves the page.
    new = page.locator(f".batch:has(+ #{name})")
    new.locator("[data-action=cancel-batch] button").click()
    expect(new.locator("[data-action=cancel-batch]")).to_have_count(0)
    assert page.url.endswith("/create/")
    assert complaints == []
    context.close()
