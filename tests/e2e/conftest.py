"""A real site (web, worker, an emulator) and a real Chromium for the tests that click."""

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
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from venice.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
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


@dataclass(frozen=True)
class Site:
    """A running installation: its address, its folder, its Venice."""

    url: str
    environment: dict[str, str]
    emulator: Emulator

    def manage(self, *arguments: str) -> str:
        """What a management command prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return done.stdout.strip()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`manage.py serve` in a folder of its own, against an emulator that takes its time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = tmp_path_factory.mktemp("site")
    with Emulator(
        port=0, latency_ms=300, rate_limit=10_000, error_budget=10_000, balance_usd=1_000
    ) as emulator:
        environment = os.environ | {
            "DATA_DIR": str(data),
            "PORT": str(port),
            "VENICE_BASE_URL": emulator.url,
            "VENICE_API_KEY": "canary-key-0123456789",
            "VENICE_REQUESTS_PER_MINUTE": "10000",
            "SUBMISSIONS_PER_MINUTE": "10000",
        }
        with (data / "serve.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
            try:
                wait_for(f"http://127.0.0.1:{port}/healthz", process, data / "serve.log")
                yield Site(f"http://127.0.0.1:{port}", environment, emulator)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)


def wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    pytest.fail(f"the site did not become healthy:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or whichever is on the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for found in map(shutil.which, names) if found), None)
    if path is None:
        pytest.skip("no Chromium: `make install` as root installs it, or apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield running
        running.close()


def watched(context: BrowserContext) -> list[str]:
    """What the console complains of, CSP violations and script errors above all."""
    complaints: list[str] = []
    context.on(
        "console", lambda message: complaints.append(message.text) if message.type == "error" else None
    )
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    return complaints


def signed_in(site: Site, context: BrowserContext, name: str = "admin") -> Page:
    """A page of `context`, signed in by a link as a person would."""
    page = context.new_page()
    page.goto(site.manage("signin", name, "--create"))
    page.get_by_role("button").click()
    page.wait_for_url(f"{site.url}/")
    return page
