"""What one can press: on a phone the way to every part of the site, and without JavaScript nothing that is dead."""

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import Site, signed_in

#: Shown, and of no use without a script: no form takes it, no address, no popover.
DEAD = """() => [...document.querySelectorAll("button, input, select, textarea, a, summary, [role=button]")]
  .filter(one => getComputedStyle(one).display !== "none" && one.checkVisibility())
  .filter(one => !(one.matches("a[href], summary, [popovertarget], :disabled")
    || (one.matches("button") ? one.type === "submit" && one.form : one.form)))
  .map(one => one.outerHTML.slice(0, 120))"""
#: The colours are switched off as a whole, with their legend.
SCRIPTED = ":is(.copy, .needs-js, .themes, [data-copy], [data-copy-from], [data-open-keys])"
PATHS = ["/", "/create/", "/images/1/", "/generations/1/", "/prompts/", "/prompts/1/", "/queue/"]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("width", [360, 1280])
def test_without_javascript_nothing_is_dead(filled_site: Site, browser: Browser, width: int) -> None:
    site = filled_site
    context = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 900})
    page = signed_in(site, context, path=None)
    found = {}
    scripted = 0
    for path in PATHS:
        page.goto(site.url + path)
        page.locator(".person summary").click()
        displays = page.locator(SCRIPTED).evaluate_all("all => all.map(one => getComputedStyle(one).display)")
        scripted += len(displays)
        dead = page.evaluate(DEAD)
        if dead or set(displays) - {"none"}:
            found[path] = (dead, displays)

    assert found == {}
    assert scripted > 20
    context.close()


def test_with_javascript_they_are_there(site: Site, browser: Browser) -> None:
    context = browser.new_context()
    page = signed_in(site, context)
    page.locator(".person summary").click()

    for name in ("System", "Dark", "Light", "Keys ?"):
        expect(page.get_by_role("button", name=name)).to_be_visible()
    context.close()


@pytest.mark.one_in(3)
@pytest.mark.parametrize("width", [320, 360, 430])
def test_the_bar_of_a_phone_leads_everywhere(site: Site, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 700})
    page = signed_in(site, context, path="/queue/")
    bar = page.get_by_role("navigation", name="Main")
    # The queue's link has a count while something stands there.
    words = [text.split()[0] for text in bar.get_by_role("link").all_inner_texts()]
    assert words == ["Gallery", "Create", "Prompts", "Queue"]
    boxes = [link.bounding_box() for link in [*bar.get_by_role("link").all(), bar.locator("summary")]]
    edges = [(box["x"], box["x"] + box["width"]) for box in boxes if box]
    assert all(right - left >= 44 for left, right in edges)
    assert edges == sorted(edges)
    assert edges[-1][1] <= width

    bar.get_by_role("link", name="Gallery").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Gallery")
    expect(bar.get_by_role("link", name="Gallery")).to_have_attribute("aria-current", "page")
    context.close()


def test_where_there_is_room_the_name_of_the_site_leads_home(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = signed_in(site, context, path="/queue/")
    assert page.locator("header").get_by_role("link").all_inner_texts()[:3] == [
        "Venice Gallery",
        "Create",
        "Prompts",
    ]
    context.close()
