"""axe finds nothing, and the policy is never violated, on every page, dark and light, narrow and wide."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import Site, signed_in, watched

PAGES = [
    "/",
    "/?q=castle",
    "/?q=nothing-like-this-anywhere",
    "/create/",
    "/create/?model=nano-banana-2&style_preset=Anime&variants=4",
    "/create/?model=grok-imagine-image&prompt=From%20a%20link&negative_prompt=fog&width=1280&height=720",
    "/create/?from=999",
    "/create/?image=1",
    "/presets/",
    "/create/models/?q=private",
    "/create/pictures/?q=sky&style_reference=3",
    "/create/from-file/",
    "/create/matrix/?prompt=A+bridge&axis-seed=1..3&axis-style_preset=none,Anime&axis-size=0x0",
    "/create/matrix/?prompt=A+bridge&axis-seed=1..3&axis-style_preset=none,Anime",
    "/prompts/1/matrix/",
    "/create/styles/?q=paper",
    "/images/1/",
    "/images/1/lineage/",
    "/images/1/upscale/",
    "/images/1/edit/",
    "/images/1/multi-edit/?input=2&input=3",
    "/images/1/remove-background/",
    "/uploads/",
    "/create/?model=krea-v2-medium&style_reference=1",
    "/compare/",
    "/compare/?images=1,2",
    "/compare/?images=1,2,3,4,5",
    "/generations/1/",
    "/prompts/",
    "/prompts/1/",
    "/prompts/compare/?a=1&b=2",
    "/queue/",
    "/account/",
    "/admin/",
    "/admin/gallery/generation/",
    "/admin/gallery/image/",
    "/admin/gallery/collection/",
    "/admin/gallery/attempt/",
    "/admin/gallery/user/",
    "/admin/gallery/catalogmodel/",
    "/admin/gallery/generation/1/change/",
    "/admin/gallery/prompt/",
]


#: Every page narrow and wide, dark and light; each second one in the two looks between.
LOOKS = {
    (390, "dark"): PAGES,
    (390, "light"): PAGES[::2],
    (1440, "dark"): PAGES[1::2],
    (1440, "light"): PAGES,
}


# The short run sees a sixth of the pages, some of each kind; the long one all.
@pytest.mark.parametrize(
    ("width", "scheme", "paths"),
    [
        pytest.param(390, "dark", PAGES[::12], id="narrow-dark-some"),
        pytest.param(1440, "light", PAGES[6::12], id="wide-light-some"),
        *(pytest.param(*look, pages, id=f"{look}", marks=pytest.mark.long) for look, pages in LOOKS.items()),
    ],
)
def test_axe_finds_nothing(
    filled_site: Site, browser: Browser, width: int, scheme: str, paths: list[str]
) -> None:
    site = filled_site
    window = {"width": width, "height": 900}
    context = browser.new_context(color_scheme=scheme, viewport=window)  # type: ignore[arg-type]
    complaints = watched(context)
    page = signed_in(site, context, path=None)
    found: list[str] = []
    for path in paths:
        response = page.goto(site.url + path)
        assert response
        assert response.status == 200, path
        expect(page.locator("body")).to_be_visible()
        page.wait_for_load_state("networkidle")
        found += [f"{path}: {complaint}" for complaint in complaints]
        report = Axe().run(page)
        # What axe itself does to the page is its own affair.
        complaints.clear()
        # The admin is Django's own; its pages are held to the same rules but for what its templates fix.
        for violation in report.response["violations"]:
            targets = [node["target"] for node in violation["nodes"][:3]]
            found.append(f"{path} {violation['id']} ({violation['impact']}): {targets}")
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if not path.startswith("/admin/") and wide > 0:
            found.append(f"{path}: {wide} px wider than the window")
    assert not found, "\n".join(found)
    context.close()


@pytest.mark.one_in(3)
@pytest.mark.parametrize("path", ["/accounts/login/", "/signin/spent/", "/nowhere/"])
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_for_strangers(site: Site, browser: Browser, path: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(site.url + path)
    assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []
    context.close()


def test_a_picture_that_is_html_as_well_runs_nothing(filled_site: Site, browser: Browser) -> None:
    """ASVS 3.2.1: what a sandboxed answer holds is never a document."""
    site = filled_site
    context = browser.new_context()
    page = signed_in(site, context, path="/images/1/")
    source = page.locator("[data-image] img").first.get_attribute("src")
    response = page.goto(f"{site.url}{source}")
    assert response
    assert response.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert response.headers["content-type"].startswith("image/")
    context.close()
