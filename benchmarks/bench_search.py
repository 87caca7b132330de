"""Lists and searches at 1 000, 100 000 and 1 000 000 pictures, on SQLite and PostgreSQL, beside the floor page.

For a quick run: `BENCH_SIZES=1000,20000`. With `BENCH_FOLDER` and `BENCH_POSTGRESQL` (the address of a server) the
galleries stay there, and are taken as they are the next time.
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from galleries import Gallery, add_floor_page
from measure import in_turn, median, ratio, report, say, start_django, temporary_folder

SIZES = os.environ.get("BENCH_SIZES", "1000,100000,1000000")
DATABASES = os.environ.get("BENCH_DATABASES", "sqlite,postgresql")

# What is typed. `castle` is in every twentieth prompt, a twentieth has candlelight and another one moonlight.
SEARCHES = {
    "word": "castle",
    "prefix": "lant",
    "two words": "golden hour",
    "two that rarely meet": "candlelight moonlight",
    "two rare words": "sphinx havana",
    "phrase": '"golden hour"',
    "three words": "castle golden hour",
    "unspaced pair": "橘猫",
    "signs": "85 mm c++",
    "word without another": "castle -golden",
    "without a word": "-castle",
    "word without a phrase": 'castle -"golden hour"',
    "word and model": "castle model:venice-sd35",
    "word and person": "castle by:designer-1",
    "word without a model": "castle -model:venice-sd35",
    "model": "model:venice-sd35",
    "style": "style:cinematic",
    "person": "by:illustrator-1",
    "two filters": "model:venice-sd35 by:illustrator-1",
    "kind": "kind:generate",
    "size": "size:1248x832",
    "ratio": "ratio:3:2",
    "width": "width:>1200",
    "height": "height:>1200",
    "format": "format:webp",
    "seed": "seed:12345",
    "seeds": "seed:>900000000",
    "few seeds": "seed:1000..5000",
    "cfg": "cfg:>7",
    "steps": "steps:20..40",
    "price": "price:>0.3",
    "stacked": "is:stacked",
    "moderated": "is:moderated",
    "negative": "negative:blurry",
    "enhanced": "enhanced:light",
    "nothing": "model:venice-sd35 kind:upscale",
    "mine": "is:mine",
    "blurred": "is:blurred",
    "favourites": "is:favourite",
    "unrated": "is:unrated",
    "rated": "rating:>3",
    "my own rating": "mine:5",
    "tag": "tag:hero",
    "collection": "in:Spring",
    "word and favourites": "castle is:favourite",
    "word and tag": "castle tag:hero",
    "tag and favourites": "tag:hero is:favourite",
    "without a tag": "-tag:hero",
}
# Of every so many pictures one is a favourite, another one is rated, and another one tagged; the collection has 500.
CHOSEN, IN_COLLECTION = 50, 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=SIZES, help="numbers of pictures, with commas between")
    parser.add_argument("--databases", default=DATABASES)
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("BENCH_ROUNDS", "50")))
    asked = parser.parse_args()
    sizes = [int(size) for size in asked.sizes.split(",")]
    kept = os.environ.get("BENCH_FOLDER")
    with ExitStack() as stack:
        folder = Path(kept) if kept else stack.enter_context(temporary_folder(in_memory=True))
        start_django(folder / "first")
        for vendor in asked.databases.split(","):
            with _server(vendor) as server:
                _measure(vendor, sizes, folder, server, asked.rounds)


def _measure(vendor: str, sizes: list[int], folder: Path, server: str, rounds: int) -> None:
    galleries = {
        size: Gallery(folder / f"{vendor}-{size}", size, server and _database(server, f"gallery_{size}"))
        for size in sizes
    }
    pages = {size: addresses(gallery) for size, gallery in galleries.items()}
    largest = galleries[sizes[-1]]
    add_floor_page(largest)
    for name in pages[sizes[0]]:
        say(f"{vendor}: {name}")
        cases = {f"{size} floor": partial(gallery.get, "/floor/") for size, gallery in galleries.items()}
        cases |= {f"{size}": partial(gallery.get, pages[size][name]) for size, gallery in galleries.items()}
        taken = in_turn(cases, rounds)
        report(
            "search",
            database=vendor,
            list=name,
            **{
                str(size): _figures(gallery, pages[size][name], size, sizes[0], taken, rounds)
                for size, gallery in galleries.items()
            },
        )
    filling = {str(size): gallery.filling_s for size, gallery in galleries.items()}
    report(
        "search", database=vendor, rounds=rounds, filling_s=filling, targets={"of_floor": 2.5, "growth": 1.25}
    )


def _figures(
    gallery: Gallery, path: str, size: int, smallest: int, taken: dict[str, list[float]], rounds: int
) -> dict[str, Any]:
    """Milliseconds of CPU: of all queries and of the slowest one, the server's too; of the page, ours alone."""
    sql, floor = gallery.sql_ms(path, min(rounds, 15)), taken[f"{size} floor"]
    return {
        "queries": len(sql),
        "sql_ms": round(sum(sql), 2),
        "slowest_sql_ms": round(max(sql), 2),
        "page_ms": median(taken[str(size)]),
        "of_floor": ratio(taken[str(size)], floor),
        "growth": ratio(taken[str(size)], taken[str(smallest)]),
    }


def addresses(gallery: Gallery) -> dict[str, str]:
    """The lists that are measured, by what they are."""
    from urllib.parse import urlencode

    from django.utils import timezone

    middle = gallery.newest // 2
    with gallery.chosen():
        from gallery.models import Image

        _choose(gallery)
        castle = Image.objects.covers().filter(prompt__text__contains="castle", pk__lte=middle)
        picture = castle.order_by("-id")[0].pk
        price = Image.objects.covers().order_by("-sort_price")[gallery.newest // 10].sort_price
    ids = {"prompt": "prompt", "click": "batch", "made from": "from"}
    ids = {name: f"{operator}:{picture}" for name, operator in ids.items()}
    month = f"{timezone.now().replace(day=1).replace(year=timezone.now().year - 1):%Y-%m}"
    searches = {name: f"/?{urlencode({'q': text})}" for name, text in SEARCHES.items()}
    dates = {"month": f"on:{month}", "after": f"after:{month}", "before": f"before:{month}"}
    return {
        "newest": "/",
        "middle": f"/?from={middle}",
        "oldest": "/?order=oldest",
        "dearest": "/?order=price",
        "best rated": "/?order=rated",
        "dearest, middle": f"/?order=price&from={price}_{middle}",
        **searches,
        **{name: f"/?{urlencode({'q': text})}" for name, text in (dates | ids).items()},
        "word and month": f"/?{urlencode({'q': f'castle on:{month}'})}",
        "word, middle": f"/?q=castle&from={middle}",
        "word, oldest": "/?q=castle&order=oldest",
        "word, dearest": "/?q=castle&order=price",
        "word, best rated": "/?q=castle&order=rated",
        "favourites, best rated": "/?q=is:favourite&order=rated",
        "model, dearest": "/?q=model:venice-sd35&order=price",
        "without a word, dearest": "/?q=-castle&order=price",
        "two that rarely meet, dearest": "/?q=candlelight+moonlight&order=price",
        "two that rarely meet, oldest": "/?q=candlelight+moonlight&order=oldest",
        "date rail": "htmx:/?months=1",
        "prompts": "/prompts/",
        "prompts, most used": "/prompts/?order=used",
        "prompts, best rated": "/prompts/?order=rated",
        "prompts, dearest": "/prompts/?order=price",
        "prompts searched": "/prompts/?q=castle",
        "prompts, two that rarely meet": "/prompts/?q=candlelight+moonlight",
        "picture": f"/images/{picture}/",
        "picture in a search": f"/images/{picture}/?q=castle",
    }


def _choose(gallery: Gallery) -> None:
    """What its member has chosen: favourites, ratings, a tag and a collection, by the product's own verbs."""
    from gallery.models import Collection, Image, Mark, Tag
    from gallery.models.sets import PORTION

    member = gallery.visitor.user
    if Mark.objects.filter(user=member).exists():
        return
    ids = list(Image.objects.covers().order_by("pk").values_list("pk", flat=True))
    tag, spring = Tag.objects.called("hero", member), Collection.objects.called("Spring", member)
    for start in range(0, len(ids), PORTION * CHOSEN):
        some = slice(start, start + PORTION * CHOSEN, CHOSEN)
        Mark.objects.set_favourite(member, ids[some], is_favourite=True)
        for rating in (3, 5):
            Mark.objects.rate(member, ids[rating:][some], rating)
        tag.add(ids[7:][some], member)
    spring.add(ids[:: max(1, len(ids) // IN_COLLECTION)][:IN_COLLECTION], member)


@contextmanager
def _server(vendor: str) -> Iterator[str]:
    """The address of a PostgreSQL server; empty for SQLite."""
    from tests.postgresql import running_postgresql

    kept = os.environ.get("BENCH_POSTGRESQL", "")
    if vendor == "sqlite":
        yield ""
        return
    with nullcontext(kept) if kept else running_postgresql() as address:
        yield address


def _database(server: str, name: str) -> str:
    """The address of a database there, made when it is absent."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    before, _, after = server.partition("?")
    return f"{before.rpartition('/')[0]}/{name}{'?' if after else ''}{after}"


if __name__ == "__main__":
    started = time.monotonic()
    main()
    say(f"{time.monotonic() - started:.0f} s")
