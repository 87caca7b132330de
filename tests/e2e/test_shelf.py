"""Throwing away and bringing back, and collections: by mouse, by keyboard alone, by touch, and without scripts."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import WIDE, Site, signed_in, watched
from tests.e2e.test_grid import PHONE

TILES = "#grid > .tile"
CARDS = "#grid > [data-image]"


@pytest.fixture
def page(filled_site: Site, browser: Browser) -> Iterator[Page]:
    """A wide page whose console stays silent."""
    context = browser.new_context(viewport=WIDE)
    complaints = watched(context)
    yield signed_in(filled_site, context, path=None)
    context.close()
    assert complaints == []


def ids(page: Page, what: str = CARDS) -> list[str]:
    found: list[str] = page.locator(what).evaluate_all("(all) => all.map((each) => each.dataset.image)")
    return found


def collection(site: Site, name: str, count: int = 4) -> str:
    """The address of a new collection with the newest pictures, newest first."""
    made = site.manage(
        "shell",
        "-c",
        "from gallery.models import *; u = User.objects.get(username='admin');"
        f"c = Collection.objects.called({name!r}, u);"
        f"c.add(list(Image.objects.covers().order_by('-pk').values_list('pk', flat=True)[:{count}]), u);"
        "print(c.pk)",
    )
    return f"{site.url}/collections/{made.split()[-1]}/"


def test_a_key_throws_away_and_another_brings_back(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + "/?q=-zebra")
    before = ids(page)
    tile = page.locator(f'{TILES}[data-image="{before[2]}"]')
    top = page.locator(TILES).first.evaluate("(tile) => tile.getBoundingClientRect().top")
    tile.locator("a").focus()
    page.keyboard.press("Delete")
    expect(page.locator("#undo")).to_contain_text(f"Picture {before[2]} is in the trash")
    expect(tile).to_have_count(0)
    assert page.locator(TILES).first.evaluate("(tile) => tile.getBoundingClientRect().top") == top
    left = ids(page)
    assert before[2] not in left
    expect(page.locator(f'{TILES}[data-image="{left[2]}"] > a')).to_be_focused()

    page.keyboard.press("Control+z")
    expect(tile).to_have_count(1)
    expect(tile.locator("a")).to_be_focused()
    assert ids(page)[:20] == before[:20]
    expect(page.locator("#said")).to_have_text(f"Picture {before[2]} is back.")
    expect(page.locator("#undo form")).to_have_count(0)


def test_a_collection_is_arranged_by_keys_and_by_drag(filled_site: Site, page: Page) -> None:
    address = collection(filled_site, "Arranged")
    page.goto(address)
    page.locator("[data-arrange]").click()
    expect(page.locator(CARDS)).to_have_count(4)
    a, b, c, d = ids(page)
    page.locator(f'[data-image="{c}"] > a').focus()
    page.keyboard.press("Shift+Home")
    expect(page.locator(CARDS).first).to_have_attribute("data-image", c)
    expect(page.locator(f'[data-image="{c}"] > a')).to_be_focused()
    expect(page.locator("#said")).to_contain_text("is number 1 of the 4")
    page.locator(f'[data-image="{a}"]').get_by_role("button", name="Last").click()
    expect(page.locator(CARDS).last).to_have_attribute("data-image", a)
    with page.expect_response(re.compile("/order/")) as sent:
        page.locator(f'[data-image="{d}"] .grip').hover()
        page.mouse.down()
        box = page.locator(f'[data-image="{c}"]').bounding_box()
        assert box
        page.mouse.move(box["x"] + 10, box["y"] + 40, steps=8)
        expect(page.locator(CARDS).first).to_have_attribute("data-image", d)
        page.mouse.up()
    assert sent.value.status == 204
    assert ids(page) == [d, c, b, a]
    page.reload()
    assert ids(page) == [d, c, b, a]
    page.get_by_role("link", name="Done").click()
    expect(page.locator(TILES)).to_have_count(4)
    assert ids(page, TILES) == [d, c, b, a]


@pytest.mark.long
def test_who_arranges_many_by_keys_stays_among_them(filled_site: Site, page: Page) -> None:
    address = collection(filled_site, "Many", 130)
    page.goto(f"{address}?arrange=1")
    a, b, c = ids(page)[:3]
    said = page.locator("#said")
    page.locator(f'[data-image="{a}"] > a').focus()
    # At the end of all there is nothing to do.
    page.keyboard.press("Shift+ArrowLeft")
    expect(said).to_contain_text(f"Picture {a} is number 1 of the ")
    # On a page that is not here: the next one has the focus.
    page.keyboard.press("Shift+End")
    expect(said).to_have_text(f"Picture {a} is the last now, beyond those that are shown.")
    expect(page.locator(f'[data-image="{b}"] > a')).to_be_focused()
    page.locator(f'[data-image="{b}"]').get_by_role("button", name="Take out").press("Enter")
    expect(said).to_have_text(f"Picture {b} is not in this collection any more.")
    expect(page.locator(f'[data-image="{c}"]').get_by_role("button", name="Take out")).to_be_focused()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator(CARDS)).to_have_count(129)
    assert ids(page)[-1] == a


@pytest.mark.long
def test_two_who_arrange_at_once_see_what_they_did(filled_site: Site, page: Page) -> None:
    address = collection(filled_site, "Of two", 4)
    page.goto(f"{address}?arrange=1")
    a, b, c, d = ids(page)
    # Meanwhile somebody else has put the last one between the first two.
    filled_site.manage(
        "shell",
        "-c",
        f"from gallery.models import *; Collection.objects.get(name='Of two').place([{d}], {b})",
    )
    page.locator(f'[data-image="{a}"] > a').focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#said")).to_have_text(f"Picture {a} is number 2 of the 4 that are shown.")
    page.reload()
    assert ids(page) == [d, b, a, c]


@pytest.mark.long
def test_who_takes_words_away_by_keys_stays_beside_them(filled_site: Site, page: Page) -> None:
    filled_site.manage(
        "shell",
        "-c",
        # Other journeys may have tagged it.
        "from gallery.models import *; u = User.objects.get(username='admin');"
        "[tag.remove([20]) for tag in Tag.objects.all()];"
        "[Tag.objects.called(name, u).add([20], u) for name in ('dawn', 'dusk', 'night')]",
    )
    page.goto(f"{filled_site.url}/images/20/")
    chips = page.locator("#tags [data-tag]")
    expect(chips).to_have_count(3)
    for gone, beside in (("dawn", "dusk"), ("night", "dusk")):
        page.get_by_role("button", name=f"Take the tag “{gone}” away").press("Enter")
        expect(chips.filter(has_text=gone)).to_have_count(0)
        expect(chips.filter(has_text=beside)).to_be_focused()
    page.get_by_role("button", name="Take the tag “dusk” away").press("Enter")
    expect(page.locator("#tag-name")).to_be_focused()
    # A button that is drawn anew is the same one to who pressed it.
    sensitive = page.get_by_role("button", name="Sensitive")
    for pressed in ("true", "false"):
        sensitive.press("Enter")
        expect(sensitive).to_have_attribute("aria-pressed", pressed)
        expect(sensitive).to_be_focused()


@pytest.mark.long
def test_the_viewer_goes_on_and_comes_back(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + "/?q=-zebra")
    first, second = ids(page)[4:6]
    page.locator(f'{TILES}[data-image="{first}"]').click()
    viewer = page.locator("#viewer")
    expect(viewer).to_have_attribute("data-viewer", first)
    page.keyboard.press("Delete")
    expect(viewer).to_have_attribute("data-viewer", second)
    page.get_by_role("button", name="Undo").click()
    expect(viewer).to_have_attribute("data-viewer", first)
    expect(viewer.locator("[data-in-trash]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(f'{TILES}[data-image="{first}"] > a')).to_be_focused()


@pytest.mark.long
def test_one_after_the_other_comes_back_by_the_same_key(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + "/?q=-zebra")
    for number in ids(page)[6:9]:
        page.goto(f"{filled_site.url}/images/{number}/")
        page.get_by_role("button", name="Into the trash").click()
        expect(page.locator("#undo")).to_contain_text("is in the trash")
    page.goto(filled_site.url + "/trash/")
    count = page.locator("#grid > [data-image]").count()
    page.get_by_role("button", name="Restore").first.focus()

    for back in (1, 2, 3):
        page.keyboard.press("Enter")
        expect(page.locator("#grid > [data-image]")).to_have_count(count - back)


@pytest.mark.long
def test_the_trash_gives_back_and_is_emptied(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + "/?q=-zebra")
    gone = ids(page)[8]
    page.goto(f"{filled_site.url}/images/{gone}/")
    page.get_by_role("button", name="Into the trash").click()
    expect(page.locator("#undo")).to_contain_text("is in the trash")
    page.goto(filled_site.url + "/trash/")
    card = page.locator(f'[data-image="{gone}"]')
    card.get_by_role("button", name="Restore").click()
    expect(card).to_have_count(0)
    page.goto(f"{filled_site.url}/images/{gone}/")
    page.locator('[data-action="trash"] button').click()
    expect(page.locator("#undo")).to_contain_text("is in the trash")
    page.goto(filled_site.url + "/trash/")
    page.get_by_text("Empty…").click()
    page.get_by_role("button", name=re.compile("for good")).click()
    expect(page.locator("#notices")).to_contain_text("removed for good")
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()


@pytest.mark.long
def test_a_picture_is_collected_in_the_viewer(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + "/?q=-zebra")
    picture = ids(page)[5]
    page.locator(f'{TILES}[data-image="{picture}"]').click()
    page.locator("#collect summary").click()
    page.get_by_label("Collection, or a new name").fill("From the viewer")
    page.keyboard.press("Enter")
    expect(page.locator("#collect [data-collection]")).to_have_text("From the viewer")
    expect(page.locator("#said")).to_have_text(f"Picture {picture} is in “From the viewer”.")
    page.get_by_role("button", name="Out of “From the viewer”").click()
    expect(page.locator("#collect [data-collection]")).to_have_count(0)


@pytest.mark.long
def test_all_that_is_made_goes_there_until_it_is_let_go(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + "/create/")
    page.locator("#destination summary").click()
    page.get_by_label("All you make goes into this collection").fill("Campaign")
    page.keyboard.press("Enter")
    expect(page.locator("[data-destination]")).to_have_text("Campaign")
    page.locator("#id_prompt").fill("a heron that is delivered")
    page.locator("#create-submit").click()
    # Other journeys have made pictures in this sitting.
    made = page.locator("#create-sitting .card", has_text="a heron that is delivered")
    done = made.locator("[data-image]").first
    expect(done).to_be_visible(timeout=30_000)
    picture = done.get_attribute("data-image")
    page.locator("[data-destination]").click()
    expect(page.locator(f'{TILES}[data-image="{picture}"]')).to_have_count(1)
    page.get_by_role("button", name="Let go").click()
    expect(page.get_by_role("button", name="All I make goes here")).to_be_visible()


@pytest.mark.long
def test_a_finger_drags_by_the_grip(filled_site: Site, browser: Browser) -> None:
    address = collection(filled_site, "By touch")
    context = browser.new_context(viewport=PHONE, has_touch=True)
    page = signed_in(filled_site, context)
    page.goto(f"{address}?arrange=1")
    a, b, *rest = ids(page)
    target, grip = (
        page.locator(f'[data-image="{a}"]').bounding_box(),
        page.locator(f'[data-image="{b}"] .grip'),
    )
    box = grip.bounding_box()
    assert target
    assert box
    touch = context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        touch.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        )

    with page.expect_response(re.compile("/order/")):
        send("touchStart", (box["x"] + 10, box["y"] + 10))
        send("touchMove", (target["x"] + 12, target["y"] + 60))
        expect(page.locator(CARDS).first).to_have_attribute("data-image", b)
        send("touchEnd")
    page.reload()
    assert ids(page) == [b, a, *rest]
    context.close()


@pytest.mark.long
def test_all_of_it_without_scripts(filled_site: Site, browser: Browser) -> None:
    address = collection(filled_site, "Without scripts")
    context: BrowserContext = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = signed_in(filled_site, context)
    page.goto(address)
    page.locator("[data-arrange]").click()
    a, b, c, d = [each.get_attribute("data-image") for each in page.locator(CARDS).all()]
    page.locator(f'[data-image="{c}"]').get_by_role("button", name="Earlier").click()
    assert [each.get_attribute("data-image") for each in page.locator(CARDS).all()] == [a, c, b, d]
    page.locator(f'[data-image="{a}"] > a').click()
    page.get_by_role("button", name="Into the trash").click()
    expect(page.locator("[data-in-trash]")).to_contain_text("In the trash")
    page.locator("[data-in-trash]").get_by_role("button", name="Restore").click()
    expect(page.locator("[data-in-trash]")).to_have_count(0)
    page.locator("#collect summary").click()
    page.get_by_label("Collection, or a new name").fill("Another")
    page.get_by_role("button", name="Collect", exact=True).click()
    expect(page.locator("#collect [data-collection]", has_text="Another")).to_be_visible()
    context.close()


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("path", ["/trash/", "/collections/", "collection", "arrange", "/create/"])
def test_axe_finds_nothing(filled_site: Site, browser: Browser, path: str, scheme: str) -> None:
    address = f"{filled_site.url}{path}"
    if not path.startswith("/"):
        address = collection(filled_site, "Looked at") + ("?arrange=1" if path == "arrange" else "")
    context = browser.new_context(viewport=WIDE, color_scheme=scheme)  # type: ignore[arg-type]
    page = signed_in(filled_site, context)
    if path == "/trash/":
        page.goto(filled_site.url + "/?q=-zebra")
        page.locator(f"{TILES} > a").nth(9).focus()
        page.keyboard.press("Delete")
        expect(page.locator("#undo form")).to_have_count(1)
    page.goto(address)
    for summary in page.locator("main details.two-steps > summary").all():
        summary.click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    context.close()


@pytest.mark.parametrize("name", ["A new one", pytest.param("Another", marks=pytest.mark.long)])
def test_who_collects_by_keys_stays_beside_the_field(filled_site: Site, page: Page, name: str) -> None:
    page.goto(f"{filled_site.url}/images/5/")
    summary = page.locator("#collect summary")
    summary.focus()
    page.keyboard.press("Enter")
    page.locator("#collect-name").focus()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator("#collect .chip-form a", has_text=name)).to_be_visible()
    expect(summary).to_be_focused()
    page.locator("#collect .chip-form", has_text=name).get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#collect .chip-form a", has_text=name)).to_have_count(0)
    expect(page.locator("#main:focus, #main :focus")).to_have_count(1)


def test_who_compares_by_keys_goes_on_beside_what_was_thrown_away(filled_site: Site, page: Page) -> None:
    page.goto(f"{filled_site.url}/compare/?images=7,8,9")
    page.locator('.side[data-image="7"] [data-action="trash"] button').focus()
    page.keyboard.press("Enter")
    expect(page.locator('.side[data-image="7"]')).to_be_hidden()
    expect(page.locator('.side[data-image="8"] .picture')).to_be_focused()
    undo = page.locator("#undo").get_by_role("button", name="Undo")
    undo.focus()
    page.keyboard.press("Enter")
    expect(page.locator('.side[data-image="7"] .picture')).to_be_focused()


def test_who_closes_the_line_by_key_goes_on_where_the_picture_was(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + "/?q=-zebra")
    first, second, third = ids(page)[:3]
    page.locator(f'{TILES}[data-image="{first}"] > a').focus()
    page.keyboard.press("3")
    close = page.locator("#undo").get_by_role("button", name="Close")
    close.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f'{TILES}[data-image="{first}"] > a')).to_be_focused()
    page.locator(f'{TILES}[data-image="{second}"] > a').focus()
    page.keyboard.press("Delete")
    expect(page.locator("#undo")).to_contain_text(f"Picture {second} is in the trash")
    close.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#undo .undo-line")).to_have_count(0)
    expect(page.locator(f'{TILES}[data-image="{third}"] > a')).to_be_focused()


@pytest.mark.long
def test_the_line_is_closed_by_key_on_a_picture_and_in_a_comparison(filled_site: Site, page: Page) -> None:
    page.goto(filled_site.url + "/?q=-zebra")
    first, second, third = ids(page)[:3]
    close = page.locator("#undo").get_by_role("button", name="Close")
    page.locator(f'{TILES}[data-image="{first}"]').click()
    expect(page.locator("#viewer")).to_have_attribute("data-viewer", first)
    page.keyboard.press("4")
    close.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#viewer .stage")).to_be_focused()
    page.goto(f"{filled_site.url}/compare/?images={first},{second},{third}")
    page.locator(f'.side[data-image="{first}"] .picture').focus()
    page.keyboard.press("Delete")
    expect(page.locator(f'.side[data-image="{first}"]')).to_be_hidden()
    close.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f'.side[data-image="{second}"] .picture')).to_be_focused()
