"""Words from outside that have no place to break: no page becomes wider than a phone."""

import itertools
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page

from gallery.forms.operations import FORMS
from gallery.urls import urlpatterns
from tests.e2e.conftest import Site, signed_in
from tests.e2e.site import running_site
from venice.emulator import Emulator

MEMBER = "W" * 150
LONG = "Ünbrøken" * 250
#: What people and Venice may have written, in every column that a page shows; `{size}` letters of it.
WRITE = """
from gallery.media import pictures
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
kept = Collection.objects.first() or Collection.objects.called("c", owner)
kept.add(Image.objects.values_list("pk", flat=True), owner)
Collection.objects.update(name=long[:100], notes=long)
Preset.objects.get_or_create(owner=owner)
Preset.objects.update(name=long[:60], is_shared=True, values={{"prompt": long, "model": long[:200]}})
SavedSearch.objects.get_or_create(user=owner)
SavedSearch.objects.update(name=long[:60], text=long[:500])
Tag.objects.called(long[:50], owner).add([11, 12], owner)
picture = Image.objects.get(pk=12)
Upload.objects.exists() or Upload.objects.bring(owner, pictures.load(picture.name, picture.sha256))
Batch.objects.update(owner=owner, title=long[:200])
Batch.objects.filter(pk=2).update(kind="matrix", axes={{
    "layout": ["style_preset", "seed"], "style_preset": [long[:100], ""], "seed": [1, 2, 3],
    "cells": ["image:12", None, "image:11", 0, None, None], "base": {{"prompt": long, "model": long[:200]}},
}})
Image.objects.filter(pk=3).update(trashed_at="2020-02-02T00:00Z")
"""
#: What pages want to know that have nothing to show otherwise.
ASKED = {
    "compare": ["", "?images=11,12", "?images=9,10,11,12", "?images=3,12"],
    "compare-prompts": ["", "?a=1&b=2"],
    "collection": ["", "?arrange=1"],
    "create": ["", "?image=12&use=all", "?style_preset={word}", "?preset=1"],
    "edit-together": ["?image=11&image=12"],
    "gallery": ["", "?q={word}"],
    "matrix": ["", "?image=12&axis.seed=1..9&axis.style_preset=Anime", "?matrix=2"],
    "prompts": ["", "?q={word}"],
}
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
  .filter(one => !one.closest(".filters, .rail, .filmstrip, .scrolls, .matrix-scrolls"))
  .filter(one => getComputedStyle(one).overflowX === "visible")
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


def addresses(word: str) -> Iterator[str]:
    """Of everything that the site has, with numbers that there are, and nothing that an address may not have."""
    for pattern in urlpatterns:
        name = getattr(pattern, "name", None)
        if name is None or name == "media":
            continue
        things = {"pk": [1], "token": [word], "verb": ["tag"], "kind": list(FORMS)}
        if str(pattern.pattern).startswith("images/"):
            things["pk"] = [12]
        if name == "generation":
            things["pk"] = list(range(1, 8))
        if name in {"batch", "matrix-result"}:
            things["pk"] = [1, 2]
        if name == "upload-operation":
            things["kind"] = ["edit", "upscale"]
        names = list(pattern.pattern.converters)
        for values in itertools.product(*(things[each] for each in names)):
            address = reverse(name, kwargs=dict(zip(names, values, strict=True)))
            yield from (address + query.format(word=word) for query in ASKED.get(name, [""]))
    yield f"/nowhere/{word}"


def too_wide(page: Page, site: Site, paths: Iterable[str]) -> tuple[dict[str, str], set[str]]:
    """The pages among `paths` that are wider than the window, with what makes them so; and all that were looked at."""
    wide, seen = {}, set()
    for path in paths:
        answer = page.request.get(site.url + path, max_redirects=0)
        if "text/html" not in answer.headers.get("content-type", "") or "<html" not in answer.text():
            continue
        if answer.status == 405:
            continue
        seen.add(path.split("?")[0])
        page.goto(site.url + path)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth") or page.evaluate(WIDER):
            wide[path[:60]] = page.evaluate(WIDER) or "the page"
    return wide, seen


@pytest.mark.long
@pytest.mark.parametrize("size", [300, 2000, 64, 8])
def test_no_page_is_wider_than_a_phone(long_site: Site, browser: Browser, size: int) -> None:
    site = long_site
    context = browser.new_context(viewport={"width": 320, "height": 780})
    page = signed_in(site, context, MEMBER)
    site.manage("shell", "-v0", "-c", WRITE.format(long=LONG, size=size, member=MEMBER))
    word = LONG[: min(size, 480)]
    wide, seen = too_wide(page, site, addresses(word))
    page.goto(site.url)
    page.locator(".person summary").click()
    page.evaluate("word => document.getElementById('notices').append(word)", word)
    menu = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    stranger = browser.new_context(viewport={"width": 320, "height": 780})
    doors, _ = too_wide(stranger.new_page(), site, [f"/accounts/login/?next=/{word}", f"/signin/{word}/"])

    assert (wide, doors, menu) == ({}, {}, 0)
    # The walk did not end at a door or with what is not there.
    assert len(seen) > 40
    assert {"/create/from-file/", "/images/12/lineage/", "/uploads/1/upscale/", "/matrices/2/"} <= seen
    context.close()
    stranger.close()


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
