"""Selecting many pictures and doing something with them: by mouse, by keys, by touch, and without scripts."""

import re
import zipfile
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.conftest import WIDE, Site, opened
from tests.e2e.test_shelf import collection

PHONE = {"width": 390, "height": 844}


def tile(page: Page, number: int) -> tuple[str, str]:
    """The tile's selector, and its picture's id."""
    pk = page.locator("#grid > .tile").nth(number).get_attribute("data-image") or ""
    return f'#grid > .tile[data-image="{pk}"]', pk


def rest_on(page: Page, selector: str) -> None:
    """A finger rests on that tile until it is selected."""
    box = page.locator(selector).bounding_box()
    assert box
    touch = page.context.new_cdp_session(page)
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(page.locator("[data-selected]")).to_have_text("1")
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_pictures_are_selected_done_something_with_and_brought_back(
    filled_site: Site, browser: Browser
) -> None:
    context, page, complaints = opened(filled_site, browser)
    bar, count = page.locator("#selection"), page.locator("[data-selected]")
    expect(bar).to_be_hidden()
    first, fourth = tile(page, 0), tile(page, 3)
    page.locator(first[0]).hover()
    page.locator(f"{first[0]} .pick").click()
    expect(count).to_have_text("1")
    # With Shift all in between; a click on a circle opens nothing.
    page.locator(fourth[0]).hover()
    page.locator(f"{fourth[0]} .pick").click(modifiers=["Shift"])
    expect(count).to_have_text("4")
    expect(page.locator(".layer")).to_have_count(0)
    # By keys: the tile with focus, one less.
    page.locator(f"{fourth[0]} > a").focus()
    page.keyboard.press("x")
    expect(count).to_have_text("3")
    page.reload()
    expect(count).to_have_text("3")
    expect(page.locator("#grid .pick:checked")).to_have_count(3)
    bar.get_by_role("button", name="★ Favourite").click()
    expect(page.locator("#notices")).to_contain_text("3 pictures added to your favourites.")
    expect(page.locator(first[0])).to_have_attribute("data-favourite", "true")
    expect(count).to_have_text("3")
    page.keyboard.press("Delete")
    expect(page.locator("#notices")).to_contain_text(re.compile("3 pictures put into the trash"))
    expect(page.locator(first[0])).to_have_count(0)
    expect(bar).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(first[0])).to_have_count(1)
    assert tile(page, 0) == first
    assert complaints == []
    context.close()


@pytest.mark.long
def test_a_deed_that_takes_long_says_that_it_goes_on(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser, is_routed=True)
    held: list[Route] = []
    page.route("**/selection/*/", lambda route: held.append(route))
    page.locator(f"{tile(page, 0)[0]} > a").focus()
    page.keyboard.press("x")
    page.keyboard.press("Delete")
    notices = page.locator("#notices")
    expect(notices).to_have_text("Working… This can take a minute.")
    expect(page.locator("#selection [data-verb=favourite]")).to_be_disabled()
    held.pop().continue_()
    expect(notices).to_contain_text("1 picture put into the trash.")
    expect(notices).not_to_contain_text("Working")
    page.get_by_role("button", name="Undo").click()
    undoing = page.locator("form[data-action=undo-trash]")
    words = "form => getComputedStyle(form, '::before').content"
    expect(undoing).to_have_class(re.compile("htmx-request"))
    assert "Working" in undoing.evaluate(words)
    held.pop().continue_()
    expect(notices).to_contain_text("1 picture taken out of the trash.")
    assert complaints == []
    context.close()


def test_what_is_selected_is_compared_in_its_order(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    chosen = [tile(page, 2), tile(page, 0)]
    for place, _ in chosen:
        page.locator(place).hover()
        page.locator(f"{place} .pick").click()
    page.locator("#selection").get_by_role("button", name="Compare", exact=True).click()
    expect(page).to_have_url(f"{filled_site.url}/compare/?images={chosen[0][1]},{chosen[1][1]}")
    # The way back finds them selected still.
    page.go_back()
    expect(page.locator("[data-selected]")).to_have_text("2")
    assert complaints == []
    context.close()


@pytest.mark.long
def test_after_the_button_a_click_selects_and_without_it_opens(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    count, layer = page.locator("[data-selected]"), page.locator(".layer")
    first, second = tile(page, 0)[0], tile(page, 1)[0]
    page.locator("[data-select]").click()
    page.locator(f"{first} > a").click()
    page.locator(f"{second} > a").click()
    expect(count).to_have_text("2")
    page.locator(f"{first} > a").click()
    page.locator(f"{second} > a").click()
    # It goes on until one says so, also with nothing selected.
    expect(count).to_have_text("0")
    expect(page.locator("#selection")).to_be_visible()
    # Who goes by keys selects with X; Enter opens.
    page.locator(f"{first} > a").focus()
    page.keyboard.press("Enter")
    expect(layer).to_have_count(1)
    page.keyboard.press("Escape")
    expect(layer).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#selection")).to_be_hidden()
    page.locator(first).hover()
    page.locator(f"{first} .pick").click()
    page.locator(f"{second} > a").click()
    expect(layer).to_have_count(1)
    assert complaints == []
    context.close()


@pytest.mark.long
def test_all_that_match_and_the_next_pages_too(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser, "/?q=-zebra")
    count = page.locator("[data-selected]")
    page.locator(f"{tile(page, 0)[0]} > a").focus()
    page.keyboard.press("Control+a")
    expect(count).not_to_have_text("0")
    page.locator("[data-select-all]").click()
    expect(count).to_contain_text("All")
    page.locator("#pager").scroll_into_view_if_needed()
    expect(page.locator("#grid > .tile").nth(70)).to_be_attached()
    expect(page.locator("#grid .pick:not(:checked)")).to_have_count(0)
    page.locator("#selection summary").click()
    page.get_by_label("Tag", exact=True).fill("campaign")
    page.get_by_role("button", name="Tag", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("tagged “campaign”")
    # The menu has closed behind what was done: Escape is for the selection.
    page.keyboard.press("Escape")
    expect(page.locator("#selection")).to_be_hidden()
    assert complaints == []
    context.close()


def test_one_out_of_all_that_match_leaves_those_in_view_and_says_so(
    filled_site: Site, browser: Browser
) -> None:
    context, page, complaints = opened(filled_site, browser, "/?q=-zebra")
    line, said = page.locator("#selection .count"), page.locator("#said")
    first, second = tile(page, 0)[0], tile(page, 1)[0]
    page.locator(f"{first} > a").focus()
    page.keyboard.press("x")
    page.locator("[data-select-all]").click()
    # All stay all when those in view are selected once more.
    page.keyboard.press("Control+a")
    expect(line).to_contain_text("All")
    expect(said).to_have_text("All that match are selected.")
    left = page.locator("#grid .pick").count() - 1
    page.locator(f"{first} > a").focus()
    page.keyboard.press("x")
    words = f"{left} of those in view selected; the others are not any more"
    expect(line).to_have_text(words)
    expect(said).to_have_text(f"{words}.")
    page.locator(f"{second} > a").focus()
    page.keyboard.press("x")
    expect(line).to_have_text(f"{left - 1} selected")
    # Several at once, too.
    page.locator("[data-select-all]").click()
    page.locator(f"{first} > a").focus()
    page.keyboard.press("Shift+x")
    expect(line).to_have_text(f"{left - 1} {words.partition(' ')[2]}")
    assert complaints == []
    context.close()


@pytest.mark.long
def test_they_are_taken_home(filled_site: Site, browser: Browser, tmp_path: Path) -> None:
    context, page, complaints = opened(filled_site, browser)
    for number in (0, 1):
        page.locator(f"{tile(page, number)[0]} > a").focus()
        page.keyboard.press("x")
    with page.expect_download() as waiting:
        page.locator('[data-verb="download"]').click()
    waiting.value.save_as(tmp_path / "taken.zip")
    with zipfile.ZipFile(tmp_path / "taken.zip") as found:
        assert found.testzip() is None
        assert {"pictures.csv", "pictures.json"} < set(found.namelist())
    expect(page.locator("[data-selected]")).to_have_text("2")
    assert complaints == []
    context.close()


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_on_a_phone_a_finger_that_rests_selects(filled_site: Site, browser: Browser, scheme: str) -> None:
    context, page, complaints = opened(
        filled_site, browser, viewport=PHONE, has_touch=True, is_mobile=True, color_scheme=scheme
    )
    first, second = tile(page, 0), tile(page, 1)
    rest_on(page, first[0])
    page.locator(second[0]).tap()
    expect(page.locator("[data-selected]")).to_have_text("2")
    expect(page.locator(".layer")).to_have_count(0)
    page.locator("[data-select-view]").tap()
    expect(page.locator("[data-selected]")).to_have_text(str(page.locator("#grid > .tile").count()))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.locator("[data-select-none]").tap()
    expect(page.locator("#selection")).to_be_hidden()
    assert complaints == []
    context.close()


@pytest.mark.long
def test_on_a_phone_they_are_collected_taken_home_and_compared(
    filled_site: Site, browser: Browser, tmp_path: Path
) -> None:
    context, page, complaints = opened(
        filled_site, browser, viewport=PHONE, has_touch=True, is_mobile=True, accept_downloads=True
    )
    some = [tile(page, number) for number in (0, 1)]
    rest_on(page, some[0][0])
    page.locator(some[1][0]).tap()
    expect(page.locator("[data-selected]")).to_have_text("2")
    page.locator("#selection summary").tap()
    page.locator("#collect-selected").fill("By finger")
    page.locator('[data-verb="collect"]').tap()
    expect(page.locator("#notices")).to_contain_text("2 pictures put into “By finger”.")
    page.locator("#selection summary").tap()
    with page.expect_download() as waiting:
        page.locator('[data-verb="download"]').tap()
    waiting.value.save_as(tmp_path / "taken.zip")
    with zipfile.ZipFile(tmp_path / "taken.zip") as found:
        assert found.testzip() is None
        assert len(found.namelist()) == 4

    for _, pk in some:
        page.goto(f"{filled_site.url}/images/{pk}/")
        page.locator('[data-action="compare"]').first.tap()
        expect(page.locator(f'#tray [data-gathered="{pk}"], #tray li')).not_to_have_count(0)
    page.goto(filled_site.url)
    page.locator("[data-compare-all]").tap()
    expect(page.locator(".side")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []
    context.close()


def test_without_scripts_boxes_and_buttons_do_it(filled_site: Site, browser: Browser) -> None:
    context, page, _ = opened(filled_site, browser, java_script_enabled=False)
    first, second = tile(page, 0), tile(page, 1)
    for selector, _pk in (first, second):
        page.locator(f"{selector} .pick").check()
    page.locator('[data-verb="trash"]').click()
    expect(page.locator("#notices")).to_contain_text("2 pictures put into the trash.")
    expect(page.locator(first[0])).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#notices")).to_contain_text("2 pictures taken out of the trash.")
    expect(page.locator(first[0])).to_have_count(1)
    context.close()


def test_without_scripts_all_that_match_is_a_box(filled_site: Site, browser: Browser) -> None:
    context, page, _ = opened(filled_site, browser, "/?q=castle", java_script_enabled=False)
    found = page.locator("[data-found]").inner_text()
    page.get_by_role("checkbox", name="All that match").check()
    page.locator('[data-verb="favourite"]').click()
    expect(page.locator("#notices")).to_contain_text(f"{found} pictures added to your favourites.")
    page.get_by_role("checkbox", name="All that match").check()
    page.locator('#selection [data-verb="unfavourite"]').evaluate(
        "each => each.closest('details').open = true"
    )
    page.locator('[data-verb="unfavourite"]').click()
    expect(page.locator("#notices")).to_contain_text(f"{found} pictures taken off your favourites.")
    context.close()


def test_the_key_undoes_what_went_together_before_what_was_done_earlier(
    filled_site: Site, browser: Browser
) -> None:
    context, page, complaints = opened(filled_site, browser)
    rated, first, second = (tile(page, number)[0] for number in (4, 1, 2))
    page.locator(f"{rated} > a").focus()
    page.keyboard.press("3")
    expect(page.locator("#undo")).to_contain_text(": 3 of 5.")
    for each in (first, second):
        page.locator(f"{each} > a").focus()
        page.keyboard.press("x")
    page.keyboard.press("Delete")
    expect(page.locator("#notices")).to_contain_text("2 pictures put into the trash.")
    page.keyboard.press("Control+z")
    expect(page.locator(first)).to_have_count(1)
    expect(page.locator(rated)).to_have_attribute("data-rating", "3")
    page.keyboard.press("Control+z")
    expect(page.locator(rated)).to_have_attribute("data-rating", "0")
    # Also when it is pressed before the answer has come.
    page.locator(f"{first} > a").focus()
    page.keyboard.press("5")
    expect(page.locator("#undo")).to_contain_text(": 5 of 5.")
    page.keyboard.press("x")
    with page.expect_response("**/selection/restore/") as restored:
        page.keyboard.press("Delete")
        page.keyboard.press("Control+z")
    assert restored.value.status == 200
    expect(page.locator(first)).to_have_attribute("data-rating", "5")
    page.keyboard.press("Control+z")
    expect(page.locator(first)).to_have_attribute("data-rating", "0")
    assert complaints == []
    context.close()


@pytest.mark.long
def test_what_goes_alone_is_selected_no_more_until_it_is_back(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    count = page.locator("[data-selected]")
    (first, pk), (second, _) = tile(page, 0), tile(page, 1)
    for each in (first, second):
        page.locator(f"{each} > a").focus()
        page.keyboard.press("x")
    page.locator(f"{first} > a").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#viewer")).to_have_attribute("data-viewer", pk)
    page.keyboard.press("Delete")
    expect(page.locator(first)).to_have_count(0)
    expect(count).to_have_text("1")
    page.keyboard.press("Control+z")
    expect(page.locator(first)).to_have_count(1)
    expect(count).to_have_text("2")
    assert complaints == []
    context.close()


@pytest.mark.long
def test_what_follows_comes_when_all_in_view_are_gone(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser, viewport=PHONE)
    expect(page.locator('#pager [rel="next"]')).to_have_count(1)
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.locator("#notices")).to_contain_text("pictures put into the trash")
    # There is nothing to scroll.
    expect(page.locator("#grid > .tile")).not_to_have_count(0)
    page.locator("#notices").get_by_role("button", name="Undo").click()
    expect(page.locator("#notices")).to_contain_text("pictures taken out of the trash")
    assert complaints == []
    context.close()


@pytest.mark.long
def test_what_was_emptied_meanwhile_does_not_come_back(filled_site: Site, browser: Browser) -> None:
    context, page, _ = opened(filled_site, browser)
    selector, pk = tile(page, 5)
    page.locator(f"{selector} > a").focus()
    page.keyboard.press("x")
    page.keyboard.press("Delete")
    expect(page.locator("#notices")).to_contain_text("1 picture put into the trash.")
    filled_site.manage("shell", "-c", f"from gallery.models import *; Image.objects.empty([{pk}])")
    page.locator("#notices").get_by_role("button", name="Undo").click()
    expect(page.locator("#notices")).to_contain_text("Nothing of it is in the trash any more.")
    expect(page.locator(selector)).to_have_count(0)
    context.close()


@pytest.mark.long
def test_what_another_has_thrown_away_is_not_selected(filled_site: Site, browser: Browser) -> None:
    for name in ("admin", "reader"):
        filled_site.manage("signin", name, "--create")
    own = filled_site.manage(
        "shell",
        "-c",
        "from gallery.models import *; u = User.objects.get(username='reader');"
        "admin = User.objects.get(username='admin');"
        "User.objects.filter(pk=u.pk).update(is_staff=False, is_superuser=False);"
        "pk = Image.objects.covers().latest('pk').pk; Image.objects.trash([pk], admin); print(pk)",
    ).split()[-1]
    context, page, complaints = opened(filled_site, browser, "/trash/", name="reader")
    page.locator(f"#grid > [data-image='{own}'] a").focus()
    page.keyboard.press("x")
    expect(page.locator("#notices")).to_contain_text("Only who made a picture, or staff, may bring it back.")
    expect(page.locator("#selection")).to_be_hidden()
    assert complaints == []
    context.close()
    filled_site.manage("shell", "-c", f"from gallery.models import *; Image.objects.restore([{own}])")


@pytest.mark.long
def test_what_is_selected_is_taken_out_of_its_collection(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    page.goto(collection(filled_site, 'Narrowed "down"'))
    first, second = tile(page, 0)[0], tile(page, 2)[0]
    page.locator("[data-select]").click()
    for each in (first, second):
        page.locator(each).click()
    page.locator("#selection summary").click()
    page.get_by_role("button", name="Take out of this collection").click()
    expect(page.locator("#notices")).to_contain_text('2 pictures taken out of “Narrowed "down"”.')
    expect(page.locator("#grid > .tile")).to_have_count(2)
    for each in (first, second):
        expect(page.locator(each)).to_have_count(0)
    page.reload()
    expect(page.locator("#grid > .tile")).to_have_count(2)
    assert complaints == []
    context.close()


@pytest.mark.long
def test_a_list_whose_tag_is_renamed_goes_on_with_no_other(filled_site: Site, browser: Browser) -> None:
    """What is selected further down would be of the whole gallery."""
    context, page, complaints = opened(filled_site, browser, viewport=PHONE)
    ask = "from gallery.models import *; u = User.objects.get(username='admin');"
    every = "list(Image.objects.covers().values_list('pk', flat=True))"
    filled_site.manage("shell", "-c", f"{ask} Tag.objects.called('passing', u).add({every}, u)")
    page.goto(f"{filled_site.url}/?q=tag:passing")
    expect(page.locator('#pager [rel="next"]')).to_have_count(1)
    filled_site.manage("shell", "-c", f"{ask} Tag.objects.filter(name='passing').merge('past', u)")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("[data-search-problem]")).to_contain_text("was not searched")
    assert complaints == []
    context.close()


def test_what_lies_in_the_trash_is_selected_there(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    some = [tile(page, number) for number in range(3)]
    for selector, _pk in some:
        page.locator(f"{selector} > a").focus()
        page.keyboard.press("x")
    page.keyboard.press("Delete")
    expect(page.locator("#notices")).to_contain_text("3 pictures put into the trash.")

    page.goto(f"{filled_site.url}/trash/")
    first, second, third = (page.locator(f"#grid > [data-image='{pk}']") for _, pk in some)
    expect(page.locator("#selection")).to_be_hidden()
    page.locator("[data-select]").click()
    for each in (first, second):
        each.locator(".tile").click()
    expect(page.locator("[data-selected]")).to_have_text("2")
    page.locator('[data-verb="restore"]').click()
    expect(page.locator("#notices")).to_contain_text("2 pictures taken out of the trash.")
    expect(first).to_have_count(0)
    expect(third).to_have_count(1)

    third.locator(".tile").focus()
    page.keyboard.press("x")
    page.locator('[data-verb="restore"]').click()
    expect(page.locator("#notices")).to_contain_text("1 picture taken out of the trash.")
    assert complaints == []
    context.close()


def test_what_is_selected_is_marked_as_sensitive_where_it_stands(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    first = tile(page, 0)[0]
    page.locator(f"{first} > a").focus()
    page.keyboard.press("x")
    page.locator("#selection summary").click()
    for verb, said in (
        ("mark_sensitive", "marked as sensitive"),
        ("unmark_sensitive", "not sensitive any more"),
    ):
        page.locator(f'[data-verb="{verb}"]').click()
        expect(page.locator("#notices")).to_contain_text(f"1 picture {said}.")
        expect(page.locator(f"{first}.sensitive")).to_have_count(int(verb == "mark_sensitive"))
        expect(page.locator("#grid > .sensitive")).to_have_count(int(verb == "mark_sensitive"))
    assert complaints == []
    context.close()


def test_names_are_offered_to_what_is_selected(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    page.locator(f"{tile(page, 0)[0]} > a").focus()
    page.keyboard.press("x")
    page.locator("#selection summary").click()
    for number, deed in enumerate(("tag", "collect")):
        page.locator(f"#{deed}-selected").fill(f"Offered {number}")
        page.locator(f'[data-verb="{deed}"]').click()
        expect(page.locator("#notices")).to_contain_text(f"“Offered {number}”")
    page.reload()
    page.locator("#selection summary").click()
    page.locator("#tag-selected").press_sequentially("offer")
    expect(page.locator('#selected-tags option[value="Offered 0"]')).to_have_count(1)
    page.locator("#collect-selected").focus()
    expect(page.locator('#selected-collections option[value="Offered 1"]')).to_have_count(1)
    assert complaints == []
    context.close()


#: How far two boxes lie over each other, in pixels each way; what is not shown lies over nothing.
OVERLAP = """([one, other]) => {
  const [a, b] = [one, other].map((each) => document.querySelector(each).getBoundingClientRect());
  const [wide, high] = [["left", "right"], ["top", "bottom"]].map(
    ([from, to]) => Math.min(a[to], b[to]) - Math.max(a[from], b[from]));
  return wide > 0 && high > 0 ? Math.min(wide, high) : 0;
}"""


@pytest.mark.parametrize(
    "width", [834, *(pytest.param(width, marks=pytest.mark.long) for width in (390, 1090, 1440))]
)
def test_what_unfolds_lies_above_the_bar(filled_site: Site, browser: Browser, width: int) -> None:
    context, page, _ = opened(filled_site, browser, viewport={"width": width, "height": 900})
    page.locator(f"{tile(page, 0)[0]} > a").focus()
    page.keyboard.press("x")
    fold = page.locator("#selection summary")
    fold.click()
    for button in page.locator("#selection .choices button").all():
        expect(button).to_be_in_viewport()
    assert page.evaluate(OVERLAP, ["#selection summary", "#selection .choices"]) == 0
    fold.click()
    expect(page.locator("#selection .choices")).to_be_hidden()
    context.close()


@pytest.mark.long
def test_nothing_lies_over_how_many_are_selected_nor_undo_over_its_words(
    filled_site: Site, browser: Browser
) -> None:
    context, page, complaints = opened(filled_site, browser)
    for each in (tile(page, 0), tile(page, 1)):
        page.locator(f"{each[0]} > a").focus()
        page.keyboard.press("c")
        page.keyboard.press("x")
    expect(page.locator("#tray")).to_be_visible()
    expect(page.locator("[data-selected]")).to_have_text("2")
    for width in (1440, 1000, 760, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(OVERLAP, ["#tray", "#selection"]) == 0, width
    page.set_viewport_size(WIDE)
    page.locator("#selection").get_by_role("button", name="Trash").click()
    expect(page.locator("#notices form button")).to_be_visible()
    assert page.evaluate(OVERLAP, ["#notices form button", "#notices span"]) == 0
    page.locator("#notices").get_by_role("button", name="Undo").click()
    expect(page.locator("#notices form")).to_have_count(0)
    assert complaints == []
    context.close()


@pytest.mark.long
def test_by_keys_alone_what_is_selected_is_tagged(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    page.locator(f"{tile(page, 0)[0]} > a").focus()
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")

    # Not two or three stops for each tile of the page.
    page.keyboard.press("g")
    summary = page.locator("#selection summary")
    for _ in range(4):
        if not summary.evaluate("each => each === document.activeElement"):
            page.keyboard.press("Tab")
    expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("#tag-selected").press_sequentially("by keys")
    page.keyboard.press("Enter")

    expect(page.locator("#notices")).to_contain_text("2 pictures tagged")
    page.locator("#collect-selected").press_sequentially("By keys")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("2 pictures put into")
    assert complaints == []
    context.close()


def focused(page: Page) -> str | None:
    """The picture whose tile has the focus; None when none has."""
    return page.evaluate("document.activeElement.closest('[data-image]')?.dataset.image ?? null")


@pytest.mark.parametrize("by_key", [False, pytest.param(True, marks=pytest.mark.long)])
def test_who_goes_by_keys_goes_on_beside_what_was_thrown_away(
    filled_site: Site, browser: Browser, by_key: bool
) -> None:
    context, page, complaints = opened(filled_site, browser)
    first, second, third = (tile(page, number) for number in range(3))
    for each in (first, second):
        page.locator(f"{each[0]} > a").focus()
        page.keyboard.press("x")
    if by_key:
        page.keyboard.press("Delete")
    else:
        page.locator('[data-verb="trash"]').focus()
        page.keyboard.press("Enter")
    expect(page.locator(second[0])).to_have_count(0)
    expect(page.locator(f"{third[0]} > a")).to_be_focused()
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{first[0]} > a")).to_be_focused()
    assert complaints == []
    context.close()


@pytest.mark.long
def test_no_button_of_the_bar_loses_the_focus(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser)
    second = tile(page, 1)
    page.locator(f"{second[0]} > a").focus()
    page.keyboard.press("x")
    favourite = page.locator('[data-verb="favourite"]')
    favourite.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("1 picture added")
    expect(favourite).to_be_focused()
    page.locator("[data-select-all]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-select-none]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#selection")).to_be_hidden()
    assert focused(page) == second[1]
    page.keyboard.press("x")
    page.locator("[data-select-none]").focus()
    page.keyboard.press("Enter")
    assert focused(page) == second[1]
    assert complaints == []
    context.close()
