"""A real site (web, worker, an emulator) and a real Chromium for the tests that click."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.site import NoBrowser, Site, running_browser, running_site, signed_in
from venice.emulator import Emulator

__all__ = ["PHONE", "WIDE", "Site", "at_hand", "opened", "routed", "signed_in", "watched"]

#: A window as most have it, and a telephone.
WIDE = {"width": 1440, "height": 900}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
#: What is shown of a place and smaller than a finger: a box with its label, and no link within a sentence.
_SMALL = """(places) => places.flatMap((place) =>
  [...place.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.matches(".hidden"))
    .filter((one) => getComputedStyle(one).display !== "inline")
    .map((one) => [one, one.matches("[type=checkbox], [type=radio]") ? one.closest(".create-box, label") : one])
    .map(([one, whole]) => [one, whole.getBoundingClientRect()])
    .filter(([, box]) => box.width < 43.5 || box.height < 43.5)
    .map(([one, box]) => `${Math.round(box.width)} × ${Math.round(box.height)}: ${one.outerHTML.slice(0, 120)}`))"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Site]:
    """`manage.py serve` in a folder of its own, against an emulator that takes its time."""
    data = tmp_path_factory.mktemp("site")
    shutil.copytree(migrated, data, dirs_exist_ok=True)
    roomy = {"rate_limit": 10_000, "error_budget": 10_000, "balance_usd": 1_000}
    with Emulator(latency_ms=300, **roomy) as emulator, running_site(data, emulator) as running:
        yield running


@pytest.fixture(scope="session")
def filled_site(site: Site) -> Site:
    """The same site with some pages of pictures."""
    site.manage("fill_gallery", "--images", "300")
    return site


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """The short run takes Chromium's shell, which needs two thirds of the time; the long one the whole browser."""
    try:
        with running_browser(whole=request.config.getoption("--long")) as running:
            yield running
    except NoBrowser as error:
        pytest.skip(str(error))


def watched(context: BrowserContext) -> list[str]:
    """What the console complains of, CSP violations and script errors above all."""
    complaints: list[str] = []
    context.on(
        "console", lambda message: complaints.append(message.text) if message.type == "error" else None
    )
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    return complaints


def routed(context: BrowserContext) -> BrowserContext:
    """The same, before its first page, for a test that holds, answers or drops requests.

    Chromium takes a while to begin looking at requests, and to end it with the last route: what is asked for meanwhile
    passes by the route, or is never answered. So it looks at them all the time.
    """
    context.route("**/nobody-asks-for-this", lambda route: route.abort())
    return context


def at_hand(page: Page, place: str = "main") -> None:
    """On a telephone: nothing is wider than the window, and what `place` has is large enough for a finger."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator(place).evaluate_all(_SMALL) == []


def opened(
    site: Site,
    browser: Browser,
    path: str = "/",
    *,
    name: str = "admin",
    is_routed: bool = False,
    **options: object,
) -> tuple[BrowserContext, Page, list[str]]:
    """A page of the site as its staff sees it, in a window with these `options`; and what its console complains of.

    The member of this `name` has what other tests made for them, unless no other test has that name.
    """
    context = browser.new_context(**({"viewport": WIDE} | options))  # type: ignore[arg-type]
    if is_routed:
        routed(context)
    complaints = watched(context)
    page = signed_in(site, context, name, path)
    return context, page, complaints
