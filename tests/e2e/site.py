"""A running installation in a folder of its own, and the browser that visits it: for tests, benchmarks, screenshots."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.commands import ROOT, Commands
from venice.emulator import Emulator

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class NoBrowser(Exception):
    """There is no Chromium on this machine; the message says how to get it."""


@dataclass(frozen=True)
class Site:
    """A running installation: its address, its environment, the process of `serve`, and its Venice when it is ours."""

    url: str
    environment: dict[str, str]
    process: "subprocess.Popen[bytes]"
    commands: Commands
    emulator: Emulator | None = None
    cookies: dict[str, list[SetCookieParam]] = field(default_factory=dict)

    def manage(self, *arguments: str) -> str:
        """What a management command prints."""
        return self.commands.run(*arguments)


@contextmanager
def running_site(data: Path, venice: Emulator | str, **settings: str) -> Iterator[Site]:
    """`manage.py serve` with DATA_DIR `data`, once it is healthy; it asks `venice` (or who is there), unpaced."""
    port = _free_port()
    emulator = venice if isinstance(venice, Emulator) else None
    environment = os.environ | {
        "DATA_DIR": str(data),
        "PORT": str(port),
        "VENICE_BASE_URL": emulator.url if emulator else str(venice),
        "VENICE_API_KEY": "canary-key-0123456789",
        "VENICE_REQUESTS_PER_MINUTE": "10000",
        "SUBMISSIONS_PER_MINUTE": "10000",
        **settings,
    }
    log, commands = data / "serve.log", Commands(environment)
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}/healthz", process, log)
            yield Site(f"http://127.0.0.1:{port}", environment, process, commands, emulator)
        finally:
            commands.close()
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            finally:
                # What does not stop in time is not left behind; web and worker follow it.
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(f"the site did not become healthy:\n{log.read_text()}")


@contextmanager
def running_browser(*, whole: bool = False) -> Iterator[Browser]:
    """Debian's Chromium, or whichever is on the path.

    Its shell first, which draws no window around each page; with `whole` the browser that people have.
    """
    names = ["chromium", "chromium-browser", "google-chrome"]
    names.insert(len(names) if whole else 0, "chromium-headless-shell")
    path = next((found for found in map(shutil.which, names) if found), None)
    if path is None:
        raise NoBrowser("no Chromium: `make install` as root installs it (chromium-headless-shell)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield running
        running.close()


_EMPTY = "from gallery.models import Draft; Draft.objects.filter(user__username={!r}).delete()"


def signed_in(
    site: Site, context: BrowserContext, name: str = "admin", path: str | None = "/", *, fresh: bool = True
) -> Page:
    """The page at `path`, signed in by a link as a person would; the second time with the first one's cookies.

    Without a path it is still to go somewhere: each page that is drawn costs half a second of a core. `fresh`: with
    nothing in the composer of what another test has typed there.
    """
    page = context.new_page()
    if name in site.cookies:
        if fresh:
            site.manage("shell", "-c", _EMPTY.format(name))
        context.add_cookies(site.cookies[name])
    else:
        page.goto(site.manage("signin", name, "--create"))
        page.get_by_role("button").click()
        page.wait_for_url(f"{site.url}/")
        site.cookies[name] = context.cookies()  # type: ignore[assignment]
    if path is not None and page.url != site.url + path:
        page.goto(site.url + path)
    return page
