"""A matrix of 500 cells: from the form to the queue, its page beside its floor, and the queue with 2 000 waiting.

The floor is the same HTML, through the same middleware and for the same member, from raw SQL and f-strings.
"""

import argparse
import html
import time
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from itertools import product
from typing import Any

from galleries import Gallery
from measure import in_turn, median, ratio, report, say, start_django, temporary_folder

MODEL = "z-image-turbo"
SEEDS, SCALES = 25, 20
WAITING = 2_000
FLOOR_SQL = """
    SELECT i.id, i.sha256, i.width, i.height FROM gallery_generation g
    JOIN gallery_image i ON i.generation_id = g.id AND i."index" = 0 AND i.trashed_at IS NULL
    WHERE g.batch_id = %s ORDER BY g.position
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20_000, help="pictures in the gallery (default 20000)")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--databases", default="sqlite,postgresql")
    asked = parser.parse_args()
    with temporary_folder(in_memory=True) as folder:
        start_django(folder / "first")
        for vendor in asked.databases.split(","):
            with _server(vendor) as url:
                _measure(Gallery(folder / vendor, asked.images, url), vendor, asked)


def _server(vendor: str) -> Any:
    from tests.postgresql import running_postgresql

    return running_postgresql() if vendor == "postgresql" else nullcontext("")


def _measure(gallery: Gallery, vendor: str, asked: argparse.Namespace) -> None:
    from django.conf import settings

    settings.MAX_PICTURES_PER_CLICK, settings.SUBMISSIONS_PER_MINUTE = 5_000, 10_000
    settings.ALLOWED_HOSTS = ["*"]
    with gallery.chosen():
        buying = [_buy(gallery, number) for number in range(4)]
        batch = buying[0][2]
        _make(batch)
        _wait_at_most(WAITING)
        _add_floor(gallery, batch)
        pages = {
            "page": f"/matrices/{batch}/",
            "floor": "/matrix-floor/",
            "gallery": "/",
            "preview": f"/create/matrix/?{_query(0)}",
            "queue": "/queue/",
        }
        taken = in_turn({name: partial(gallery.get, path) for name, path in pages.items()}, asked.rounds)
        exists = in_turn({"existing": _lookup()}, asked.rounds, clock=gallery.cpu)["existing"]
    report(
        "matrix",
        database=vendor,
        images=asked.images,
        cells=SEEDS * SCALES,
        queued_s=median([wall for wall, _, _ in buying[1:]]),
        queued_cpu_s=median([cpu for _, cpu, _ in buying[1:]]),
        page_ms=median(taken["page"]),
        floor_ms=median(taken["floor"]),
        of_floor=ratio(taken["page"], taken["floor"]),
        preview_ms=median(taken["preview"]),
        existing_ms=median(exists),
        waiting=WAITING,
        queue_ms=median(taken["queue"]),
        gallery_ms=median(taken["gallery"]),
        targets={"queued_s": 1, "of_floor": 2.5, "existing_ms": 50, "queue_ms": 50},
    )


def _fields(number: int) -> dict[str, str]:
    first = 1 + number * SEEDS
    return {
        "prompt": "A quiet canal at dawn, reflections of old houses",
        "model": MODEL,
        "axis-seed": f"{first}..{first + SEEDS - 1}",
        "axis-cfg_scale": f"1..{SCALES}",
    }


def _query(number: int) -> str:
    from urllib.parse import urlencode

    return urlencode(_fields(number))


def _buy(gallery: Gallery, number: int) -> tuple[float, float, int]:
    """One press of *Make all 500*: seconds by the clock and of the processor, and the batch."""
    from django.test import Client

    from gallery.models import Batch, Generation

    say(f"buying {number}")
    client = Client()
    client.force_login(gallery.visitor.user)
    started, cpu = time.perf_counter(), gallery.cpu()
    answer = client.post("/create/matrix/", _fields(number) | {"buy": "all", "submission": str(uuid.uuid4())})
    wall, spent = time.perf_counter() - started, gallery.cpu() - cpu
    assert answer.status_code == 303, answer.status_code
    batch = Batch.objects.latest("pk")
    assert Generation.objects.filter(batch=batch).count() == SEEDS * SCALES
    return wall, spent, batch.pk


def _make(batch: int) -> None:
    """Its pictures, as a worker leaves them."""
    from django.utils import timezone

    from gallery.models import Attempt, Generation, Image, Outcome

    now, like = timezone.now(), Image.objects.latest("pk")
    rows = list(Generation.objects.filter(batch=batch).order_by("position"))
    Generation.objects.filter(batch=batch).update(state="done", finished_at=now)
    attempts = Attempt.objects.bulk_create(
        Attempt(
            generation=row,
            token=uuid.uuid4(),
            worker="w",
            host="h",
            model=MODEL,
            sent_at=now,
            outcome=Outcome.OK,
        )
        for row in rows
    )
    copied = {name: getattr(like, name) for name in ("sha256", "name", "format", "width", "height", "bytes")}
    Image.objects.bulk_create(
        Image(
            **copied,
            attempt=attempt,
            generation=row,
            seed=row.seed,
            owner_id=row.owner_id,
            prompt_id=row.prompt_id,
            model=row.model,
            emulated=row.emulated,
            created_at=now,
        )
        for row, attempt in zip(rows, attempts, strict=True)
    )


def _wait_at_most(count: int) -> None:
    """So many in the queue: what was bought, and copies of it."""
    from gallery.models import Generation, User
    from gallery.models.queue import Order
    from venice import Generate

    owner = User.objects.get(username="benchmark")
    missing = count - Generation.objects.queued().count()
    base = {"model": MODEL, "prompt": "One more"}
    orders = [Order(operation=Generate(seed=seed, **base)) for seed in range(1, missing + 1)]
    for start in range(0, missing, 500):
        Generation.objects.enqueue_batch(owner, orders[start : start + 500])
    assert Generation.objects.queued().count() == count


def _lookup() -> Callable[[], None]:
    """Look up all of them; what is asked for is made before."""
    from gallery.models import CatalogModel
    from gallery.variations.exact_matches import existing
    from venice import Generate

    models = {MODEL: CatalogModel.objects.get(model_id=MODEL).spec}
    prompt = _fields(0)["prompt"]
    asked = [
        Generate(model=MODEL, prompt=prompt, seed=seed, cfg_scale=scale, format="webp", safe_mode=True)
        for scale, seed in product(range(1, SCALES + 1), range(1, SEEDS + 1))
    ]

    def look() -> None:
        assert len(existing(asked, models)) == len(asked)

    return look


def _add_floor(gallery: Gallery, batch: int) -> None:
    """An address that answers the matrix' HTML from raw SQL and f-strings."""
    from django.db import connections
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    from gallery import urls

    page = gallery.get(f"/matrices/{batch}/").body.decode()
    start, end = page.index("<tbody>") + len("<tbody>"), page.index("</tbody>")

    def floor(request: HttpRequest) -> HttpResponse:
        # Every page asks who is signed in.
        assert request.user.is_authenticated
        with connections["default"].cursor() as cursor:
            cursor.execute(FLOOR_SQL, [batch])
            rows = cursor.fetchall()
        return HttpResponse(page[:start] + _rows(rows) + page[end:])

    urls.urlpatterns[:] = [each for each in urls.urlpatterns if getattr(each, "name", "") != "matrix-floor"]
    urls.urlpatterns.insert(0, path("matrix-floor/", floor, name="matrix-floor"))
    from django.urls import clear_url_caches

    clear_url_caches()
    own, floor_page = gallery.get("/matrix-floor/").body, page
    assert abs(len(own) / len(floor_page.encode()) - 1) < 0.03, (len(own), len(floor_page))


def _rows(rows: list[tuple[Any, ...]]) -> str:
    shown = []
    for row in range(SCALES):
        label = html.escape(str(row + 1))
        cells = []
        for column, (pk, digest, width, height) in enumerate(rows[row * SEEDS : (row + 1) * SEEDS]):
            shape = min(max(round(100 * width / height), 25), 400)
            cells.append(
                f'<td data-cell="{pk}"><a class="tile r{shape}" href="/images/{pk}/"\n data-image="{pk}">\n'
                f'<img src="/media/256/{digest[:2]}/{digest[2:4]}/{digest}.webp" width="{width}" height="{height}"'
                f' alt="{label}, {html.escape(str(column + 1))}"\n loading="lazy" decoding="async"></a></td>\n'
            )
        shown.append(f'<tr>\n<th scope="row"><span>{label}</span>\n</th>\n{"".join(cells)}</tr>\n')
    return "".join(shown)


if __name__ == "__main__":
    main()
