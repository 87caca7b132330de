"""Models, styles and shapes are chosen by pictures: with a mouse, by keyboard, on a phone, and without JavaScript."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, signed_in, watched

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def opened(page: Page, name: str) -> None:
    """The picker of that name lies open with all of its cards."""
    page.get_by_role("button", name=name).click()
    expect(page.locator("dialog.picker[open] .picker-choice").nth(20)).to_be_attached()


def settled(page: Page) -> None:
    """The form of the model that was chosen has come, and listens."""
    expect(page.locator(".htmx-settling, .htmx-swapping, .htmx-request")).to_have_count(0)


@pytest.mark.long
def test_a_model_is_chosen_with_the_mouse(filled_site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport=WIDE)
    complaints = watched(context)
    page = signed_in(filled_site, context, path="/create/?prompt=A+bridge")
    opened(page, "Models with pictures")
    page.locator("[data-picker-search]").fill("4k web")
    expect(page.locator(".model-card:visible")).to_have_count(2)
    expect(page.locator("#picker-said")).to_have_text("2 found")
    page.locator(".model-card:visible").first.locator("[data-action=pin-model]").click()
    expect(page.locator("[data-action=pin-model][aria-pressed=true]")).to_have_count(1)
    page.get_by_role("button", name="Nano Banana 2 ").click()
    expect(page.locator("dialog.picker")).to_be_hidden()
    expect(page.locator("[name=drawn-for]")).to_have_value("nano-banana-2")
    expect(page.locator("#id_model")).to_have_value("nano-banana-2")
    expect(page.locator("#id_prompt")).to_have_value("A bridge")
    expect(page.locator("#create-submit")).to_contain_text("$0.10")
    settled(page)
    expect(page.locator("#pick-model")).to_be_focused()
    page.get_by_role("radio", name="16:9").check()
    page.locator("[name=resolution][value='4K']").check()
    expect(page.locator("#create-submit")).to_contain_text("$0.19")
    opened(page, "Models with pictures")
    expect(page.locator(".picker-group h2").first).to_have_text("Pinned")
    page.locator("dialog.picker [data-action=pin-model]").first.click()
    expect(page.locator("[data-action=pin-model][aria-pressed=true]")).to_have_count(0)
    page.mouse.click(5, 5)
    expect(page.locator("dialog.picker")).to_be_hidden()
    assert complaints == []
    context.close()


@pytest.mark.long
def test_several_models_are_ticked_by_keyboard_and_mouse(filled_site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport=WIDE)
    complaints = watched(context)
    page = signed_in(filled_site, context, path="/create/?model=chroma&prompt=A+bridge")
    opened(page, "Models with pictures")
    page.get_by_role("button", name="Several at once").click()
    expect(page.locator("[data-picker-use]")).to_have_text("Use 1 model · $0.01 for one picture of each")
    page.locator("[data-picker-search]").fill("nano")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.locator("[data-picker-search]").fill("")
    page.locator("[data-model='flux-2-pro'] label").click()
    expect(page.locator("[data-picker-use]")).to_contain_text("Use 3 models · $0.14")
    page.locator("[data-picker-use]").click()
    expect(page.locator("dialog.picker")).to_be_hidden()
    expect(page.locator("#create-submit")).to_contain_text("$0.14")
    chosen = page.locator("#create-form").evaluate("form => new FormData(form).getAll('model')")
    # The first is the one that the form is for; the others come as their cards lie, by what was used lately.
    assert (chosen[0], sorted(chosen)) == ("chroma", ["chroma", "flux-2-pro", "nano-banana-2"])
    settled(page)
    # One model again: the others go.
    opened(page, "Models with pictures")
    page.get_by_role("button", name="One model").click()
    page.locator("[data-model=chroma] button.picker-choice").click()
    expect(page.locator("#create-submit")).to_contain_text("$0.01")
    assert page.locator("#create-form").evaluate("form => new FormData(form).getAll('model')") == ["chroma"]
    assert complaints == []
    context.close()


def test_a_model_a_shape_and_a_style_by_keyboard(filled_site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport=WIDE)
    complaints = watched(context)
    page = signed_in(filled_site, context, path="/create/?model=chroma&prompt=A+bridge")
    page.locator("#pick-model").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-picker-search]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".picker-choice").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".picker-choice").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#pick-model")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-picker-search]")).to_be_focused()
    page.keyboard.type("sd35")
    page.keyboard.press("Enter")
    expect(page.locator("[name=drawn-for]")).to_have_value("venice-sd35")
    settled(page)
    expect(page.locator("#pick-model")).to_be_focused()
    page.locator("[data-shape]", has_text="16:9").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-shape][aria-pressed=true]")).to_contain_text("16:9")
    expect(page.locator("#id_width")).to_have_value("1280")
    page.locator("#pick-style").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-picker-search]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    # Whoever goes on typing searches on.
    page.keyboard.type("noir")
    expect(page.locator(".style-cards li:visible")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator("#id_style_preset")).to_have_value("Neon Noir")
    expect(page.locator("#pick-style")).to_be_focused()
    assert complaints == []
    context.close()


@pytest.mark.long
def test_on_a_phone_by_touch(filled_site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    complaints = watched(context)
    page = signed_in(filled_site, context, "tilda", "/create/?prompt=A+bridge")
    page.locator(".create-open-options").tap()
    page.get_by_role("button", name="Styles with pictures").tap()
    page.locator("[data-style='Film Noir'] .picker-choice").tap()
    # The sheet that it came from is back.
    expect(page.locator("#create-options")).to_be_visible()
    expect(page.locator("#id_style_preset")).to_have_value("Film Noir")
    page.get_by_role("button", name="Models with pictures").tap()
    page.locator("[data-model='flux-2-pro'] .picker-choice").tap()
    expect(page.locator("[name=drawn-for]")).to_have_value("flux-2-pro")
    expect(page.locator("#create-options")).to_be_visible()
    settled(page)
    page.get_by_role("radio", name="4:5").tap()
    expect(page.locator("[name=aspect_ratio]:checked")).to_have_value("4:5")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    assert complaints == []
    context.close()


def test_without_javascript(filled_site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = signed_in(
        filled_site, context, path="/create/?model=chroma&prompt=A+bridge&seed=42&hide_watermark=on"
    )
    page.locator(".create-open-options").click()
    page.locator("[data-shape]", has_text="3:2").click()
    page.locator(".create-open-options").click()
    expect(page.locator(".with-js")).to_be_hidden()
    page.get_by_role("button", name="Models with pictures").click()
    page.locator("#picker-q").fill("nano 4k")
    page.keyboard.press("Enter")
    expect(page.locator(".model-card")).to_have_count(2)
    page.locator("[data-model='nano-banana-pro'] [data-action=pin-model]").click()
    expect(page.locator("h1")).to_have_text("Models")
    page.locator("[data-model='nano-banana-pro'] [data-action=pin-model]").click()
    page.locator("[data-model='nano-banana-pro'] .picker-choice").click()
    expect(page.locator("[name=drawn-for]")).to_have_value("nano-banana-pro")
    page.locator(".create-open-options").click()
    page.get_by_role("button", name="Styles with pictures").click()
    page.locator("[data-style=Anime] .picker-choice").click()
    expect(page.locator("#id_style_preset")).to_have_value("Anime")
    expect(page.locator("#id_prompt")).to_have_value("A bridge")
    expect(page.locator("#id_seed")).to_have_value("42")
    expect(page.locator("#id_hide_watermark")).to_be_checked()
    context.close()


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (390, "dark"),
        pytest.param(834, "dark", marks=pytest.mark.long),
        pytest.param(390, "light", marks=pytest.mark.long),
        (1440, "light"),
    ],
)
def test_axe_finds_nothing_in_an_open_picker(
    filled_site: Site, browser: Browser, width: int, scheme: str
) -> None:
    window = {"width": width, "height": 900}
    context = browser.new_context(color_scheme=scheme, viewport=window)  # type: ignore[arg-type]
    page = signed_in(filled_site, context, path=None)
    for path in ("/create/models/", "/create/styles/"):
        page.goto(filled_site.url + path)
        assert [each["id"] for each in Axe().run(page).response["violations"]] == []
    for name in ("Models with pictures", "Styles with pictures"):
        page.goto(f"{filled_site.url}/create/?model=nano-banana-2")
        if width < 1000:
            page.locator(".create-open-options").click()
        opened(page, name)
        assert [each["id"] for each in Axe().run(page).response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    context.close()
