"""A matrix in a browser: from the words in the create form to its table, and a repeat that is asked about."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PHONE, Site, at_hand, opened, signed_in, watched


@pytest.mark.parametrize("width", [1440, pytest.param(390, marks=pytest.mark.long)])
def test_from_the_create_form_to_the_table(site: Site, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    problems = watched(context)
    page = signed_in(site, context, path="/create/?model=z-image-turbo&width=256&height=256")
    page.get_by_label("Prompt", exact=True).fill("fog over a canal")
    page.get_by_role("button", name="Matrix").click()

    expect(page.get_by_role("heading", name="Matrix", exact=True)).to_be_visible()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("fog over a canal")
    page.locator("#id_axis-seed").fill("1, 2")
    page.locator("#id_axis-prompt").fill("fog | rain")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".matrix-table [data-hole]")).to_have_count(4)
    page.get_by_role("button", name="for Words rain").click()
    page.wait_for_url("**/matrices/*/")
    expect(page.locator("#matrix-result [data-cell]")).to_have_count(2, timeout=30_000)
    expect(page.locator("#matrix-result small")).to_have_count(2)

    # A paid exact repeat is shown what is there.
    page.goto(site.url + "/create/?model=z-image-turbo&width=256&height=256&seed=1&prompt=rain+over+a+canal")
    page.locator("#create-submit").click()
    expect(page.locator('[data-error-for="repeat"]')).to_contain_text("Exactly this was made on")
    page.get_by_role("link", name="Use it").click()
    expect(page).to_have_url(f"{site.url}/images/{page.url.rstrip('/').rsplit('/', 1)[1]}/")
    # The question is a 422, which the console tells of; and what a page saved on leaving may come after the next page
    # has been filled by its address, which is a 409: the words are in the history of drafts then.
    assert [each for each in problems if "422" not in each and "409" not in each] == []
    context.close()


def test_what_is_typed_stays_for_the_tab(site: Site, browser: Browser) -> None:
    context, page, complaints = opened(site, browser, "/create/matrix/", name="typist")
    words, seeds = page.get_by_label("Prompt", exact=True), page.locator("#id_axis-seed")
    words.fill("fog over a canal")
    seeds.fill("1..3")
    page.reload()
    expect(words).to_have_value("fog over a canal")
    page.goto(site.url + "/queue/")
    page.goto(site.url + "/create/matrix/")
    expect(words).to_have_value("fog over a canal")
    expect(seeds).to_have_value("1..3")
    # What the address fills in is meant.
    page.goto(site.url + "/create/matrix/?prompt=rain")
    expect(words).to_have_value("rain")
    expect(seeds).to_have_value("")
    page.locator('form[action="/accounts/logout/"]').evaluate("(form) => form.requestSubmit()")
    page.wait_for_url("**/accounts/login/**")
    assert page.evaluate("sessionStorage.getItem('matrix')") is None
    assert complaints == []
    context.close()


def table(page: Page) -> None:
    """The table of what was just bought."""
    page.wait_for_url("**/matrices/*/")


@pytest.mark.long
def test_by_touch_a_cell_a_row_and_all_the_rest_are_bought(site: Site, browser: Browser) -> None:
    asked = "/create/?model=z-image-turbo&width=256&height=256&prompt=fog+over+the+lagoon"
    context, page, complaints = opened(site, browser, asked, **PHONE)
    page.get_by_role("button", name="Matrix").tap()
    page.locator("#id_axis-seed").fill("1..3")
    page.locator("#id_axis-prompt").fill("fog | rain")
    at_hand(page)
    page.get_by_role("button", name="Preview").tap()
    cells, holes = page.locator(".matrix-table [data-cell]"), page.locator(".matrix-table [data-hole]")
    expect(holes).to_have_count(6)
    expect(page.get_by_role("button", name="Make all 6 · $0.06")).to_be_visible()
    for each in page.locator("#matrix-form summary").all():
        each.tap()
    at_hand(page)

    holes.first.get_by_role("button").tap()
    table(page)
    expect(cells).to_have_count(1, timeout=30_000)
    at_hand(page, "#matrix-result")
    page.get_by_role("link", name="See what is missing").tap()
    expect(holes).to_have_count(5)
    row = page.get_by_role("button", name="for Words rain")
    expect(row).to_contain_text("Row · $0.03")
    row.tap()
    table(page)
    expect(cells).to_have_count(4, timeout=30_000)
    page.get_by_role("link", name="See what is missing").tap()
    page.get_by_role("button", name="Make all 2 · $0.02").tap()
    table(page)
    expect(cells).to_have_count(6, timeout=30_000)
    expect(page.get_by_role("link", name="See what is missing")).to_have_count(0)
    at_hand(page, "#matrix-result")

    # The one that is picked is a favourite in the table, too.
    picked = cells.nth(4).get_attribute("data-cell")
    cells.nth(4).get_by_role("link").tap()
    expect(page.locator("#viewer")).to_have_attribute("data-viewer", picked or "")
    page.locator(f"#favourite-{picked}").tap()
    expect(page.locator(f"#favourite-{picked}")).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(page.locator(f'[data-cell="{picked}"] [data-favourite="true"]')).to_be_attached()
    assert complaints == []
    context.close()
