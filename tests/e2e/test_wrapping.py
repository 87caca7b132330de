"""Words from outside that have no place to break: no page becomes wider than a phone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import Site, signed_in
from tests.e2e.site import running_site
from venice.emulator import Emulator

MEMBER = "W" * 150
LONG = "Ünbrøken" * 250
#: What people and Venice may have written, in every column that a page shows; `{size}` letters of it.
WRITE = """
from gallery.models import *
long, member = {long!r}[:{size}], {member!r}
owner = User.objects.get(username=member)
Generation.objects.update(
    owner=owner, negative_prompt=long, enhanced_prompt=long, error_message=long, error_advice=long,
    model=long[:200], style_preset=long[:100],
)
for number, generation in enumerate(Generation.objects.order_by("pk")):
    generation.request |= {{"style_preset": long, "prompt": long, "model": long[:200]}}
    generation.state = ("failed", "interrupted", "queued", "sending", "cancelled", "done", "done")[min(number, 6)]
    generation.save()
for number, prompt in enumerate(Prompt.objects.order_by("pk")):
    prompt.text = long + f"{{number}}"
    prompt.save()
Image.objects.update(owner=owner, model=long[:200], style_preset=long[:100])
CatalogModel.objects.filter(model_id="venice-sd35").update(name=long[:200])
Gate.objects.all().delete()
Gate.objects.close(Gate.Kind.PAUSE, long[:500])
Gate.objects.close(Gate.Kind.BUSY, long[:500], model=long[:200])
Worker.objects.update(host=long[:100])
"""
#: What is wider than the window, or than what holds it and does not scroll.
WIDER = """() => [...document.querySelectorAll("body, main *, .banner *, .notices *")]
  .filter(one => one.checkVisibility() && one.clientWidth && !one.matches("svg *, input, select, textarea, .hidden"))
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1 || one.scrollWidth > one.clientWidth + 1)
  .filter(one => !one.closest(".filters, .rail, .filmstrip") && getComputedStyle(one).overflowX === "visible")
  .map(one => one.tagName + "." + one.className).join(" ")"""


@pytest.fixture(scope="module")
def long_site(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("long")
    shutil.copytree(migrated, data, dirs_exist_ok=True)
    with Emulator() as emulator, running_site(data, emulator) as running:
        running.manage(
            "shell", "-v0", "-c", "from gallery.models import Gate; Gate.objects.close('pause', 'x')"
        )
        running.manage("fill_gallery", "--images", "12")
        yield running


@pytest.mark.long
@pytest.mark.parametrize("size", [300, 2000, 64])
def test_no_page_is_wider_than_a_phone(long_site: Site, browser: Browser, size: int) -> None:
    site = long_site
    context = browser.new_context(viewport={"width": 360, "height": 780})
    page = signed_in(site, context, MEMBER)
    site.manage("shell", "-v0", "-c", WRITE.format(long=LONG, size=size, member=MEMBER))
    word = LONG[: min(size, 480)]
    paths = [
        "/",
        "/create/",
        "/create/?image=12&use=all",
        "/prompts/",
        "/queue/",
        "/prompts/1/",
        "/images/12/",
    ]
    paths += [f"/generations/{number}/" for number in range(1, 8)]
    paths += [f"/?q={word}", f"/prompts/?q={word}", f"/nowhere/{word}", f"/create/?style_preset={word}"]
    wide = {}
    for path in paths:
        page.goto(site.url + path)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth") or page.evaluate(WIDER):
            wide[path[:40]] = page.evaluate(WIDER)
    page.locator(".person summary").click()
    page.evaluate("word => document.getElementById('notices').append(word)", word)
    menu = page.evaluate("document.documentElement.scrollWidth - innerWidth")

    assert (wide, menu) == ({}, 0)
    context.close()
