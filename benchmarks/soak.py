"""Load, with web or worker killed every few seconds; at the end every promise of the pipeline is checked.

A real `serve` against an emulator of our own. Each form is posted until it is answered, as a person would
press again; that must give one generation. Exit status 1 when a promise is broken.
"""

import argparse
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from measure import ROOT, environment, report, say, temporary_folder

from venice.emulator import Emulator

FORM = {"model": "z-image-turbo", "width": "64", "height": "64", "format": "webp", "safe_mode": "on"}
FAULTS = [
    *[""] * 12,
    "slow:0.7",
    "slow:2",
    "drip:1",
    "truncated",
    "500:times=1",
    "502",
    "reset",
    "violation",
    "422",
]
PATIENCE = 120


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="of load and kills (600)")
    parser.add_argument(
        "--kill-every", type=float, default=5, help="seconds between two kills, on average (5)"
    )
    parser.add_argument("--rate", type=float, default=2, help="generations a second, about (2)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with (
        temporary_folder() as data,
        Emulator(rate_limit=10**6, error_budget=10**6, balance_usd=10**6) as emulator,
    ):
        with _serving(data, emulator) as site:
            people = _People(site.url, options.rate, options.seed)
            people.sign_in(site.log)
            kills = _kill_for(site, options.seconds, options.kill_every, random.Random(options.seed))
            people.stop()
            say(f"{people.accepted} forms accepted; waiting for the rest")
            os.environ.update(site.environment)
            _set_up_django()
            _wait_until_ended(site)
        return _judge(emulator, people, kills, options.seconds)


class _Site:
    """`manage.py serve` and what it runs."""

    def __init__(self, data: Path, emulator: Emulator) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.environment = environment(data) | {
            "PORT": str(port),
            "VENICE_BASE_URL": emulator.url,
            "VENICE_REQUESTS_PER_MINUTE": "100000",
            "SUBMISSIONS_PER_MINUTE": "100000",
        }
        self.log = data / "serve.log"
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--signin", "admin"],
                cwd=ROOT,
                env=self.environment,
                stdout=out,
                stderr=out,
            )

    def wait_until_healthy(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if requests.get(f"{self.url}/healthz", timeout=5).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.2)
        raise SystemExit(f"the site does not become healthy:\n{self.log.read_text()}")

    def child(self, mark: str) -> int | None:
        """The process id of the child whose command line holds `mark`."""
        for entry in Path("/proc").iterdir():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.process.pid and mark in (entry / "cmdline").read_bytes().decode():
                    return int(entry.name)
            except (OSError, ValueError, IndexError):
                continue
        return None


@contextmanager
def _serving(data: Path, emulator: Emulator) -> Iterator[_Site]:
    site = _Site(data, emulator)
    try:
        site.wait_until_healthy()
        yield site
        site.process.send_signal(signal.SIGTERM)
        if status := site.process.wait(PATIENCE):
            raise SystemExit(f"serve ended with {status}")
    finally:
        if site.process.poll() is None:
            site.process.kill()
            site.process.wait()


class _People:
    """Somebody who presses Generate again and again, and again when there is no answer."""

    def __init__(self, url: str, rate: float, seed: int) -> None:
        self.accepted, self.refused = 0, list[str]()
        self._url, self._rate, self._chance = url, rate, random.Random(seed)
        self._over = threading.Event()
        self._session = requests.Session()
        self._thread = threading.Thread(target=self._press)

    def sign_in(self, log: Path) -> None:
        """By the link that serve printed."""
        deadline = time.monotonic() + PATIENCE
        while not (link := re.search(r"http://\S+/signin/\S+", log.read_text())):
            if time.monotonic() > deadline:
                raise SystemExit("no sign-in link")
            time.sleep(0.1)
        token = self._token(self._session.get(link[0], timeout=10).text)
        self._session.post(link[0], {"csrfmiddlewaretoken": token}, timeout=10).raise_for_status()
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _press(self) -> None:
        number = 0
        while not self._over.wait(self._chance.expovariate(self._rate)):
            number += 1
            fault = self._chance.choice(FAULTS)
            form = FORM | {
                "prompt": f"soak {number}" + (f" [[fault:{fault}]]" if fault else ""),
                "variants": self._chance.choice("1112"),
                "seed": str(number),
                "submission": str(uuid.uuid4()),
            }
            self._post_until_answered(form)

    def _post_until_answered(self, form: dict[str, str]) -> None:
        while True:
            try:
                token = self._session.cookies.get("csrf") or ""
                answer = self._session.post(
                    f"{self._url}/create/",
                    form | {"csrfmiddlewaretoken": token},
                    headers={"Referer": f"{self._url}/create/"},
                    allow_redirects=False,
                    timeout=10,
                )
            except requests.RequestException:
                time.sleep(0.2)
                continue
            if answer.status_code == 303:
                self.accepted += 1
                return
            self.refused.append(f"a form was answered with {answer.status_code}")
            return

    def _token(self, page: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        return found[1] if found else ""


def _kill_for(site: _Site, seconds: float, every: float, chance: random.Random) -> Counter[str]:
    kills: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, chance.uniform(0.4, 1.6) * every))
        name, mark = chance.choice([("worker", "manage.py\0work"), ("web", "manage.py\0web")])
        if (number := site.child(mark)) is not None:
            os.kill(number, signal.SIGKILL)
            kills[name] += 1
    return kills


def _set_up_django() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "gallery.settings"
    import django

    django.setup()


def _wait_until_ended(site: _Site) -> None:
    """Wait while there is progress: the breaker holds everything for 35 s whenever ten calls failed within 30 s."""
    from gallery.models import Gate, Generation

    fewest, deadline = sys.maxsize, 0.0
    while waiting := Generation.objects.active().count():
        if waiting < fewest:
            fewest, deadline = waiting, time.monotonic() + PATIENCE
        if time.monotonic() > deadline:
            gates = ", ".join(str(gate) for gate in Gate.objects.closed())
            say(f"{waiting} generations hang; held by: {gates or 'nothing'}\n{site.log.read_text()[-5000:]}")
            return
        time.sleep(0.2)


def _judge(emulator: Emulator, people: _People, kills: Counter[str], seconds: float) -> int:
    from django.db.models import Count

    from gallery.models import Generation
    from tests.pipeline.checker import violations

    ledger = emulator.ledger()
    broken = [*people.refused, *violations(ledger)]
    states = dict(Generation.objects.order_by().values_list("state").annotate(Count("pk")))
    if (made := sum(states.values())) != people.accepted:
        broken.append(f"{people.accepted} forms made {made} generations")
    for problem in broken:
        say(problem)
    report(
        "soak",
        seconds=round(seconds),
        kills=dict(kills),
        generations=made,
        states=states,
        posts=len(ledger),
        paid_usd=round(sum(entry["charged_usd"] for entry in ledger), 2),
        broken=len(broken),
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
