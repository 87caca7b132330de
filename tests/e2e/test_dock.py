"""The composer on every page: by touch, by mouse, by keys, over a picture, without scripts."""

import re
from functools import partial
from io import BytesIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image as Pillow
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.e2e import conftest
from tests.e2e.conftest import Site

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PASTE = """([target, bytes]) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([new Uint8Array(bytes)], "image.png", { type: "image/png" }));
    target.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""
#: What can be pressed and cannot be brought out from under the bars, at the end of the page.
COVERED = """() => {
  scrollTo(0, document.documentElement.scrollHeight);
  const top = Math.min(...[...document.querySelectorAll(".dock, .bar")]
    .filter((each) => getComputedStyle(each).position === "fixed")
    .map((each) => each.getBoundingClientRect().top));
  return [...document.querySelectorAll("main :is(a[href], button, input, select, summary)")]
    .filter((each) => each.checkVisibility() && !each.closest(".dock"))
    .filter((each) => each.getBoundingClientRect().bottom > top + 1)
    .map((each) => each.outerHTML.slice(0, 120));
}"""


opened = partial(conftest.opened, name="dora")


def axe(page: Page) -> list[str]:
    return [
        f"{each['id']}: {[node['target'] for node in each['nodes'][:3]]}"
        for each in Axe().run(page).response["violations"]
    ]


def done(place: Locator) -> Locator:
    return place.locator('[data-generation][data-state="done"]')


MADE_BY_WORDS = """
from gallery.models import Image
made = Image.objects.exclude(seed=None).exclude(prompt=None).filter(generation__kind="generate").order_by("pk")
print(*made.values_list("pk", "prompt__text")[0], sep="\\n")
"""


def test_what_a_picture_gives_comes_into_the_line_and_can_be_undone(
    filled_site: Site, browser: Browser
) -> None:
    picture, words = filled_site.manage("shell", "-v0", "-c", MADE_BY_WORDS).split("\n", 1)
    address = f"/images/{picture}/"
    context, page, complaints = opened(filled_site, browser, address)
    prompt, said = page.locator("#id_prompt"), page.locator("#composer-said")
    prompt.fill("my own words")

    page.get_by_role("link", name="Remix").click()

    expect(prompt).to_have_value(words)
    expect(prompt).to_be_focused()
    expect(said).to_contain_text(f"Filled from picture {picture}.")
    expect(page.locator("#said")).to_contain_text("Filled from picture")
    page.get_by_role("link", name="Use seed").click()
    expect(page.locator(".create-fixed-seed")).to_be_visible()
    assert page.url == filled_site.url + address
    expect(page.locator("[data-composer]")).not_to_have_attribute("data-unsaved", "")
    # It is the draft now, on every page.
    page.goto(filled_site.url + "/prompts/")
    expect(prompt).to_have_value(words)
    expect(page.locator(".create-fixed-seed")).to_have_count(1)

    page.goto(filled_site.url + address)
    page.get_by_role("link", name="Use seed").click()
    expect(said).to_have_text("All of it stands here already.")
    prompt.fill("other words")
    page.get_by_role("link", name="Use prompt").click()
    expect(prompt).to_have_value(words)
    said.get_by_role("button", name="Undo").click()
    expect(said).to_have_text("As it was before.")
    expect(prompt).to_have_value("other words")
    assert complaints == []
    context.close()


def test_where_no_line_is_shown_a_picture_gives_it_to_the_whole_form(
    filled_site: Site, browser: Browser
) -> None:
    context, page, complaints = opened(filled_site, browser, "/", viewport=PHONE)
    page.locator("#grid > .tile > a").first.click()
    expect(page.locator('.layer [data-action="remix"]')).to_be_attached()
    expect(page.locator(".layer #dock")).to_be_hidden()

    page.keyboard.press("r")

    page.wait_for_url("**/create/?image=*&use=remix")
    assert complaints == []
    context.close()


def test_undo_that_is_pressed_the_moment_it_comes_undoes_and_spends_nothing(
    filled_site: Site, browser: Browser
) -> None:
    """A key can be faster than htmx, which looks at new buttons some milliseconds later."""
    context, page, complaints = opened(filled_site, browser, "/images/1/", name="otto")
    page.locator("#id_prompt").fill("my own words")
    page.evaluate(
        """document.addEventListener("htmx:afterSwap", () => {
          const undo = document.querySelector("#composer-said button[name=undo]");
          if (undo && !window.isPressed) undo.click(), (window.isPressed = true);
        })"""
    )
    with page.expect_request(
        lambda request: request.method == "POST" and "undo" in (request.post_data or "")
    ):
        page.get_by_role("link", name="Use all").click()

    expect(page.locator("#composer-said")).to_contain_text("As it was before.")
    expect(page.locator("#id_prompt")).to_have_value("my own words")
    assert complaints == []
    context.close()


@pytest.mark.long
def test_what_a_picture_gives_never_costs_words(filled_site: Site, browser: Browser) -> None:
    """Keys one after the other, two links before an answer, another tab's words, no network, a model on its way."""
    picture, words = filled_site.manage("shell", "-v0", "-c", MADE_BY_WORDS).split("\n", 1)
    context, page, _ = opened(filled_site, browser, f"/images/{picture}/", name="gina", is_routed=True)
    prompt, said, notice = (
        page.locator(f"#{name}") for name in ("id_prompt", "composer-said", "draft-notice")
    )
    undo = said.get_by_role("button", name="Undo")
    prompt.fill("my own words")
    prompt.press("Escape")

    # A key that takes one thing leaves the next key a key.
    page.keyboard.press("p")
    page.keyboard.press("s")
    expect(page.locator(".create-fixed-seed")).to_be_visible()
    expect(prompt).to_have_value(words)
    expect(prompt).not_to_be_focused()
    page.keyboard.press("r")
    expect(prompt).to_be_focused()
    # What stands there already leaves the way back; the line that grows with the focus moves it from no press.
    page.get_by_role("link", name="Use prompt").click()
    expect(said).to_contain_text("All of it stands here already.")
    undo.click()
    expect(said).to_contain_text("As it was before.")
    page.get_by_role("link", name="Use all").click()
    # The button that undoes goes: the focus goes on in the words.
    undo.press("Enter")
    expect(said).to_contain_text("As it was before.")
    expect(prompt).to_be_focused()

    prompt.fill("these words wait")
    change = page.expect_response(
        lambda answer: answer.request.post_data and "change-model" in answer.request.post_data
    )
    with change:
        page.locator("#id_model").select_option(index=2)
        page.get_by_role("link", name="Use prompt").click()
    model = page.locator("#id_model").input_value()
    expect(said).to_contain_text("Filled from")
    expect(prompt).to_have_value(words)
    expect(page.locator("#id_model")).to_have_value(model)

    held: list[Route] = []
    page.route("**/create/?*", lambda route: held.append(route))
    with page.expect_request("**/create/?*"):
        page.get_by_role("link", name="Remix").click()
    # Nothing is spent on words that are about to go.
    expect(page.locator("#create-submit")).to_be_disabled()
    held[0].continue_()
    expect(page.locator("#create-submit")).to_be_enabled()
    page.unroute("**/create/?*")

    page.wait_for_load_state("networkidle")

    context.set_offline(True)
    page.get_by_role("link", name="Use size").click()
    expect(notice).to_have_text("The server cannot be reached. Nothing was filled in.")
    expect(page.locator("#create-submit")).to_be_enabled()
    context.set_offline(False)

    other = context.new_page()
    other.goto(filled_site.url + "/prompts/")
    with other.expect_response("**/create/draft/"):
        other.locator("#id_prompt").fill("of the other tab")
    prompt.fill("long words of mine")
    page.get_by_role("link", name="Use seed").click()
    expect(notice).to_contain_text("Changed on another device.")
    expect(prompt).to_have_value("long words of mine")
    context.close()


def test_on_a_phone_it_is_one_line_that_opens(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(
        filled_site, browser, "/prompts/1/", viewport=PHONE, has_touch=True, is_mobile=True
    )
    dock, prompt = page.locator("#dock"), page.locator("#id_prompt")
    expect(page.locator("body")).to_be_focused()
    expect(page.locator("#id_model")).to_be_hidden()
    assert page.evaluate(COVERED) == []
    assert axe(page) == []
    prompt.tap()
    expect(page.locator("#id_model")).to_be_visible()
    # Letters of keys are letters here.
    page.keyboard.type("fix a red boat")
    expect(prompt).to_have_value("fix a red boat")
    assert axe(page) == []
    page.locator("#create-submit").tap()
    expect(page.locator("#active [data-generation]")).to_have_count(1)
    expect(dock.locator("#composer-said")).to_have_text(re.compile(r"Asked for:\s+generation \d+\."))
    expect(prompt).not_to_be_focused()
    expect(done(page.locator("#active"))).to_have_count(1, timeout=20_000)
    page.goto(filled_site.url + "/queue/")
    expect(prompt).to_have_value("fix a red boat")
    assert complaints == []
    context.close()


@pytest.mark.long
@pytest.mark.parametrize(
    "path",
    [
        "/images/1/",
        "/images/1/lineage/",
        "/generations/1/",
        "/prompts/",
        "/prompts/1/",
        "/collections/",
        "/queue/",
    ],
)
@pytest.mark.parametrize("look", [(390, "light"), (1440, "dark")])
def test_nothing_stays_under_it(
    filled_site: Site, browser: Browser, path: str, look: tuple[int, str]
) -> None:
    width, scheme = look
    context, page, complaints = opened(
        filled_site, browser, path, viewport={"width": width, "height": 844}, color_scheme=scheme
    )
    assert page.evaluate(COVERED) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    # Nor does what the keyboard comes to lie under it.
    page.evaluate("scrollTo(0, 0)")
    for _ in range(12):
        page.keyboard.press("Tab")
    under = """() => { const one = document.activeElement.getBoundingClientRect();
      const dock = document.querySelector(".dock");
      return !dock.contains(document.activeElement) && one.top >= dock.getBoundingClientRect().top; }"""
    assert not page.evaluate(under)
    page.locator("#id_prompt").focus()
    assert axe(page) == []
    assert complaints == []
    context.close()


@pytest.mark.long
def test_over_a_picture_it_is_the_same_one(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser, "/")
    prompt = page.locator("#id_prompt")
    prompt.fill("typed in the gallery")
    page.locator("#grid > .tile").nth(2).click()
    expect(page.locator(".layer .stage")).to_be_focused()
    prompt.press("End")
    # Arrows, F and X are the words' own; Esc leaves the words first, and the picture then.
    prompt.press_sequentially(" fix")
    prompt.press("ArrowLeft")
    expect(page.locator("[data-viewer]")).to_have_count(1)
    here = page.locator("#viewer").get_attribute("data-viewer")
    assert axe(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.locator("#fresh [data-generation]")).to_have_count(1)
    expect(done(page.locator("#fresh"))).to_have_count(1, timeout=20_000)
    assert page.locator("#viewer").get_attribute("data-viewer") == here
    prompt.focus()
    page.keyboard.press("Escape")
    expect(prompt).not_to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".layer")).to_have_count(0)
    expect(prompt).to_have_value("typed in the gallery fix")
    # Back at its place it makes what it made before it was lent.
    expect(page.locator(".dock")).to_have_count(0)
    page.locator("#create-submit").click()
    expect(page.locator("#active [data-generation]")).to_have_count(1)
    page.reload()
    expect(prompt).to_have_value("typed in the gallery fix")
    assert complaints == []
    context.close()


@pytest.mark.long
def test_a_picture_is_dragged_onto_it_from_the_viewer(filled_site: Site, browser: Browser) -> None:
    """From a page of its own, over a grid, from the filmstrip; what is enlarged is moved on the stage instead."""
    context, page, complaints = opened(filled_site, browser, "/images/5/")
    dialog = page.locator("dialog.dropped")
    prompt = page.locator("#id_prompt")
    prompt.fill("my own words")
    page.locator(".sheet .whole").drag_to(prompt)
    expect(dialog.get_by_role("link", name="Use all")).to_have_attribute("href", "/create/?image=5&use=all")
    page.keyboard.press("Escape")
    strip = page.locator(".strip a").first
    other = strip.get_attribute("data-strip")
    strip.drag_to(prompt)
    expect(dialog.get_by_role("link", name="Use all")).to_have_attribute(
        "href", f"/create/?image={other}&use=all"
    )
    page.keyboard.press("Escape")
    expect(prompt).to_have_value("my own words")

    page.locator('[data-zoom="in"]').click()
    page.locator('[data-zoom="in"]').click()
    page.locator(".sheet .whole").drag_to(prompt)
    expect(dialog).to_have_count(0)

    page.goto(filled_site.url + "/")
    page.locator("#grid > .tile").nth(1).click()
    here = page.locator("#viewer").get_attribute("data-viewer")
    page.locator(".layer .sheet .whole").drag_to(prompt)
    dialog.get_by_role("link", name="Use as style reference").click()
    expect(page.locator("[data-style-references] [type=checkbox]")).to_be_checked()
    expect(page.locator("#id_prompt")).to_have_value("my own words")
    assert here
    assert complaints == []
    context.close()


@pytest.mark.long
def test_a_tile_of_any_grid_is_dragged_onto_it(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser, "/prompts/1/")
    tile = page.locator("#grid > .tile").first
    image = tile.get_attribute("data-image")
    tile.drag_to(page.locator("#id_prompt"))
    dialog = page.locator("dialog.dropped")
    expect(dialog.get_by_role("link", name="Use all")).to_have_attribute(
        "href", f"/create/?image={image}&use=all"
    )
    dialog.get_by_role("link", name="Upscale").click()
    page.wait_for_url(f"**/images/{image}/upscale/")
    assert complaints == []
    context.close()


@pytest.mark.long
def test_a_picture_is_pasted_into_it(filled_site: Site, browser: Browser) -> None:
    """Of a file it becomes an upload of one's own; pasted words are words."""
    context, page, complaints = opened(filled_site, browser, "/prompts/")
    prompt = page.locator("#id_prompt")
    prompt.fill("beside my words")
    out = BytesIO()
    Pillow.new("RGB", (320, 256), "teal").save(out, "PNG")
    page.evaluate(PASTE, [prompt.element_handle(), list(out.getvalue())])
    dialog = page.locator("dialog.dropped")
    edit = dialog.get_by_role("link", name="Edit", exact=True)
    expect(edit).to_have_attribute("href", re.compile(r"^/uploads/\d+/edit/$"))
    assert axe(page) == []
    edit.click()
    expect(page.locator("#edit-form")).to_be_visible()
    page.goto(filled_site.url + "/prompts/")
    expect(prompt).to_have_value("beside my words")
    assert complaints == []
    context.close()


@pytest.mark.long
def test_words_that_are_typed_while_an_answer_is_on_its_way_stay(filled_site: Site, browser: Browser) -> None:
    """Here and in the form of an edit: the answer knows the words of then alone."""
    context, page, complaints = opened(filled_site, browser, "/prompts/", is_routed=True)
    held: list[Route] = []
    for path, box, model in (
        ("/prompts/", "#id_prompt", "venice-sd35"),
        ("/images/7/edit/", "#edit-prompt", "nano-banana-2-edit"),
    ):
        page.goto(filled_site.url + path)
        words = page.locator(box)
        words.fill("before")
        held.clear()
        # The first question is held, until more is typed.
        page.route(
            re.compile(r"/(create|edit)/$"), lambda route: route.continue_() if held else held.append(route)
        )
        with page.expect_request(re.compile(r"/(create|edit)/$")):
            page.locator(box.replace("prompt", "model")).select_option(model)
        words.press("End")
        words.press_sequentially(" and after")
        with page.expect_response(re.compile(r"/(create|edit)/$")):
            held[0].continue_()
        page.unroute_all()
        expect(page.locator(box.replace("prompt", "model"))).to_have_value(model)
        page.wait_for_load_state("networkidle")
        expect(words).to_have_value("before and after")
        page.reload()
        expect(words).to_have_value("before and after")
    assert complaints == []
    context.close()


@pytest.mark.long
def test_where_no_card_appears_it_is_said(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser, "/compare/?images=1,2")
    page.locator("#id_prompt").fill("a boat for two")
    page.locator("#id_count").select_option("2")
    expect(page.locator("#create-submit")).to_have_text(re.compile(r"\$0\.02"))
    page.locator("#create-submit").click()
    expect(page.locator("#said")).to_have_text("Asked for: 2 pictures.")
    expect(page.locator("#queue-count .count")).to_be_visible()
    page.locator("#composer-said a").click()
    page.wait_for_url("**/batches/*/")
    # A refusal is told in its place.
    page.locator("#id_prompt").fill("")
    page.locator("#create-submit").click()
    expect(page.locator("#composer-problems [data-error-for=prompt]")).to_be_visible()
    assert [text for text in complaints if "422" not in text] == []
    context.close()


@pytest.mark.long
def test_without_javascript_it_is_a_form(filled_site: Site, browser: Browser) -> None:
    context, page, _ = opened(filled_site, browser, "/prompts/1/", viewport=PHONE, java_script_enabled=False)
    page.locator("#id_prompt").fill("no scripts")
    page.locator("#id_count").select_option("2")
    page.locator("#create-submit").click()
    # The price of the button was that of one: the form says so, with all that was typed.
    expect(page.locator("#create-form [data-error-for=price]")).to_contain_text("$0.02")
    expect(page.locator("#create-form [name=prompt]")).to_have_value("no scripts")
    page.locator("#create-form #create-submit").click()
    expect(page).to_have_url(re.compile(r"/batches/\d+/$"))
    context.close()
