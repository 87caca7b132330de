"""Galleries of so many pictures on either database, a member who looks at them, and the floor page.

The floor is the same HTML, through the same middleware and for the same member, from raw keyset SQL and f-strings.
All galleries are looked at in one process, in turn.
"""

import html
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measure import in_turn, manage, median, say
from member import Answer, Visitor

MARK = '<b class="badge mark">blurred</b>'
FLOOR_SQL = """
    SELECT i.id, i.sha256, i.width, i.height, i.color, i.stack_size, g.is_blurred, g.is_content_violation,
           substr(p.text, 1, 240), i.model, i.seed, i.sort_price, u.username, substr(CAST(i.created_at AS text), 1, 10)
    FROM gallery_image i JOIN gallery_prompt p ON p.id = i.prompt_id JOIN gallery_generation g ON g.id = i.generation_id
    JOIN gallery_user u ON u.id = i.owner_id
    WHERE i.is_cover AND i.id <= ? ORDER BY i.id DESC LIMIT 61
"""


class Gallery:
    """A database filled with so many pictures, and a member who looks at it."""

    def __init__(self, data: Path, count: int, url: str = "") -> None:
        """In the folder `data`, or in the PostgreSQL database at `url`; one that has pictures is taken as it is."""
        from django.db import connections

        self.name, self.file = data.name, data / "gallery.sqlite3"
        data.mkdir(exist_ok=True)
        manage(data, "migrate", "--verbosity", "0", url=url)
        connections.settings["default"] = _settings(url, self.file)
        self.connection = connections.create_connection("default")
        self.filling_s = (
            0.0 if self.scalar("SELECT max(id) FROM gallery_image") else self._fill(data, count, url)
        )
        with self.chosen():
            _keep_catalogue()
            self.visitor = Visitor("benchmark")
        self.newest = int(self.scalar("SELECT max(id) FROM gallery_image"))

    def _fill(self, data: Path, count: int, url: str) -> float:
        say(f"filling {data.name}")
        started = time.monotonic()
        manage(data, "fill_gallery", "--images", str(count), url=url)
        return round(time.monotonic() - started, 1)

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
        """The page at `path`, from this database; what htmx asks for begins with `htmx:`."""
        from django.db import connections

        connections["default"] = self.connection
        part = path.removeprefix("htmx:")
        return self.visitor.get(part) if part == path else self.visitor.get(part, hx_request="true")

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
        """Milliseconds of CPU of each query of the page, run and fetched to the end: the median of `rounds`."""
        asked = self.queries(path)

        def run(sql: str, params: Any) -> Callable[[], object]:
            def go() -> object:
                with self.connection.cursor() as cursor:
                    cursor.execute(sql, params)
                    return cursor.fetchall()

            return go

        cases = {f"{place}": run(sql, params) for place, (sql, params) in enumerate(asked)}
        return [median(times) for times in in_turn(cases, rounds, clock=self.cpu).values()]

    def cpu(self) -> float:
        """Seconds of the processor that this process has taken, and the server's that answers it (on this machine)."""
        if self.connection.vendor == "sqlite":
            return time.process_time()
        server = self.connection.connection.info.backend_pid
        return time.process_time() + int(Path(f"/proc/{server}/schedstat").read_text().split()[0]) / 1e9


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
    start, end = page.index('<div class="tile'), page.rindex("</div>", 0, page.index('id="quick"'))
    return page[:start], page[end + 6 :]


def cards(rows: list[tuple[Any, ...]]) -> str:
    """The tiles of the product's own template, by hand."""
    count = Counter(row[-1] for row in rows)
    shown, last = [], ""
    for place, (
        pk,
        digest,
        width,
        height,
        color,
        stack,
        blurred,
        violation,
        prompt,
        *facts,
        day,
    ) in enumerate(rows):
        date = "" if day == last else _date(day) if count[day] < 6 else ""
        heading = "" if day == last or date else _heading(day)
        last, text, longest = day, html.escape(prompt), max(width, height)
        shape = min(max(round(100 * width / height), 25), 400)
        small, large = (f"/media/{size}/{digest[:2]}/{digest[2:4]}/{digest}.webp" for size in (256, 512))
        shown.append(
            f'{heading}<div class="tile r{shape}" data-image="{pk}"'
            f' data-favourite="false" data-rating="0"><a href="/images/{pk}/">'
            f'<svg aria-hidden="true"><rect width="100%" height="100%" fill="{color}"/></svg>'
            f'<img src="{large}" srcset="{small} {width * 256 // longest}w, {large} {width * 512 // longest}w" '
            f'sizes="auto, (max-width: 519px) 50vw, {round(2.16 * shape)}px" alt="{text}" width="{width}" '
            f'height="{height}" loading="{"eager" if place < 24 else "lazy"}" decoding="async">{date}'
            f'<span class="caption" aria-hidden="true"><bdi dir="auto" hx-disable>{text}</bdi>'
            f"<small>{_facts(*facts)}</small></span>{_badge(stack)}{MARK if blurred or violation else ''}</a>"
            f'<input type="checkbox" class="pick" name="image" value="{pk}" form="selection" aria-label="Select" '
            f'autocomplete="off"></div>'
        )
    return "\n".join(shown)


def _facts(model: str, seed: int | None, millionths: int, owner: str) -> str:
    known = "" if seed is None else f"seed {seed} · "
    return html.escape(f"{model} · {known}${millionths / 1_000_000:.2f} · {owner}")


def _heading(day: str) -> str:
    return f'<i class="fill"></i><h2 class="day" data-day="{day}">Thursday 26 November 2026</h2>'


def _date(day: str) -> str:
    return f'<time class="badge date" datetime="{day}" data-day="{day}">26 Nov 2026</time>'


def _badge(stack: int) -> str:
    if stack < 2:
        return ""
    return f'<b class="badge" title="Pictures in this stack"><span class="hidden">Stack of </span>{stack}</b>'


def _settings(url: str, file: Path) -> dict[str, Any]:
    """The site's own settings of a database, for another one."""
    from django.db import connections

    from gallery import environment
    from gallery.settings import POSTGRESQL_OPTIONS, SQLITE_OPTIONS

    told = environment.env.db_url_config(url or f"sqlite:///{file}")
    options = POSTGRESQL_OPTIONS if url else SQLITE_OPTIONS
    return {**connections.settings["default"], **told, "OPTIONS": {**options, **told.get("OPTIONS", {})}}


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
