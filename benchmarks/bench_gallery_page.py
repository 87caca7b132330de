"""The gallery's page at 1 000 and at 100 000 pictures, beside the least that the same page could cost.

The floor is the same HTML, through the same middleware and for the same member, from raw keyset SQL and
f-strings. `bare` is that without Django. Everything is measured in one process, in turn.
"""

import argparse
import html
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from measure import in_turn, manage, median, ratio, report, say, start_django, temporary_folder
from visiting import Answer, Visitor

# A word of every twentieth prompt, two frequent ones, two rare ones, and one that is still being typed.
SEARCHES = {"word": "/?q=castle", "two": "/?q=golden+hour", "rare": "/?q=sphinx+Havana", "prefix": "/?q=lant"}
MARK = '<b class="badge mark">blurred</b>'
FLOOR_SQL = """
    SELECT i.id, i.sha256, i.width, i.height, i.color, i.stack_size, g.is_blurred, g.is_content_violation,
           substr(p.text, 1, 240)
    FROM gallery_image i JOIN gallery_prompt p ON p.id = i.prompt_id JOIN gallery_generation g ON g.id = i.generation_id
    WHERE i.is_cover AND i.id <= ? ORDER BY i.id DESC LIMIT 61
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000, help="the larger gallery (default 100000)")
    parser.add_argument("--rounds", type=int, default=60)
    asked = parser.parse_args()
    sizes = {"1k": 1_000, _short(asked.images): asked.images}
    with temporary_folder(in_memory=True) as folder:
        start_django(folder / "1k")
        galleries = {name: Gallery(folder / name, count) for name, count in sizes.items()}
        small, large = galleries.values()
        add_floor_page(large)
        cases = {
            f"{name} {page}": partial(gallery.get, path)
            for name, gallery in galleries.items()
            for page, path in gallery.pages.items()
        }
        taken = in_turn(cases, asked.rounds)
        _report(taken, asked.rounds, small, large)


class Gallery:
    """A database filled with so many pictures, and a member who looks at it."""

    def __init__(self, data: Path, count: int) -> None:
        from django.db import connections

        say(f"filling {data.name}")
        self.name, self.file = data.name, data / "gallery.sqlite3"
        started = time.monotonic()
        data.mkdir(exist_ok=True)
        manage(data, "migrate", "--verbosity", "0")
        manage(data, "fill_gallery", "--images", str(count))
        self.filling_s = round(time.monotonic() - started, 1)
        connections.settings["default"]["NAME"] = str(self.file)
        self.connection = connections.create_connection("default")
        with self.chosen():
            _keep_catalogue()
            self.visitor = Visitor("benchmark")
            newest = self.scalar("SELECT max(id) FROM gallery_image")
        self.pages = {"newest": "/", "middle": f"/?from={newest // 2}", **SEARCHES, "floor": "/floor/"}

    @contextmanager
    def chosen(self) -> Iterator[None]:
        """Let Django talk to this database meanwhile."""
        from django.db import connections

        before = connections["default"]
        connections["default"] = self.connection
        try:
            yield
        finally:
            connections["default"] = before

    def scalar(self, sql: str) -> Any:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]

    def get(self, path: str) -> Answer:
        """The page at `path`, from this database."""
        from django.db import connections

        connections["default"] = self.connection
        return self.visitor.get(path)

    def queries(self, path: str) -> list[tuple[str, Any]]:
        """The SQL that one view of `path` runs."""
        seen: list[tuple[str, Any]] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            seen.append((sql, params))
            return execute(sql, params, many, context)

        with self.chosen(), self.connection.execute_wrapper(note):
            self.get(path)
        return seen

    def sql_ms(self, path: str, rounds: int) -> list[float]:
        """Milliseconds of each query of the page, run and fetched to the end: the median of `rounds`."""
        asked = self.queries(path)

        def run(sql: str, params: Any) -> Callable[[], object]:
            def go() -> object:
                with self.connection.cursor() as cursor:
                    cursor.execute(sql, params)
                    return cursor.fetchall()

            return go

        cases = {f"{place}": run(sql, params) for place, (sql, params) in enumerate(asked)}
        return [median(times) for times in in_turn(cases, rounds, clock=time.perf_counter).values()]


def add_floor_page(gallery: Gallery) -> None:
    """An address that answers the newest page's HTML from raw SQL and f-strings."""
    from django.db import connections
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    from gallery import urls

    before, after = frame(gallery.get("/").body.decode())

    def floor(request: HttpRequest) -> HttpResponse:
        # Every page asks who is signed in.
        assert request.user.is_authenticated
        with connections["default"].cursor() as cursor:
            cursor.execute(FLOOR_SQL.replace("?", "%s"), [2**62])
            rows = cursor.fetchall()
        return HttpResponse(before + cards(rows[:60]) + after)

    urls.urlpatterns.append(path("floor/", floor))
    assert abs(len(gallery.get("/floor/").body) / len(gallery.get("/").body) - 1) < 0.02


def frame(page: str) -> tuple[str, str]:
    """A gallery page without its pictures: what comes before them and after."""
    start, end = page.index('<a class="tile'), page.rindex("</a>", 0, page.index('id="pager"'))
    return page[:start], page[end + 4 :]


def cards(rows: list[tuple[Any, ...]]) -> str:
    """The tiles of the product's own template, by hand."""
    return "\n".join(
        f'<a class="tile r{min(max(round(100 * width / height), 25), 400)}" href="/images/{pk}/" data-image="{pk}">'
        f'<svg aria-hidden="true"><rect width="100%" height="100%" fill="{color}"/></svg>'
        f'<img src="/media/512/{digest[:2]}/{digest[2:4]}/{digest}.webp" alt="{(text := html.escape(prompt))}" '
        f'width="{width}" height="{height}" loading="{"eager" if place < 12 else "lazy"}" decoding="async">'
        f'<span class="caption" aria-hidden="true"><bdi dir="auto" hx-disable>{text}</bdi></span>'
        f"{_badge(stack)}{MARK if blurred or violation else ''}</a>"
        for place, (pk, digest, width, height, color, stack, blurred, violation, prompt) in enumerate(rows)
    )


def _badge(stack: int) -> str:
    if stack < 2:
        return ""
    return f'<b class="badge" title="Pictures in this stack"><span class="hidden">Stack of </span>{stack}</b>'


def bare(gallery: Gallery) -> Callable[[], object]:
    """The floor without Django: a connection that stays open, SQL, f-strings, bytes."""
    connection = sqlite3.connect(gallery.file)
    page = gallery.get("/floor/").body.decode()
    before, after = frame(page)

    def go() -> object:
        rows = connection.execute(FLOOR_SQL, [2**62]).fetchall()
        return (before + cards(rows[:60]) + after).encode()

    return go


def _report(taken: dict[str, list[float]], rounds: int, small: Gallery, large: Gallery) -> None:
    say("the queries alone")
    figures = {}
    for name in (page for page in large.pages if page != "floor"):
        sql = large.sql_ms(large.pages[name], rounds)
        times, floor = taken[f"{large.name} {name}"], taken[f"{large.name} floor"]
        figures[name] = {
            "queries": len(sql),
            "sql_ms": round(sum(sql), 3),
            "slowest_sql_ms": max(sql),
            "page_ms": median(times),
            "of_floor": ratio(times, floor),
            "growth": ratio(times, taken[f"{small.name} {name}"]),
        }
    alone = in_turn({"bare": bare(large)}, rounds)["bare"]
    report(
        "gallery_page",
        images=[small.name, large.name],
        rounds=rounds,
        pages=figures,
        floor_ms=median(taken[f"{large.name} floor"]),
        bare_ms=median(alone),
        html_kb=round(len(large.get("/").body) / 1000, 1),
        filling_s={each.name: each.filling_s for each in (small, large)},
        targets={"queries": 6, "sql_ms": 1, "of_floor": 2.5, "growth": 1.25},
    )


def _keep_catalogue() -> None:
    """The models and styles that come with the client, as a worker's first look at Venice leaves them.

    Dated alike in every gallery, since a process that remembers a catalogue knows it by its date.
    """
    from django.utils import timezone

    from gallery import catalog
    from gallery.models import CatalogModel
    from venice import Client
    from venice.emulator import Emulator

    with Emulator() as emulator, Client("benchmark", emulator.url) as client:
        catalog.sync(client)
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    CatalogModel.objects.update(synced_at=today)


def _short(count: int) -> str:
    return f"{count // 1_000_000}M" if count % 1_000_000 == 0 else f"{count // 1_000}k"


if __name__ == "__main__":
    main()
