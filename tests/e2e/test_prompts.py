"""The prompt history in a real browser: found, compared, looked at by model and seed, with and without JavaScript."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import Site, signed_in, watched

# A prompt with pictures of two models and several seeds; the holes of one can be filled.
MAKE = """
from gallery.models import Generation, Image, Prompt
from django.db.models import Count
prompt = (Prompt.objects.annotate(seeds=Count("images__seed", distinct=True)).filter(seeds__gt=2)
          .order_by("-seeds", "pk").first())
models = ["chroma", "venice-sd35"]
for number, picture in enumerate(prompt.images.exclude(seed=None)):
    Image.objects.filter(pk=picture.pk).update(model=models[number % 2])
    Generation.objects.filter(pk=picture.generation_id).update(model=models[number % 2])
print([prompt.pk, prompt.seeds])
"""
COLOUR = "button => getComputedStyle(button).backgroundColor"
WIDE = "document.documentElement.scrollWidth - window.innerWidth"


@pytest.fixture(scope="module")
def tabled(filled_site: Site) -> tuple[int, int]:
    """A prompt's id, and how many seeds it has."""
    pk, seeds = json.loads(filled_site.manage("shell", "-v0", "-c", MAKE).splitlines()[-1])
    return pk, seeds


def test_by_keyboard_from_the_list_to_two_compared(filled_site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    complaints = watched(context)
    page = signed_in(filled_site, context, path="/prompts/")
    page.get_by_role("link", name="Most used").press("Enter")
    page.wait_for_url("**/prompts/?order=used")
    expect(page.get_by_role("link", name="Most used")).to_have_attribute("aria-current", "true")

    boxes = page.get_by_role("checkbox", name="Compare")
    plain = page.locator("#compare button").evaluate(COLOUR)
    for number in (0, 2):
        boxes.nth(number).focus()
        page.keyboard.press("Space")
        expect(boxes.nth(number)).to_be_checked()
    assert page.locator("#compare button").evaluate(COLOUR) != plain
    page.get_by_role("button", name="Compare two").press("Enter")
    page.wait_for_url("**/prompts/compare/?a=*&b=*")

    expect(page.locator(".difference del, .difference ins").first).to_be_visible()
    assert "line-through" in page.locator(".difference del").first.evaluate(
        "e => getComputedStyle(e).textDecoration"
    )
    assert "underline" in page.locator(".difference ins").first.evaluate(
        "e => getComputedStyle(e).textDecoration"
    )
    page.locator("[data-side] a").first.press("Enter")
    expect(page.locator("#prompt-text")).to_be_visible()
    assert complaints == []
    context.close()


@pytest.mark.long
def test_older_prompts_come_while_one_scrolls_and_can_be_marked(filled_site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = signed_in(filled_site, context, path="/prompts/?order=price")
    cards = page.locator(".prompt-card")
    page.mouse.wheel(0, 6_000)
    expect(cards.nth(40)).to_be_attached()
    first, last = cards.first, cards.nth(40)
    wanted = sorted(int(card.get_attribute("data-prompt") or 0) for card in (first, last))
    for card in (last, first):
        card.get_by_role("checkbox").check()
    page.get_by_role("button", name="Compare two").click()
    page.wait_for_url(f"**/prompts/compare/?a={wanted[0]}&b={wanted[1]}")
    context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with", "without"])
def test_a_hole_in_the_table_opens_the_form_and_spends_nothing(
    filled_site: Site, browser: Browser, tabled: tuple[int, int], scripts: bool
) -> None:
    pk, seeds = tabled
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=scripts)
    page = signed_in(filled_site, context, path=None)
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.goto(f"{filled_site.url}/prompts/{pk}/")
    table = page.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_count(min(seeds, 20) + 1)
    expect(table.get_by_role("rowheader")).to_have_text(["chroma", "venice-sd35"])
    region = page.get_by_role("region", name="By model and seed")
    if scripts:
        assert page.evaluate(WIDE) <= 0, "it scrolls inside itself"
        assert region.evaluate("e => e.scrollWidth > e.clientWidth || e.scrollWidth <= 390")

    hole = table.get_by_role("link", name="Nothing yet").first
    name = hole.inner_text()
    hole.click()
    page.wait_for_url("**/create/?image=*")
    seed = name.rsplit(" ", 1)[1]
    expect(page.locator("#create-form [name=seed]")).to_have_value(seed)
    expect(page.locator("#create-form [name=model]").first).to_have_value(
        "chroma" if "chroma" in name else "venice-sd35"
    )
    # To keep what the form was filled with costs nothing.
    assert [post for post in posts if not post.endswith("/create/draft/")] == []
    context.close()


def test_without_javascript_one_chooses_whose_and_of_which_model(filled_site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = signed_in(filled_site, context, path="/prompts/")
    page.locator(".models-menu summary").click()
    model = page.locator(".models-menu a").nth(1)
    name = model.inner_text()
    model.click()
    expect(page.locator("#search")).to_have_value(f"model:{name} ")
    expect(page.locator("[data-found]")).to_be_visible()
    assert page.locator(".prompt-card").count() > 0
    page.get_by_role("link", name="Dearest").click()
    page.get_by_role("link", name="Team").click()
    expect(page.locator("#search")).to_have_value(f"model:{name} ")
    context.close()


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (834, "dark"), pytest.param(1440, "light", marks=pytest.mark.long)]
)
def test_axe_finds_nothing(
    filled_site: Site, browser: Browser, tabled: tuple[int, int], width: int, scheme: str
) -> None:
    window = {"width": width, "height": 900}
    context = browser.new_context(color_scheme=scheme, viewport=window)  # type: ignore[arg-type]
    page = signed_in(filled_site, context)
    found: list[str] = []
    for path in (
        "/prompts/?order=used",
        f"/prompts/{tabled[0]}/",
        "/prompts/compare/?a=1&b=2",
        "/prompts/compare/",
    ):
        page.goto(filled_site.url + path)
        page.wait_for_load_state("networkidle")
        if "order" in path:
            page.locator(".to-compare input").first.check()
            page.locator(".models-menu summary").click()
        if page.evaluate(WIDE) > 0:
            found.append(f"{path} is wider than the window")
        report = Axe().run(page).response["violations"]
        found += [f"{path} {each['id']}: {[node['target'] for node in each['nodes'][:3]]}" for each in report]
    assert found == []
    context.close()
