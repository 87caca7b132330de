"""`python -m benchmarks.screenshots`: every page at four widths in both schemes, into docs/screenshots/.

The site is a real one with pretend data, an emulator for its Venice, and some pictures made through the form.
"""

import argparse
import io
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.e2e.site import Site, running_browser, running_site, signed_in
from venice.emulator import Emulator

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
# Width: height of the window, in CSS pixels.
WINDOWS = {390: 844, 834: 1112, 1440: 900, 2560: 1440}
SCHEMES = ("dark", "light")
MAX_BYTES = 250_000
PIXELS, RATIO, TIER = "venice-sd35", "qwen-image", "gpt-image-2"
# It takes every shape that is asked for here.
SHAPED = "nano-banana-2"
# Shape and prompt, oldest first: enough to fill the first screen with pictures that nobody sees twice.
PROMPTS = (
    ("3:2", "Mountain lake at sunrise, mist between the pines, wide angle"),
    ("1:1", "Paper-cut mountains under a full moon, limited to three colours"),
    ("2:3", "A city of towers at night, rain on the streets, cinematic framing"),
    ("16:9", "Desert dunes at golden hour, long shadows, a caravan far away"),
    ("1:1", "Abstract waves of teal and cream, fine grain"),
    ("3:4", "A forest path in autumn, volumetric fog"),
    ("1:1", "Still life with pears and a glass vase, candlelight"),
    ("3:2", "Northern lights over a frozen fjord, long exposure"),
    ("2:3", "Tulips and peonies in a blue jug, soft overcast light"),
    ("1:1", "Tropical island seen from above, turquoise sea"),
    ("16:9", "Neon skyline reflected in a river, blue hour"),
    ("3:4", "Snow-covered birch wood, low winter sun, 35 mm film grain"),
    ("1:1", "A comet above the desert, starry sky"),
    ("3:2", "Rolling hills of lavender, a lone tree, pastel colours"),
    ("2:3", "Lanterns along a rainy alley, reflections, bokeh"),
    ("16:9", "A lighthouse above a stormy sea at dusk, oil painting, golden light"),
    ("1:1", "Circles and arcs in the manner of the Bauhaus"),
    ("3:2", "A canal in Venice at dawn, mist over the water, soft pastel colours"),
)


@dataclass(frozen=True)
class Shown:
    """What the pages are of: ids of a stack's cover, its prompt, and of generations that ended well and badly."""

    image: int
    prompt: int
    done: int
    failed: int


@dataclass(frozen=True)
class Shot:
    """One page: its file's name, its path, what to do before the picture is taken."""

    name: str
    path: str
    prepare: Callable[[Page], None] | None = None
    stranger: bool = False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only pages whose name this regular expression finds")
    parser.add_argument("--images", default="300", help="pretend pictures (default 300)")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gallery-shots-") as name, running_browser() as browser:
        with installation(Path(name, "empty")) as site:
            shots = [
                Shot("gallery-empty", "/"),
                Shot("queue-empty", "/queue/"),
                Shot("prompts-empty", "/prompts/"),
            ]
            take(site, browser, chosen(shots, asked.only), asked.folder)
        with installation(Path(name, "full")) as site:
            say("filling the gallery")
            site.manage("fill_gallery", "--images", asked.images)
            shown = make_pictures(site, browser)
            take(site, browser, chosen(pages(site, shown), asked.only), asked.folder)
            with a_queue(site, browser) as (last, click):
                take(site, browser, chosen(busy_pages(last, click), asked.only), asked.folder)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def chosen(shots: list[Shot], only: str) -> list[Shot]:
    return [shot for shot in shots if re.search(only, shot.name)]


@contextmanager
def installation(data: Path) -> Iterator[Site]:
    data.mkdir()
    with (
        Emulator(rate_limit=10_000, error_budget=10_000, balance_usd=1_000) as venice,
        running_site(data, venice) as site,
    ):
        yield site


def pages(site: Site, shown: Shown) -> list[Shot]:
    """Every page, in the states that look different."""
    link = site.manage("signin", "admin").removeprefix(site.url)
    return [
        Shot("login", "/accounts/login/", stranger=True),
        Shot("login-wrong", "/accounts/login/", _wrong_password, stranger=True),
        Shot("signin-link", link, stranger=True),
        Shot("signin-spent", "/signin/spent/", stranger=True),
        Shot("gallery", "/"),
        Shot("gallery-menu", "/", lambda page: page.locator("details.person summary").click()),
        Shot("gallery-middle", "/?from=150"),
        Shot("gallery-keys", "/", lambda page: page.keyboard.press("?")),
        Shot("search", "/?q=castle"),
        Shot("search-nothing", "/?q=nothing+like+this"),
        Shot("create-pixels", f"/create/?model={PIXELS}&prompt=A+quiet+harbour+at+dawn"),
        Shot("create-ratio", f"/create/?model={RATIO}"),
        Shot("create-tier", f"/create/?model={TIER}"),
        Shot("create-advanced", f"/create/?model={PIXELS}&cfg_scale=9"),
        Shot(
            "create-many",
            f"/create/?model={PIXELS}&model={RATIO}&count=4&prompt=A+harbour&negative_prompt=fog",
        ),
        Shot("create-options", f"/create/?model={PIXELS}", _open_options),
        Shot("create-errors", f"/create/?model={PIXELS}&width=1000&seed=abc", _send),
        Shot("create-history", "/create/", _open_history),
        Shot("create-models", f"/create/?model={TIER}", _open_models),
        Shot("create-styles", f"/create/?model={PIXELS}", _open_styles),
        Shot("create-models-page", "/create/models/"),
        Shot("create-styles-page", "/create/styles/"),
        Shot("matrix", "/create/matrix/"),
        Shot(
            "matrix-preview",
            f"/create/matrix/?model={PIXELS}&prompt=A+quiet+harbour&axis-seed=1..5&axis-cfg_scale=5,7,9",
        ),
        Shot("create-remix", f"/create/?image={shown.image}&use=remix"),
        Shot("image", f"/images/{shown.image}/"),
        Shot("image-whole", f"/images/{shown.image}/", _everything),
        Shot("lineage", f"/images/{shown.image}/lineage/"),
        Shot("operation-upscale", f"/images/{shown.image}/upscale/"),
        Shot("operation-edit", f"/images/{shown.image}/edit/"),
        Shot(
            "operation-together",
            f"/images/{shown.image}/multi-edit/?input={shown.image - 1}&input={shown.image - 2}",
        ),
        Shot("operation-folded", f"/images/{shown.image}/", _fold_out),
        Shot("create-style-reference", f"/create/?model=krea-v2-medium&style_reference={shown.image}"),
        Shot("uploads", "/uploads/"),
        Shot("viewer", "/", _open_viewer),
        Shot("viewer-zoomed", "/", _zoom),
        Shot("viewer-facts", "/", _facts),
        Shot("gallery-selected", "/", _select),
        Shot("trash", "/trash/"),
        Shot("collections", "/collections/"),
        Shot("searches", "/searches/"),
        Shot("presets", "/presets/"),
        Shot("account", "/account/"),
        Shot("compare", f"/compare/?images={shown.image},{shown.image - 1}"),
        Shot("compare-nine", f"/compare/?images={','.join(str(shown.image - n) for n in range(9))}"),
        Shot("generation-done", f"/generations/{shown.done}/"),
        Shot("generation-failed", f"/generations/{shown.failed}/"),
        Shot("prompts", "/prompts/"),
        Shot("prompt", f"/prompts/{shown.prompt}/"),
        Shot("prompt-matrix", f"/prompts/{shown.prompt}/matrix/?across=seed&down=cfg_scale"),
        Shot("prompts-compared", f"/prompts/compare/?a={shown.prompt - 1}&b={shown.prompt}"),
        Shot("admin", "/admin/"),
        Shot("admin-generations", "/admin/gallery/generation/"),
        Shot("admin-images", "/admin/gallery/image/"),
        Shot("admin-models", "/admin/gallery/catalogmodel/"),
        Shot("admin-users", "/admin/gallery/user/"),
        Shot("admin-generation", f"/admin/gallery/generation/{shown.done}/change/"),
        Shot("admin-image", f"/admin/gallery/image/{shown.image}/change/"),
        Shot("admin-user", "/admin/gallery/user/1/change/"),
        Shot("error-404", "/images/999999999/"),
    ]


def busy_pages(queued: int, click: int) -> list[Shot]:
    """Pages that look different while something is on its way."""
    return [
        Shot("gallery-busy", "/"),
        Shot("queue", "/queue/"),
        Shot("generation-queued", f"/generations/{queued}/"),
        Shot("batch", f"/batches/{click}/"),
        Shot("create-busy", "/create/"),
    ]


def _everything(page: Page) -> None:
    """The whole page, not only the window."""
    height = page.evaluate("Math.max(...[...document.querySelectorAll('*')].map(each => each.scrollHeight))")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": min(height, 4000)})


def _fold_out(page: Page) -> None:
    page.locator('[data-operation="edit"]').click()
    page.locator("#edit-form").wait_for()


def _open_viewer(page: Page) -> None:
    page.locator("[data-grid] .tile").nth(4).click()
    page.locator(".layer img.whole").wait_for()


def _select(page: Page) -> None:
    for tile in page.locator("[data-grid] > .tile").all()[:3]:
        tile.focus()
        page.keyboard.press("x")


def _zoom(page: Page) -> None:
    _open_viewer(page)
    for _ in range(4):
        page.keyboard.press("+")


def _facts(page: Page) -> None:
    """On narrow windows they lie below the picture."""
    _open_viewer(page)
    if (page.viewport_size or {"width": 0})["width"] < 960:
        page.keyboard.press("i")
    page.locator(".technical summary").click()


def _open_options(page: Page) -> None:
    button = page.locator(".create-open-options")
    if button.is_visible():
        button.click()
    page.locator(".create-more summary").click()


def _open_models(page: Page) -> None:
    _pick(page, "Models with pictures")


def _open_styles(page: Page) -> None:
    _pick(page, "Styles with pictures")


def _pick(page: Page, name: str) -> None:
    button = page.locator(".create-open-options")
    if button.is_visible():
        button.click()
    page.get_by_role("button", name=name).click()
    page.locator("dialog.picker .picker-choice").nth(20).wait_for(state="attached")


def _open_history(page: Page) -> None:
    page.get_by_role("button", name="History").click()
    page.locator("#create-history-list [data-use-prompt]").first.wait_for()


def _send(page: Page) -> None:
    page.locator("#create-submit").click()
    page.locator("[data-error-for]").first.wait_for()


def _wrong_password(page: Page) -> None:
    # Somebody else each time: five wrong passwords of one name are answered otherwise.
    page.locator("input[name=username]").fill(f"nobody-{random.randrange(10_000)}")
    page.locator("input[name=password]").fill("not the password")
    page.locator("main button").first.click()
    page.wait_for_load_state()


def make_pictures(site: Site, browser: Browser) -> Shown:
    """Real generations through the form: some done, one of four pictures, one refused, some still waiting."""
    say("making pictures")
    context = browser.new_context()
    page = signed_in(site, context)
    failed = create(page, site, PIXELS, "A harbour that Venice refuses [[fault:422]]")
    done = [create(page, site, SHAPED, prompt, aspect_ratio=shape) for shape, prompt in PROMPTS]
    stack = create(page, site, PIXELS, "Sailing boats at sunset, golden light, oil painting", variants="4")
    for generation in (*done, stack, failed):
        wait_until_over(page, site, generation)
    page.goto(f"{site.url}/generations/{stack}/")
    image = int(page.locator("[data-image]").first.get_attribute("data-image") or 0)
    page.goto(f"{site.url}/images/{image}/")
    prompt = page.locator("a[href^='/prompts/']:not([href='/prompts/'])").first.get_attribute("href") or ""
    context.close()
    return Shown(image, int(re.findall(r"\d+", prompt)[0]), done[-1], failed)


@contextmanager
def a_queue(site: Site, browser: Browser) -> Iterator[tuple[int, int]]:
    """Six generations, of which four are being answered, and a click of six; yields the last one's id, and its id."""
    assert site.emulator
    context = browser.new_context()
    page = signed_in(site, context)
    site.emulator.fault("slow", seconds=170, times=-1)
    last = [create(page, site, PIXELS, f"{text}, from above") for _, text in PROMPTS[:6]][-1]
    page.wait_for_timeout(1_000)
    click = create(page, site, PIXELS, PROMPTS[6][1], count="6")
    context.close()
    yield last, click
    # The worker waits for answers that are paid for; these never come.
    site.emulator.close()


def create(page: Page, site: Site, model: str, prompt: str, **fields: str) -> int:
    """Post the form as a page without scripts would; the id of the generation, or of the click of several."""
    page.goto(f"{site.url}/create/?model={model}")
    form = {name: page.locator(f"#create-form [name={name}]").first.input_value() for name in HIDDEN}
    sent = {"model": model, "prompt": prompt, "safe_mode": "on", **form, **fields}
    answer = page.request.post(f"{site.url}/create/", form=sent, headers={"Referer": f"{site.url}/create/"})
    found = re.findall(r"/(?:generations|batches)/(\d+)/$", answer.url)
    assert found, answer.url
    return int(found[0])


HIDDEN = ("csrfmiddlewaretoken", "submission", "drawn-for", "boxes")


def wait_until_over(page: Page, site: Site, generation: int) -> None:
    page.goto(f"{site.url}/generations/{generation}/")
    over = ", ".join(f"[data-generation='{generation}'][data-state={state}]" for state in ("done", "failed"))
    page.locator(over).first.wait_for(timeout=60_000)


def take(site: Site, browser: Browser, shots: list[Shot], folder: Path) -> None:
    """All `shots` at all widths and in both schemes."""
    for scheme in SCHEMES:
        for width, height in WINDOWS.items():
            window = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
            member, stranger = browser.new_context(**window), browser.new_context(**window)
            inside, outside = signed_in(site, member), stranger.new_page()
            for shot in shots:
                photograph(
                    outside if shot.stranger else inside,
                    site,
                    shot,
                    folder / f"{shot.name}-{scheme}-{width}.webp",
                )
                inside.set_viewport_size({"width": width, "height": height})
            member.close()
            stranger.close()
            say(f"{scheme} {width}: {len(shots)} pages")


def photograph(page: Page, site: Site, shot: Shot, file: Path) -> None:
    page.goto(site.url + shot.path)
    if shot.prepare:
        shot.prepare(page)
    page.evaluate(LOADED)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wide > 0:
        say(f"{file.stem}: {wide} px wider than the window")
    save(page.screenshot(animations="disabled"), file)


# What is on the screen has arrived; what is lazy and below may wait.
LOADED = """Promise.all([...document.images].filter(image =>
    image.getBoundingClientRect().top < innerHeight && image.checkVisibility()).map(image =>
    Promise.race([image.decode().catch(() => {}), new Promise(done => setTimeout(done, 5000))])))"""


def save(png: bytes, file: Path) -> None:
    """As WebP, as good as its bound of bytes allows."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in (88, 80, 72, 60, 45):
        picture.save(file, "WEBP", quality=quality, method=5)
        if file.stat().st_size <= MAX_BYTES:
            return


if __name__ == "__main__":
    main()
