"""What one does while an answer is on its way, is late or fails stays, and what did not work is said."""

import re
from collections.abc import Iterator
from typing import TypeAlias

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.e2e.conftest import Site, routed, signed_in
from tests.e2e.test_shelf import collection

WIDE = {"width": 1440, "height": 900}
WORDS = "A bridge that nobody may lose"
Address: TypeAlias = str | re.Pattern[str]
DRAFT, CREATE = "**/create/draft/", "**/create/"


class Held:
    """Posts to an address, which wait until the test lets them go on."""

    def __init__(self, page: Page, address: Address) -> None:
        self.waiting: list[Route] = []
        self.is_open = False
        page.route(address, self._asked)

    def _asked(self, route: Route) -> None:
        if self.is_open or route.request.method != "POST":
            return route.fallback()
        return self.waiting.append(route)

    def let_one_go(self) -> None:
        self.waiting.pop(0).continue_()

    def let_go(self) -> None:
        """All of them, and what follows is not held."""
        self.is_open = True
        while self.waiting:
            self.let_one_go()


def broken(page: Page, address: str, status: int = 502) -> list[str]:
    """Posts to `address` are answered by a proxy whose server is away; their bodies."""
    bodies: list[str] = []

    def asked(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        bodies.append(route.request.post_data or "")
        return route.fulfill(status=status, body="<h1>Bad Gateway</h1>", content_type="text/html")

    page.route(address, asked)
    return bodies


@pytest.mark.long
def test_words_that_a_server_on_its_way_up_has_not_taken_are_there_on_the_next_pages(
    site: Site, browser: Browser
) -> None:
    context = routed(browser.new_context(viewport=WIDE))
    page = signed_in(site, context, "lena", "/create/")
    saves = broken(page, DRAFT)
    page.locator("#id_prompt").fill(WORDS)
    expect(page.locator("#draft-notice")).to_contain_text("could not be kept")
    assert saves
    # Still away when the next page has come.
    page.goto(site.url + "/queue/")
    page.wait_for_load_state("networkidle")
    page.unroute_all()

    page.goto(site.url + "/create/")

    expect(page.locator("#id_prompt")).to_have_value(WORDS)
    context.close()


@pytest.mark.long
def test_what_a_link_fills_in_stays_though_words_of_the_page_before_come_later(
    site: Site, browser: Browser
) -> None:
    context = routed(browser.new_context(viewport=WIDE))
    page = signed_in(site, context, "mara", "/create/")
    waiting: list[Route] = []

    def asked(route: Route) -> None:
        if route.request.resource_type == "ping":
            return route.abort()
        if "draft-fill" in (route.request.post_data or ""):
            return waiting.append(route)
        return route.fallback()

    page.route(DRAFT, asked)
    prompt = page.locator("#id_prompt")
    prompt.press_sequentially("words of before")
    with page.expect_response(DRAFT):
        page.goto(f"{site.url}/create/?prompt=from%20a%20link")
    page.evaluate("new Promise(requestAnimationFrame)")
    waiting.pop().continue_()

    expect(page.locator("#create-form")).not_to_have_attribute("data-unsaved", "")
    expect(prompt).to_have_value("from a link")
    prompt.press_sequentially(" and on")
    page.reload()
    expect(prompt).to_have_value("from a link and on")
    context.close()


@pytest.mark.long
def test_a_save_that_arrives_after_the_page_was_left_is_no_other_device(site: Site, browser: Browser) -> None:
    context = routed(browser.new_context(viewport=WIDE))
    page = signed_in(site, context, "mara", "/create/")
    prompt = page.locator("#id_prompt")
    held = Held(page, DRAFT)
    with page.expect_request(DRAFT):
        prompt.fill("words of a moment before")
    # It is dropped with its page: only what the tab has kept can tell of it.
    page.goto(f"{site.url}/create/?prompt=and%20then%20a%20link", wait_until="commit")
    held.let_go()

    expect(page.locator("#create-form")).not_to_have_attribute("data-unsaved", "")
    expect(page.locator("#draft-notice")).to_have_count(0)
    expect(prompt).to_have_value("and then a link")
    prompt.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(prompt).to_have_value("words of a moment before")
    context.close()


@pytest.mark.long
@pytest.mark.parametrize("path", ["/create/", "/"])
def test_words_of_a_click_that_was_not_taken_are_there_after_a_reload(
    site: Site, browser: Browser, path: str
) -> None:
    context = routed(browser.new_context(viewport=WIDE))
    page = signed_in(site, context, "lena", path)
    clicks = broken(page, CREATE)
    expect(page.locator("#create-submit")).to_contain_text("$")
    page.locator("#id_prompt").fill(WORDS)
    # Before a pause, and without leaving the box: by either it would have been saved.
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notices")).to_contain_text("did not work")
    assert len(clicks) == 1

    page.reload()

    expect(page.locator("#id_prompt")).to_have_value(WORDS)
    context.close()


@pytest.mark.long
def test_what_is_pressed_while_generate_is_answered_hides_no_card(site: Site, browser: Browser) -> None:
    """What was asked for is queued and paid by then: its answer is waited for."""
    context = routed(browser.new_context(viewport=WIDE))
    page = signed_in(site, context, "mara", "/create/")
    prompt = "A bridge that is paid once"
    page.locator("#id_prompt").fill(prompt)
    held = Held(page, CREATE)
    page.locator("#create-submit").click()
    expect(page.locator("#create-form.htmx-request")).to_be_attached()
    page.locator("#id_seed").press("Enter")
    held.let_go()

    expect(page.locator("#create-sitting .card", has_text=prompt)).to_have_count(1)
    expect(page.locator("#create-submit")).to_be_enabled()
    context.close()


@pytest.mark.long
def test_words_typed_while_a_form_that_was_refused_is_answered_stay(site: Site, browser: Browser) -> None:
    """The answer brings the form anew, beside the card of what was asked for."""
    context = routed(browser.new_context(viewport=WIDE))
    page = signed_in(site, context, "lena", "/create/")
    expect(page.locator("#create-submit")).to_contain_text("$")
    page.locator("#id_prompt").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#id_prompt")).to_have_attribute("aria-invalid", "true")
    page.locator("#id_prompt").fill("A bridge")
    waiting = Held(page, CREATE)
    with page.expect_request(CREATE):
        page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+End")
    page.keyboard.type(" over the river")

    waiting.let_go()

    expect(page.locator("#id_prompt")).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("#create-sitting [data-generation]").first).to_be_attached()
    expect(page.locator("#id_prompt")).to_have_value("A bridge over the river")
    context.close()


@pytest.fixture
def reader(filled_site: Site, browser: Browser) -> Iterator[Page]:
    context = routed(browser.new_context(viewport=WIDE))
    yield signed_in(filled_site, context, "lena", path=None)
    context.close()


def at_a_tile(site: Site, page: Page, address: str, number: int) -> Locator:
    """That tile of the list, with the focus."""
    page.goto(site.url + address)
    tile = page.locator("#grid > .tile").nth(number)
    tile.locator(":scope > a").focus()
    name = tile.get_attribute("data-image")
    return page.locator(f'#grid > .tile[data-image="{name}"]')


def marked(tile: Locator, favourite: str, rating: str) -> None:
    expect(tile).to_have_attribute("data-favourite", favourite)
    expect(tile).to_have_attribute("data-rating", rating)


@pytest.mark.long
def test_keys_that_are_pressed_faster_than_answers_come_all_count(filled_site: Site, reader: Page) -> None:
    tile = at_a_tile(filled_site, reader, "/?q=-zebra", 11)
    marks = re.compile(r"/images/\d+/(rate|favourite)/")
    waiting = Held(reader, marks)
    with reader.expect_request(marks):
        reader.keyboard.press("3")
    for key in ("f", "5"):
        reader.keyboard.press(key)
    marked(tile, "true", "5")
    waiting.let_go()
    expect(reader.locator("#undo .undo-line")).to_contain_text("5 of 5")
    marked(tile, "true", "5")
    reader.reload()
    marked(tile, "true", "5")
    # The page finds its place again first.
    reader.wait_for_load_state("networkidle")
    # An answer shows nothing that is older than the last key.
    waiting = Held(reader, marks)
    tile.locator(":scope > a").focus()
    with reader.expect_request(marks):
        reader.keyboard.press("f")
    reader.keyboard.press("f")
    with reader.expect_request(marks):
        waiting.let_one_go()
    marked(tile, "true", "5")
    reader.keyboard.press("f")
    marked(tile, "false", "5")
    waiting.let_go()
    expect(reader.locator("[data-judges]")).to_have_count(0)
    reader.reload()
    marked(tile, "false", "5")


@pytest.mark.long
def test_a_rating_that_follows_another_at_once_counts(filled_site: Site, reader: Page) -> None:
    tile = at_a_tile(filled_site, reader, "/?q=-zebra", 12)
    reader.goto(f"{filled_site.url}/images/{tile_id(tile)}/")
    marks = re.compile(r"/images/\d+/(rate|favourite)/")
    waiting = Held(reader, marks)
    with reader.expect_request(marks):
        reader.get_by_role("button", name="Rate 3 of 5").click()
    reader.get_by_role("button", name="Rate 5 of 5").click()
    expect(reader.get_by_role("button", name="Rate 5 of 5")).to_have_attribute("aria-pressed", "true")
    waiting.let_go()
    expect(reader.locator("#undo .undo-line")).to_contain_text("5 of 5")
    reader.reload()
    expect(reader.get_by_role("button", name="Rate 5 of 5")).to_have_attribute("aria-pressed", "true")


@pytest.mark.long
def test_a_mark_that_was_not_taken_is_said_wherever_one_is_by_then(filled_site: Site, reader: Page) -> None:
    tile = at_a_tile(filled_site, reader, "/?q=-zebra", 13)
    reader.keyboard.press("Enter")
    viewer = reader.locator("#viewer")
    expect(viewer).to_have_attribute("data-viewer", tile_id(tile))
    marks = re.compile(r"/images/\d+/(rate|tag)/")
    waiting = Held(reader, marks)
    with reader.expect_request(marks):
        viewer.locator("#tag-name").fill("lost on the way")
        reader.keyboard.press("Enter")
    viewer.locator('a[rel="next"]').click()
    expect(viewer).not_to_have_attribute("data-viewer", tile_id(tile))
    waiting.waiting[0].abort()
    expect(reader.locator("#notices")).to_contain_text("cannot be reached")


@pytest.mark.long
def test_what_is_asked_for_from_a_picture_that_is_left_is_said(filled_site: Site, reader: Page) -> None:
    at_a_tile(filled_site, reader, "/?q=-zebra", 13)
    reader.keyboard.press("Enter")
    viewer = reader.locator("#viewer")
    before = viewer.get_attribute("data-viewer")
    viewer.locator('[data-operation="upscale"]').click()
    button = viewer.locator("#upscale-form button.main")
    expect(button).to_contain_text("$")
    waiting = Held(reader, "**/upscale/")
    with reader.expect_request("**/upscale/"):
        button.click()
    viewer.locator('a[rel="next"]').click()
    expect(viewer).not_to_have_attribute("data-viewer", before or "")
    waiting.let_go()
    expect(reader.locator("#notices")).to_contain_text("It stands in the queue")


@pytest.mark.long
def test_the_way_back_is_that_of_the_deed_that_is_on_its_way(filled_site: Site, reader: Page) -> None:
    first = at_a_tile(filled_site, reader, "/?q=-zebra", 14)
    name = tile_id(reader.locator("#grid > .tile").nth(15))
    second = reader.locator(f'#grid > .tile[data-image="{name}"]')
    reader.keyboard.press("4")
    expect(reader.locator("#undo .undo-line")).to_contain_text("4 of 5")
    second.locator(":scope > a").focus()
    address = re.compile(r"/images/\d+/(trash|rate)/")
    waiting = Held(reader, address)
    with reader.expect_request(address):
        reader.keyboard.press("2")
    reader.keyboard.press("Control+z")
    waiting.let_go()
    expect(reader.locator("#undo .undo-line")).to_have_count(0)
    marked(first, first.get_attribute("data-favourite") or "", "4")
    expect(second).to_have_attribute("data-rating", "0")


@pytest.mark.long
def test_pictures_that_are_thrown_away_quickly_all_go(filled_site: Site, browser: Browser) -> None:
    context = routed(browser.new_context(viewport=WIDE))
    page = signed_in(filled_site, context, path="/?q=-zebra")
    names = [tile_id(page.locator("#grid > .tile").nth(number)) for number in (20, 21, 22)]
    address = re.compile(r"/images/\d+/trash/")
    waiting = Held(page, address)
    for name in names:
        page.locator(f'#grid > .tile[data-image="{name}"] > a').focus()
        page.keyboard.press("Delete")
    waiting.let_go()
    for name in names:
        expect(page.locator(f'#grid > .tile[data-image="{name}"]')).to_have_count(0)
    context.close()


@pytest.mark.long
def test_moves_follow_each_other_and_one_that_fails_leaves_the_page(filled_site: Site, reader: Page) -> None:
    filled_site.manage("signin", "admin", "--create")
    reader.goto(collection(filled_site, "Arranged quickly", 5))
    reader.locator("[data-arrange]").click()
    cards = reader.locator("[data-arranged] > [data-image]")
    expect(cards).to_have_count(5)
    before = ids(cards)
    address = re.compile("/order/")
    waiting = Held(reader, address)
    cards.nth(0).locator(":scope > a").focus()
    with reader.expect_request(address):
        for _ in range(3):
            reader.keyboard.press("Shift+ArrowRight")
    waiting.let_go()
    expect(cards.nth(3)).to_have_attribute("data-image", before[0])
    moved = [*before[1:4], before[0], before[4]]
    assert ids(cards) == moved
    reader.reload()
    assert ids(cards) == moved

    reader.route(address, lambda route: route.abort())
    cards.nth(1).locator(":scope > a").focus()
    reader.keyboard.press("Shift+Home")
    expect(reader.locator("#notices")).to_contain_text("cannot be reached")
    assert ids(cards) == moved
    reader.unroute(address)
    reader.keyboard.press("Shift+Home")
    expect(cards.first).to_have_attribute("data-image", moved[1])
    # Other journeys look at what their pictures are in.
    taken_out = f"Collection.objects.get(name='Arranged quickly').remove([{', '.join(before)}])"
    filled_site.manage("shell", "-c", f"from gallery.models import Collection; {taken_out}")


@pytest.mark.long
def test_tags_that_are_given_quickly_are_all_shown(filled_site: Site, reader: Page) -> None:
    tile = at_a_tile(filled_site, reader, "/?q=-zebra", 15)
    reader.goto(f"{filled_site.url}/images/{tile_id(tile)}/")
    box = reader.locator("#tag-name")
    address = re.compile(r"/images/\d+/(un)?tag/")
    waiting = Held(reader, address)
    box.fill("quick one")
    with reader.expect_request(address):
        box.press("Enter")
    box.fill("quick two")
    box.press("Enter")
    box.press_sequentially("quick th")
    waiting.let_go()
    quick = reader.locator("[data-tag]", has_text="quick")
    expect(quick).to_have_text(["quick one", "quick two"])
    expect(box).to_have_value("quick th")
    expect(box).to_be_focused()
    box.press("Enter")
    expect(quick).to_have_count(3)
    expect(box).to_have_value("")
    with reader.expect_response(address):
        reader.get_by_role("button", name="Take the tag “quick one” away").click()
    expect(quick).to_have_text(["quick th", "quick two"])


@pytest.mark.long
def test_what_is_selected_while_a_deed_is_on_its_way_stays_selected(
    filled_site: Site, browser: Browser
) -> None:
    context = routed(browser.new_context(viewport=WIDE))
    page = signed_in(filled_site, context, path="/?q=-zebra")
    tiles = page.locator("#grid > .tile")
    names = [tile_id(tiles.nth(number)) for number in (26, 27, 28)]
    boxes = [page.locator(f'#grid > .tile[data-image="{name}"] .pick') for name in names]
    boxes[0].check(force=True)
    # A proxy whose server is away.
    refused = broken(page, "**/selection/trash/")
    page.locator('#selection [data-verb="trash"]').click()
    expect(page.locator("#notices")).to_contain_text("did not work")
    expect(boxes[0]).to_be_checked()
    assert refused
    page.unroute_all()

    waiting = Held(page, "**/selection/trash/")
    with page.expect_request("**/selection/trash/"):
        page.locator('#selection [data-verb="trash"]').click()
    boxes[1].check(force=True)
    expect(page.locator('#selection [data-verb="trash"]')).to_be_disabled()
    waiting.let_go()
    expect(boxes[0]).to_have_count(0)
    expect(boxes[1]).to_be_checked()
    expect(page.locator("[data-selected]")).to_have_text("1")
    # The way back stays while it does not work.
    broken(page, "**/selection/restore/")
    undo = page.locator("#notices").get_by_role("button", name="Undo")
    undo.click()
    expect(page.locator("#notices")).to_contain_text("did not work")
    page.unroute_all()
    undo.click()
    expect(boxes[0]).to_have_count(1)
    context.close()


@pytest.mark.long
def test_the_order_of_several_pictures_stays_while_their_form_is_drawn_anew(
    filled_site: Site, reader: Page
) -> None:
    reader.goto(f"{filled_site.url}/images/2/multi-edit/?input=3&input=4")
    rows = reader.locator("[data-arranging] li")
    expect(rows).to_have_count(3)
    waiting = Held(reader, "**/images/2/multi-edit/")
    with reader.expect_request("**/images/2/multi-edit/"):
        reader.locator("#multi-edit-model").select_option("nano-banana-2-edit")
    rows.nth(2).get_by_role("button", name="earlier").click()
    rows.nth(1).get_by_role("button", name="earlier").click()
    order = rows.evaluate_all("(all) => all.map((each) => each.dataset.input)")
    assert order == ["4", "2", "3"]

    waiting.let_go()
    expect(reader.locator("#multi-edit-form button.main")).to_contain_text("$0.1")
    expect(reader.locator(".htmx-settling, .htmx-swapping, .htmx-request")).to_have_count(0)
    assert rows.evaluate_all("(all) => all.map((each) => each.dataset.input)") == order
    expect(rows.first.get_by_role("button", name="earlier")).to_be_disabled()
    reader.locator("#multi-edit-prompt").fill("side by side")
    with reader.expect_request(lambda request: request.method == "POST") as sent:
        reader.locator("#multi-edit-form button.main").click()
    assert re.findall(r"(?<=[&^])input=(\d+)", sent.value.post_data or "") == order


@pytest.mark.long
def test_what_cannot_be_fetched_is_said_and_asked_for_again(filled_site: Site, reader: Page) -> None:
    """Models, a menu of the gallery, pictures to choose from, the next picture: none of them stays empty for good."""
    # What nobody answers.
    unanswered: list[str] = []
    reader.route(
        "**/*",
        lambda route: (
            route.abort() if any(part in route.request.url for part in unanswered) else route.continue_()
        ),
    )
    reader.goto(filled_site.url + "/create/")
    reader.locator("#id_prompt").fill(WORDS)
    dialog = reader.locator("dialog.picker")
    unanswered.append("/create/models/")
    reader.get_by_role("button", name="Models with pictures").click()
    expect(dialog.get_by_role("alert")).to_contain_text("could not be fetched")
    unanswered.clear()
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog.locator("[data-picker-search]")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()

    reader.goto(filled_site.url + "/?q=-zebra")
    folded = reader.locator(".filter:has([hx-get])").first
    menu = reader.locator(f'.filter[data-filter="{folded.get_attribute("data-filter")}"]')
    unanswered.append("/")
    menu.locator("summary").click()
    expect(reader.locator("#notices")).to_contain_text("cannot be reached")
    unanswered.clear()
    menu.locator("summary").click()
    menu.locator("summary").click()
    expect(menu.locator("a").first).to_be_visible()
    reader.keyboard.press("Escape")

    tile = reader.locator("#grid > .tile").nth(3)
    unanswered.append("/images/")
    tile.locator(":scope > a").focus()
    reader.keyboard.press("Enter")
    expect(reader.locator("#notices")).to_contain_text("could not be fetched")
    expect(reader.locator("#id_prompt")).to_have_value(WORDS)
    unanswered.clear()
    reader.keyboard.press("Enter")
    expect(reader.locator("#viewer")).to_have_attribute("data-viewer", tile_id(tile))


@pytest.mark.long
def test_pictures_that_are_ticked_stay_when_a_search_for_others_fails(
    filled_site: Site, reader: Page
) -> None:
    reader.goto(filled_site.url + "/images/2/multi-edit/")
    address = re.compile("/create/pictures/")
    reader.route(address, lambda route: route.fulfill(status=502, body="Bad Gateway"))
    reader.get_by_role("button", name="Choose pictures").click()
    dialog = reader.locator("dialog.picker")
    expect(dialog.get_by_role("alert")).to_contain_text("could not be fetched")
    reader.unroute(address)
    dialog.get_by_role("button", name="Try again").click()
    boxes = dialog.locator(".picker-choice:not(:disabled):not(:checked)")
    boxes.first.check(force=True)
    use = dialog.locator("[data-picker-use]")
    told = use.inner_text()
    reader.route(address, lambda route: route.fulfill(status=502, body="Bad Gateway"))
    dialog.locator("[data-picker-search]").fill("lighthouse")
    expect(dialog.locator("[data-picker-told]")).to_contain_text("could not be fetched")
    expect(use).to_have_text(told)
    reader.unroute(address)
    with reader.expect_response(address):
        dialog.get_by_role("button", name="Try again").click()
    expect(dialog.locator("[data-picker-told]")).not_to_contain_text("could not be fetched")
    expect(use).to_have_text(told)


@pytest.mark.long
def test_a_picker_that_is_opened_again_before_it_has_come_comes(filled_site: Site, reader: Page) -> None:
    reader.goto(filled_site.url + "/create/")
    dialog = reader.locator("dialog.picker")
    asked: list[Route] = []
    reader.route("**/create/models/**", lambda route: asked.append(route))
    with reader.expect_request("**/create/models/**"):
        reader.get_by_role("button", name="Models with pictures").click()
    reader.keyboard.press("Escape")
    with reader.expect_request("**/create/models/**"):
        reader.get_by_role("button", name="Models with pictures").click()
    expect(dialog).to_be_visible()
    asked[-1].continue_()
    expect(dialog.locator("[data-picker-search]")).to_be_visible()


def tile_id(tile: Locator) -> str:
    return tile.get_attribute("data-image") or ""


def ids(cards: Locator) -> list[str]:
    found: list[str] = cards.evaluate_all("(all) => all.map((each) => each.dataset.image)")
    return found
