"""Words from outside that have no place to break: no page becomes wider than a phone."""

import re
import shutil
from collections import Counter
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
#: Names of people and of what they keep, in the admin's titles, breadcrumbs, histories and questions.
NAME = """
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from gallery.models import *
owner = User.objects.get(username={member!r})
member, _ = User.objects.get_or_create(username="W" * 64)
for row in (member, Collection.objects.called("W" * 60, member), owner):
    kind = ContentType.objects.get_for_model(row)
    LogEntry.objects.create(
        user=owner, content_type=kind, object_id=row.pk, object_repr=str(row), action_flag=2, change_message="W" * 99
    )
Generation.objects.update(owner=member)
Image.objects.update(owner=member)
"""
LINKS = "() => [...document.querySelectorAll('a[href]')].map(link => link.pathname)"
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


@pytest.mark.long
def test_no_page_of_the_admin_is_wider_than_a_phone(long_site: Site, browser: Browser) -> None:
    site = long_site
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = signed_in(site, context, MEMBER)
    site.manage("shell", "-v0", "-c", WRITE.format(long=LONG, size=300, member=MEMBER))
    site.manage("shell", "-v0", "-c", NAME.format(member=MEMBER))
    paths, seen, wide = ["/admin/"], Counter[str](), {}
    for path in paths:
        page.goto(site.url + path)
        if (width := page.evaluate("document.documentElement.scrollWidth")) > 390:
            wide[path] = width
        for link in page.evaluate(LINKS):
            kind = re.sub("[0-9]+", "N", link)
            # Of each kind of page a few.
            if link.startswith("/admin/") and link not in paths and seen[kind] < 4:
                seen[kind] += 1
                paths.append(link)

    # Both names have all of theirs.
    assert {"user", "collection"} <= {path.split("/")[3] for path in paths if path.endswith("/history/")}
    assert any(path.endswith("/delete/") for path in paths)
    assert wide == {}
    context.close()
