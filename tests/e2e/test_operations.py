"""From one picture to others: edited, upscaled, brought, edited together; by mouse, keys, touch, without scripts."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image as Pillow
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import Site, opened

PHONE = {"width": 390, "height": 844}
DROP = """([target, name, bytes, type]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name, { type }));
    target.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def photo(color: str, size: tuple[int, int] = (320, 256)) -> bytes:
    out = BytesIO()
    Pillow.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


def on_disk(folder: Path, color: str) -> Path:
    path = folder / f"{color}.png"
    path.write_bytes(photo(color))
    return path


def drop(page: Page, target: Locator, color: str) -> None:
    """A file from the desktop."""
    page.evaluate(DROP, [target.element_handle(), f"{color}.png", list(photo(color)), "image/png"])


def axe(page: Page) -> list[str]:
    return [
        f"{each['id']}: {[node['target'] for node in each['nodes'][:3]]}"
        for each in Axe().run(page).response["violations"]
    ]


def test_a_picture_is_upscaled_in_its_place(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser, "/images/1/")
    page.locator('[data-operation="upscale"]').click()
    form = page.locator("#upscale-form")
    expect(form.locator("select")).to_be_focused()
    button = form.locator("button.main")
    expect(button).to_have_text(re.compile(r"Upscale · \$0\.02"))
    form.locator("select").select_option("3")
    expect(button).to_have_text(re.compile(r"Upscale · \$0\.08"))
    form.locator("select").select_option("2")
    expect(button).to_have_text(re.compile(r"Upscale · \$0\.02"))
    assert axe(page) == []
    button.click()
    done = page.locator('#fresh [data-state="done"]')
    expect(done).to_have_count(1, timeout=20_000)
    done.locator("[data-image]").first.click()
    figure = page.locator("[data-before-after]")
    expect(figure.locator("img")).to_have_count(2)
    figure.locator("input").fill("80")
    assert figure.evaluate("each => each.style.getPropertyValue('--at')") == "80%"
    page.get_by_role("link", name="At full size").click()
    expect(page.locator("[data-beside]")).to_have_attribute("data-shown", "slider")
    assert complaints == []
    context.close()


def test_a_form_is_filled_and_sent_by_keys_alone_and_says_what_is_wrong(
    filled_site: Site, browser: Browser
) -> None:
    context, page, complaints = opened(filled_site, browser, "/images/2/edit/")
    page.locator("#edit-prompt").focus()
    page.keyboard.type("at night")
    page.keyboard.press("Tab")
    expect(page.locator("#edit-model")).to_be_focused()
    page.locator("#edit-form details summary").focus()
    page.keyboard.press("Enter")
    page.locator("#edit-form button.main").focus()
    page.locator("#edit-prompt").fill("")
    page.locator("#edit-form button.main").focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-error-for="prompt"]')).to_have_text(
        "A prompt is required: say what to change."
    )
    page.locator("#edit-prompt").fill("at night")
    page.locator("#edit-form button.main").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#fresh [data-generation]")).to_have_count(1)
    expect(page.locator('#fresh [data-state="done"]')).to_have_count(1, timeout=20_000)
    # The refusal is the browser's own word for 422.
    assert [text for text in complaints if "422" not in text] == []
    context.close()


@pytest.mark.long
def test_files_are_dropped_pasted_and_put_in_order(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser, "/create/")
    drop(page, page.locator("main"), "red")
    dialog = page.locator("dialog.dropped")
    expect(dialog).to_be_visible()
    assert axe(page) == []
    dialog.get_by_role("link", name="Multi-edit").click()
    rows = page.locator("[data-arranging] li")
    expect(rows).to_have_count(1)
    drop(page, page.locator("main"), "blue")
    expect(rows).to_have_count(2)
    names = [row.get_attribute("data-input") for row in rows.all()]
    page.locator("#multi-edit-prompt").fill("side by side")
    later = rows.first.locator('[name="later"]')
    later.focus()
    page.keyboard.press("Enter")
    expect(rows.first).to_have_attribute("data-input", names[1] or "")
    assert axe(page) == []
    rows.first.drag_to(rows.last, target_position={"x": 90, "y": 40})
    expect(rows.first).to_have_attribute("data-input", names[0] or "")
    page.locator("#multi-edit-form button.main").click()
    expect(page.locator('#fresh [data-state="done"]')).to_have_count(1, timeout=20_000)
    assert complaints == []
    context.close()


@pytest.mark.long
def test_a_tile_is_dragged_onto_the_composer(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser, "/")
    page.locator("#grid > .tile").nth(1).drag_to(page.locator("[data-composer] textarea"))
    dialog = page.locator("dialog.dropped")
    expect(dialog.get_by_role("link", name="Use all")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.locator("#grid > .tile").nth(1).drag_to(page.locator("[data-composer] textarea"))
    dialog.get_by_role("link", name="Use as style reference").click()
    expect(page.locator("[data-style-references] [type=checkbox]")).to_be_checked()
    assert complaints == []
    context.close()


@pytest.mark.long
def test_selected_pictures_are_edited_together(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser, "/")
    for number in (0, 2):
        page.locator("#grid > .tile > a").nth(number).focus()
        page.keyboard.press("x")
    page.get_by_role("button", name="Edit together").click()
    expect(page.locator("[data-arranging] li")).to_have_count(2)
    assert complaints == []
    context.close()


@pytest.mark.long
def test_on_a_phone_by_touch(filled_site: Site, browser: Browser, tmp_path: Path) -> None:
    context, page, complaints = opened(
        filled_site, browser, "/uploads/", viewport=PHONE, has_touch=True, is_mobile=True
    )
    expect(page.locator("#bring-camera")).to_be_visible()
    page.locator("#bring-files").set_input_files(on_disk(tmp_path, "green"))
    page.locator("#bring button.main").tap()
    page.locator('[data-operation="remove-background"]').tap()
    form = page.locator("#remove-background-form")
    expect(form.locator("button.main")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    form.locator("button.main").tap()
    expect(page.locator('#fresh [data-state="done"]')).to_have_count(1, timeout=20_000)
    assert complaints == []
    context.close()


@pytest.mark.long
def test_without_javascript_words_go_from_one_operation_to_the_other(
    filled_site: Site, browser: Browser
) -> None:
    context, page, _ = opened(filled_site, browser, "/images/2/edit/", java_script_enabled=False)
    page.locator("#edit-prompt").fill("make it snow")
    page.locator("#edit-model").select_option("nano-banana-2-edit")
    page.locator('[data-carries="multi-edit"]').click()
    expect(page.locator("#multi-edit-prompt")).to_have_value("make it snow")
    expect(page.locator("#multi-edit-model")).to_have_value("nano-banana-2-edit")
    page.locator('[data-carries="edit"]').click()
    expect(page.locator("#edit-prompt")).to_have_value("make it snow")
    context.close()


def test_without_javascript(filled_site: Site, browser: Browser, tmp_path: Path) -> None:
    context, page, _ = opened(filled_site, browser, "/uploads/", java_script_enabled=False)
    page.locator("#bring-files").set_input_files([on_disk(tmp_path, "yellow"), on_disk(tmp_path, "purple")])
    page.locator("#bring button.main").click()
    expect(page.locator("[data-upload]")).not_to_have_count(0)
    page.locator("[data-upload]").first.click()
    page.locator('[data-operation="multi-edit"]').click()
    page.locator("#multi-edit-add").fill("3, 4")
    page.get_by_role("button", name="Add", exact=True).click()
    rows = page.locator("[data-arranging] li")
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Picture 4 earlier").click()
    expect(rows.nth(1)).to_have_attribute("data-input", "4")
    page.locator("#multi-edit-model").select_option("nano-banana-2-edit")
    page.get_by_role("button", name="Show the price").click()
    page.locator("#multi-edit-prompt").fill("together")
    page.locator("#multi-edit-form button.main").click()
    expect(page).to_have_url(re.compile(r"/generations/\d+/$"))
    context.close()


@pytest.mark.long
def test_what_is_chosen_before_its_form_listens_is_priced(filled_site: Site, browser: Browser) -> None:
    context, page, complaints = opened(filled_site, browser, "/images/4/edit/")
    page.evaluate(
        """document.addEventListener("htmx:afterSwap", () => {
          const field = document.getElementById("edit-resolution");
          field.value = "4K";
          field.dispatchEvent(new Event("change", { bubbles: true }));
        }, { once: true })"""
    )
    page.locator("#edit-model").select_option("nano-banana-2-edit")
    expect(page.locator("#edit-form button.main")).to_have_text(re.compile(r"Edit · \$0\.19"))
    expect(page.locator("#edit-resolution")).to_have_value("4K")
    assert complaints == []
    context.close()


@pytest.mark.long
def test_words_of_an_edit_come_back(filled_site: Site, browser: Browser) -> None:
    """After another page, a reload, and in the other operation that takes words; not at another picture."""
    context, page, complaints = opened(filled_site, browser, "/images/2/edit/")
    page.locator("#edit-form textarea").fill("make it snow on the roofs")
    page.goto(filled_site.url + "/prompts/")
    page.goto(filled_site.url + "/images/2/edit/")
    expect(page.locator("#edit-form textarea")).to_have_value("make it snow on the roofs")
    page.reload()
    expect(page.locator("#edit-form textarea")).to_have_value("make it snow on the roofs")
    # With the model that was chosen, and what that model takes, at its price.
    page.locator("#edit-model").select_option("nano-banana-2-edit")
    page.locator("#edit-resolution").select_option("4K")
    dear = page.locator("#edit-form button.main")
    expect(dear).to_have_text(re.compile(r"Edit · \$0\.19"))
    page.locator('[data-operation="multi-edit"]').click()
    together = page.locator("#multi-edit-form")
    expect(together.locator("textarea")).to_have_value("make it snow on the roofs")
    expect(together.locator("[name=model]")).to_have_value("nano-banana-2-edit")
    expect(together.locator("[name=resolution]")).to_have_value("4K")
    page.locator("#multi-edit-add").fill("3, 4")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[data-arranging] li")).to_have_count(3)
    page.goto(filled_site.url + "/images/2/")
    page.locator('[data-operation="edit"]').click()
    expect(page.locator("#edit-resolution")).to_have_value("4K")
    expect(dear).to_have_text(re.compile(r"Edit · \$0\.19"))
    page.goto(filled_site.url + "/images/2/multi-edit/")
    expect(page.locator("[data-arranging] li")).to_have_count(3)
    page.goto(filled_site.url + "/images/3/edit/")
    expect(page.locator("#edit-form textarea")).to_have_value("")
    assert complaints == []
    context.close()
