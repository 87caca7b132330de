"""Fifty browsers at a gallery of 100 000 pictures while the worker is at work; then one page in a row, at full speed.

A real `serve` against an emulator, each in processes of their own, and the load beside them on the same cores. Each
browser takes pages with their sixty thumbnails, polls as the pages say, scrolls, searches, opens pictures and thinks
about as long as a person. Exit status 1 when a request failed or a database was locked. Short by default:
`make browsers` takes ten minutes.
"""

import argparse
import asyncio
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from bench_post_to_done import children_of, cpu_ms, emulator
from browsing import Browser, Tally, in_a_row
from measure import manage, percentile, report, say, start_django, temporary_folder
from member import Visitor, same_cookies

TARGETS = {"page_p95_ms": 300, "errors": 0, "locked": 0, "pages_per_s": 100}
# Whole pages and what scrolling brings.
PAGES = ("newest", "search", "scroll", "picture")
SEARCHES = [
    *("castle", "golden hour", "lant", "lighthouse -storm", "fox snow", "橘猫", "model:venice-sd35"),
    *("castle by:designer-1", "is:stacked", "style:cinematic", "by:me", "candlelight moonlight"),
]
CLIENTS = 8
#: What the log of `serve` says when something has gone wrong: its level is the second word of a line.
_TROUBLE = re.compile(r"^\S+ (?:error|critical) |^Traceback", re.M)


@dataclass(frozen=True)
class Served:
    """A site that runs, as the load needs to know it: its port, `serve`, its log, and cookies of members."""

    port: int
    process: int
    log: Path
    cookies: list[str]

    def cpu_ms(self, what: str) -> float:
        """CPU that these children of `serve` have taken."""
        return sum(self.cpu_ms_each(what))

    def cpu_ms_each(self, what: str) -> list[float]:
        """The same for each child by itself."""
        return [cpu_ms(child) for child in children_of(self.process, f"manage.py {what}")]


def main() -> int:
    options = _options()
    with ExitStack() as stack:
        folder = os.environ.get("BENCH_FOLDER")
        data = (
            Path(folder) / f"browsers-{options.database}-{options.images}"
            if folder
            else stack.enter_context(temporary_folder())
        )
        data.mkdir(exist_ok=True)
        url = stack.enter_context(_database(options.database))
        start_django(data, url=url)
        _fill(data, options.images, url)
        cookies = [Visitor(f"browser-{number}").cookies for number in range(options.browsers)]
        queued = _queue(options)
        served = stack.enter_context(_site(data, options.pace, cookies))
        tally = Tally()
        used = asyncio.run(_browse(served, options, tally))
        made = queued - _waiting()
        row = asyncio.run(_in_a_row(served, options.row_seconds))
        log = served.log.read_text(errors="replace")
        return _report(options, tally, used, row, made, log)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--browsers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30, help="of browsing (30)")
    parser.add_argument("--row-seconds", type=float, default=10, help="of one page in a row (10)")
    parser.add_argument(
        "--thinking", type=float, default=8, help="seconds between two steps of a browser (8)"
    )
    parser.add_argument("--pace", type=int, default=18, help="images a minute that the worker may send (18)")
    return parser.parse_args()


@contextmanager
def _database(kind: str) -> Iterator[str]:
    """The address of a PostgreSQL database of our own; of SQLite it is empty: a file in the folder."""
    from tests.postgresql import running_postgresql

    kept = os.environ.get("BENCH_POSTGRESQL", "")
    with nullcontext("") if kind == "sqlite" else nullcontext(kept) if kept else running_postgresql() as url:
        yield url


def _fill(data: Path, images: int, url: str) -> None:
    from gallery.models import Image

    if not Image.objects.exists():
        say(f"filling {images}")
        manage(data, "fill_gallery", "--images", str(images), url=url)


def _queue(options: argparse.Namespace) -> int:
    """Queue more than the worker can make meanwhile; how many wait."""
    from django.db import transaction

    from gallery.models import Generation, User
    from venice import Generate

    count = int(options.pace * (options.seconds + options.row_seconds + 20) / 60) + 10
    owner = User.objects.get(username="browser-0")
    with transaction.atomic():
        for number in range(count):
            asked = Generate(
                model="venice-sd35", prompt=f"a lighthouse, number {number}", width=1024, height=1024
            )
            Generation.objects.enqueue(owner, asked)
    return _waiting()


def _waiting() -> int:
    from gallery.models import Generation

    return Generation.objects.active().count()


@contextmanager
def _site(data: Path, pace: int, cookies: list[str]) -> Iterator[Served]:
    from tests.e2e.site import running_site

    chosen = same_cookies() | {"VENICE_REQUESTS_PER_MINUTE": str(pace)}
    with emulator() as venice, running_site(data, venice, **chosen) as site:
        port = urlsplit(site.url).port
        assert port
        yield Served(port, site.process.pid, data / "serve.log", cookies)


async def _browse(served: Served, options: argparse.Namespace, tally: Tally) -> dict[str, float]:
    """Let all browsers live; shares of a core that web and worker took, and the load itself."""
    say(f"{options.browsers} browsers for {options.seconds:.0f} s")
    started = time.perf_counter()
    before = {name: served.cpu_ms(name) for name in ("web", "work")} | {"load": time.process_time() * 1000}
    end = asyncio.get_running_loop().time() + options.seconds
    await asyncio.gather(
        *(
            Browser(served.port, cookies, tally, Random(number), SEARCHES).live(end, options.thinking)
            for number, cookies in enumerate(served.cookies)
        )
    )
    passed = (time.perf_counter() - started) * 1000
    after = {name: served.cpu_ms(name) for name in ("web", "work")} | {"load": time.process_time() * 1000}
    return {name: round((after[name] - before[name]) / passed, 3) for name in before}


async def _in_a_row(served: Served, seconds: float) -> dict[str, Any]:
    say(f"one page in a row for {seconds:.0f} s")
    await in_a_row(served.port, served.cookies[0], "/", CLIENTS, 1)
    before, load, started = served.cpu_ms_each("web"), time.process_time(), time.perf_counter()
    taken = await in_a_row(served.port, served.cookies[0], "/", CLIENTS, seconds)
    passed = time.perf_counter() - started
    used = [now - then for now, then in zip(served.cpu_ms_each("web"), before, strict=True)]
    return {
        "pages_per_s": round(len(taken) / passed, 1),
        "page_cpu_ms": round(sum(used) / len(taken), 2),
        "cores_of_each_process": [round(each / passed / 1000, 2) for each in used],
        "load_cpu_ms": round((time.process_time() - load) * 1000 / len(taken), 2),
        "p50_ms": percentile(taken, 0.5),
        "p95_ms": percentile(taken, 0.95),
    }


def _report(
    options: argparse.Namespace,
    tally: Tally,
    used: dict[str, float],
    row: dict[str, Any],
    made: int,
    log: str,
) -> int:
    pages = [each for kind in PAGES for each in tally.taken[kind]]
    locked, trouble = log.count("database is locked"), len(_TROUBLE.findall(log))
    report(
        "browsers",
        **{name: getattr(options, name) for name in ("database", "images", "browsers", "seconds", "pace")},
        page=_figures(pages),
        pages_per_s=round(len(pages) / options.seconds, 1),
        **{kind: _figures(times) for kind, times in sorted(tally.taken.items())},
        errors=dict(tally.errors),
        locked=locked,
        trouble_in_log=trouble,
        made_meanwhile=made,
        cores_used=used,
        in_a_row=row,
        load=round(os.getloadavg()[0], 1),
        targets=TARGETS,
    )
    if not made:
        say("the worker made nothing")
    return 1 if tally.errors or locked or trouble or not made else 0


def _figures(times: list[float]) -> dict[str, Any]:
    shares = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
    return {"count": len(times)} | {name: percentile(times, share) for name, share in shares.items() if times}


if __name__ == "__main__":
    sys.exit(main())
