"""The gallery's page at 1 000 and at 100 000 pictures, beside the least that the same page could cost.

The floor is the same HTML, through the same middleware and for the same member, from raw keyset SQL and
f-strings. `bare` is that without Django. Everything is measured in one process, in turn.
"""

import argparse
import sqlite3
from collections.abc import Callable
from functools import partial

from galleries import FLOOR_SQL, Gallery, add_floor_page, cards, frame
from measure import in_turn, median, ratio, report, say, start_django, temporary_folder

# A word of every twentieth prompt, two frequent ones, two rare ones, and one that is still being typed.
SEARCHES = {"word": "/?q=castle", "two": "/?q=golden+hour", "rare": "/?q=sphinx+Havana", "prefix": "/?q=lant"}


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
            for page, path in pages(gallery).items()
        }
        taken = in_turn(cases, asked.rounds)
        _report(taken, asked.rounds, small, large)


def pages(gallery: Gallery) -> dict[str, str]:
    """Names and addresses."""
    return {"newest": "/", "middle": f"/?from={gallery.newest // 2}", **SEARCHES, "floor": "/floor/"}


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
    for name, path in pages(large).items():
        if name == "floor":
            continue
        sql = large.sql_ms(path, rounds)
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


def _short(count: int) -> str:
    return f"{count // 1_000_000}M" if count % 1_000_000 == 0 else f"{count // 1_000}k"


if __name__ == "__main__":
    main()
