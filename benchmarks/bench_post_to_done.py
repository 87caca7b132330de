"""What we add to Venice's own time: from the form's POST until the picture and its thumbnails are stored.

A real `serve` against an emulator without latency, each in processes of their own. What the emulator says it
took (`timing.total`: its drawing and encoding) is subtracted, since Venice does that for a living.
"""

import argparse
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import requests
from measure import ROOT, environment, median, percentile, report, say, temporary_folder

FORM = {"model": "venice-sd35", "width": "1024", "height": "1024", "format": "webp", "safe_mode": "on"}
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
TIMES = """
    SELECT g.state, g.total_ms, g.sent_at, g.finished_at, a.finished_at
    FROM gallery_generation g LEFT JOIN gallery_attempt a ON a.generation_id = g.id WHERE g.id = ?
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=30)
    count = parser.parse_args().images
    from tests.e2e.site import running_site

    with temporary_folder() as data, emulator() as venice:
        os.environ.update(environment(data))
        with running_site(data, venice) as site:
            worker = child_of(site.process.pid, "manage.py work")
            web = child_of(site.process.pid, "manage.py web")
            member, database = (
                sign_in(site.url, site.manage("signin", "admin", "--create")),
                open_database(data),
            )
            for number in range(3):
                one_picture(member, database, site.url, number)
            say("an idle worker")
            idle_ms = _idle(worker)
            before, started = cpu_ms(worker), time.monotonic()
            taken = [one_picture(member, database, site.url, number) for number in range(10, 10 + count)]
            elapsed, used = time.monotonic() - started, cpu_ms(worker) - before
            _report(taken, (used - idle_ms * elapsed) / count, idle_ms, worker, web)


def _report(
    taken: list[tuple[float, float, float]], worker_ms: float, idle_ms: float, worker: int, web: int
) -> None:
    ours, until_sent, after_last_byte = (list(each) for each in zip(*taken, strict=True))
    report(
        "post_to_done",
        images=len(taken),
        ours_ms={"median": median(ours), "p95": percentile(ours, 0.95)},
        post_to_sent_ms=median(until_sent),
        last_byte_to_done_ms={"median": median(after_last_byte), "p95": percentile(after_last_byte, 0.95)},
        worker_cpu_ms=round(worker_ms, 1),
        idle_worker_cpu_ms_per_s=round(idle_ms, 1),
        worker_mb=resident_mb(worker),
        web_mb=resident_mb(web),
        load=round(os.getloadavg()[0], 1),
        targets={
            "ours_ms": 200,
            "last_byte_to_done_ms": 120,
            "worker_cpu_ms": 120,
            "worker_mb": 220,
            "web_mb": 120,
        },
    )


@contextmanager
def emulator() -> Iterator[str]:
    """A Venice that answers as fast as it draws; yields its base URL."""
    limits = ["--rate-limit", "100000", "--error-budget", "100000", "--balance-usd", "1000"]
    command = [sys.executable, "-m", "venice.emulator", "--port", "0", *limits]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def sign_in(site: str, link: str) -> requests.Session:
    """A session that came in by the link, as a browser would."""
    member = requests.Session()
    member.trust_env = False
    page = member.get(link).text
    answer = member.post(
        link, {"csrfmiddlewaretoken": _hidden(page, "csrfmiddlewaretoken")}, headers={"Referer": link}
    )
    assert answer.url == f"{site}/", answer.url
    return member


def one_picture(
    member: requests.Session, database: sqlite3.Connection, site: str, number: int
) -> tuple[float, float, float]:
    """Milliseconds: all but Venice's own, from the POST until it was sent, from its last byte until done."""
    clicked, generation = click(member, site, number)
    state, total_ms, sent, finished, last_byte = _wait(database, generation)
    assert state == "done", state
    until_done = (_seconds(finished) - clicked) * 1000
    return (
        until_done - total_ms,
        (_seconds(sent) - clicked) * 1000,
        (_seconds(finished) - _seconds(last_byte)) * 1000,
    )


def click(member: requests.Session, site: str, number: int) -> tuple[float, int]:
    """Post the form as a person would; the moment of it, and the generation's id."""
    page = member.get(f"{site}/create/").text
    form = {name: _hidden(page, name) for name in ("csrfmiddlewaretoken", "submission")}
    form |= FORM | {"prompt": f"a lighthouse above the sea, number {number}", "seed": str(1000 + number)}
    clicked = time.time()
    answer = member.post(
        f"{site}/create/", form, headers={"Referer": f"{site}/create/"}, allow_redirects=False
    )
    assert answer.status_code == 303, (answer.status_code, re.findall(r"data-error-for=.*", answer.text))
    return clicked, int(re.findall(r"/generations/(\d+)/", answer.headers["Location"])[0])


def _wait(database: sqlite3.Connection, generation: int) -> tuple[str, float, str, str, str]:
    """Look seldom: the moments come from the rows, and looking costs time of the machine that is measured."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        time.sleep(0.05)
        row = database.execute(TIMES, [generation]).fetchone()
        if row[0] not in ("queued", "sending", "received"):
            return tuple(row)
    raise AssertionError(f"generation {generation} is not done after 30 s")


def open_database(data: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{data / 'gallery.sqlite3'}?mode=ro", uri=True, isolation_level=None)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(f"{moment}+00:00").timestamp()


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)
    assert found, f"no {name} in the form"
    return found[1]


def _idle(worker: int) -> float:
    """Milliseconds of CPU in a second in which there is nothing to do."""
    before, started = cpu_ms(worker), time.monotonic()
    time.sleep(5)
    return (cpu_ms(worker) - before) / (time.monotonic() - started)


def child_of(parent: int, mark: str) -> int:
    """The process whose parent is `parent` and whose command line holds `mark`."""
    for process in children_of(parent, mark):
        return process
    raise AssertionError(f"{parent} has no child {mark}")


def children_of(parent: int, mark: str) -> list[int]:
    """All such processes."""
    return [
        process
        for process in _children(parent)
        if mark in Path(f"/proc/{process}/cmdline").read_bytes().decode().replace("\0", " ")
    ]


def cpu_ms(process: int) -> float:
    """User and system time of a process, its living children and those it has waited for."""
    own = sum(int(ticks) for ticks in _stat(process)[11:15]) * TICK_MS
    return own + sum(cpu_ms(child) for child in _children(process))


def resident_mb(process: int) -> float:
    """The most memory that a process and its living children have had, shared pages counted for each."""
    status = Path(f"/proc/{process}/status").read_text()
    peak = int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024
    return round(peak + sum(resident_mb(child) for child in _children(process)), 1)


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int(_stat(int(entry.name))[1]) == parent:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def _stat(process: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on: the second may hold spaces."""
    return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()


if __name__ == "__main__":
    main()
