"""What every benchmark shares: a folder that leaves nothing behind, cases taken in turn, one line of JSON."""

import contextlib
import gc
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# A benchmark is run by its file's name, which puts only this folder on the path.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

_OF_THE_CALLER = ("VENICE_", "DATABASE_URL", "DATA_DIR", "PUBLIC_URL", "DEBUG", "PORT", "HOST")


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def report(benchmark: str, **figures: Any) -> None:
    """The one line on stdout."""
    print(json.dumps({"benchmark": benchmark, **figures}, separators=(",", ":")), flush=True)


@contextlib.contextmanager
def temporary_folder(*, in_memory: bool = False) -> Iterator[Path]:
    """A folder that is gone afterwards; `in_memory`, where only CPU is measured and a slow disk would cost minutes."""
    shared = Path("/dev/shm")
    has_room = shared.is_dir() and shutil.disk_usage(shared).free > 4_000_000_000
    folder = shared if in_memory and has_room else None
    with tempfile.TemporaryDirectory(prefix="gallery-bench-", dir=folder) as name:
        yield Path(name)


def environment(data: Path) -> dict[str, str]:
    """The caller's environment without its own settings of the site, and with this DATA_DIR."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OF_THE_CALLER)}
    # A base URL on the loopback keeps a `.env` file's key from ever being used.
    return kept | {
        "DATA_DIR": str(data),
        "VENICE_BASE_URL": "http://127.0.0.1:9/api/v1",
        "VENICE_API_KEY": "benchmark",
    }


def manage(data: Path, *arguments: str, url: str = "") -> None:
    """Run a management command in a process of its own, on the database at `url`; what it prints goes to stderr."""
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    chosen = environment(data) | ({"DATABASE_URL": url} if url else {})
    subprocess.run(command, cwd=ROOT, env=chosen, stdout=sys.stderr, check=True)


def start_django(data: Path, *, url: str = "") -> None:
    """Make this process a site whose DATA_DIR is `data`, prepared as `serve` does it; only once in a process."""
    kept = environment(data) | ({"DATABASE_URL": url} if url else {})
    os.environ.clear()
    os.environ.update(kept, DJANGO_SETTINGS_MODULE="gallery.settings")
    import django

    django.setup()
    from gallery.pipeline import supervisor

    supervisor.prepare()


def in_turn(
    cases: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    inner: int = 1,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, list[float]]:
    """Milliseconds of each case in each round: a machine that slows down slows all of them.

    `inner` calls make one measurement, for what is quick beside the clock's step.
    """
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        case()
    gc.collect()
    gc.freeze()
    for number in range(rounds):
        names = list(cases)
        # Another one goes first each time: none always inherits the same neighbour's caches.
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            started = clock()
            for _ in range(inner):
                cases[name]()
            taken[name].append((clock() - started) * 1000 / inner)
    gc.unfreeze()
    return taken


def median(values: list[float]) -> float:
    """The median, to the microsecond when the values are milliseconds."""
    return round(statistics.median(values), 3)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that `share` of them do not exceed."""
    ranked = sorted(values)
    return round(ranked[min(len(ranked) - 1, int(share * len(ranked)))], 3)


def ratio(mine: list[float], floor: list[float]) -> float:
    """The median of the rounds' own ratios, which noise of the machine moves least."""
    return round(statistics.median(a / b for a, b in zip(mine, floor, strict=True)), 3)
