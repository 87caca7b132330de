"""Load, with refused prompts, lying answers, slow strangers and kills of web and worker; then every promise is checked.

    python -m benchmarks.soak --database postgresql --seconds 60

A real `serve` against an emulator of our own. Innocent members ask for what Venice makes; others for what it refuses,
breaks or lies about (members.py); sockets that give nothing sit at the door (strangers.py); web and worker are killed
(kills.py). Each form is posted until it is answered, as a person would press again; that must give one generation. No
picture of an innocent member may come later than a minute after its turn (turns.py), and the site must answer all the
time (watch.py). One line of JSON on stdout; exit status 1 when a promise is broken.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from django.db import connections

from benchmarks.measure import environment, report, say, temporary_folder
from benchmarks.soak.kills import Kills
from benchmarks.soak.members import INNOCENT, ROLES, Member
from benchmarks.soak.strangers import Strangers
from benchmarks.soak.verdict import judge
from benchmarks.soak.watch import Watch
from tests.e2e.site import Site, running_site
from tests.postgresql import running_postgresql
from venice.emulator import Emulator

# Seconds without any progress after which what is under way is said to hang.
PATIENCE = 120
# Images a minute: more than members ask for, little enough to hold back what has piled up.
PACE_PER_RATE = 120
MOST_TOLD = 40


def main() -> int:
    options = _options()
    # Whatever ends us, what we have started is stopped on the way out.
    signal.signal(signal.SIGTERM, _leave)
    with ExitStack() as stack:
        data = stack.enter_context(temporary_folder())
        database = stack.enter_context(_database(options.database, data))
        pace = max(1, round(PACE_PER_RATE * options.rate))
        emulator = stack.enter_context(Emulator(rate_limit=pace, error_budget=10**6, balance_usd=10**6))
        broken, figures = _soak(options, data, database, emulator, pace)
    for problem in broken[:MOST_TOLD]:
        say(problem)
    told = {"database": options.database, "seconds": round(options.seconds), "seed": options.seed}
    report("soak", **told, **figures, broken=len(broken))
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=600, help="of load and kills (600)")
    parser.add_argument(
        "--kill-every", type=float, default=8, help="seconds between two kills, on average (8)"
    )
    parser.add_argument("--rate", type=float, default=2, help="generations a second, about (2)")
    parser.add_argument("--strangers", type=int, default=40, help="slow sockets at a time (40)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path, help="where the log of serve is kept")
    return parser.parse_args()


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextmanager
def _database(kind: str, data: Path) -> Iterator[str]:
    """The address of an empty database."""
    if kind == "postgresql":
        with running_postgresql() as url:
            yield url
    else:
        yield f"sqlite:///{data / 'gallery.sqlite3'}"


def _soak(
    options: argparse.Namespace, data: Path, database: str, emulator: Emulator, pace: int
) -> tuple[list[str], dict[str, Any]]:
    """The whole run, from an empty installation to the broken promises and the figures."""
    settings = {"DATABASE_URL": database, "VENICE_REQUESTS_PER_MINUTE": str(pace)}
    log = data / "serve.log"
    kept = environment(data)
    os.environ.clear()
    os.environ.update(kept)
    with running_site(data, emulator, **settings, SUBMISSIONS_PER_MINUTE="100000") as site:
        _set_up_django(site)
        members = [Member(site.url, role, options.rate, options.seed) for role in ROLES]
        for member, role in zip(members, ROLES, strict=True):
            member.sign_in(_link(role.name))
        cookies = members[0].session.cookies.get_dict()
        watches = {"healthz": Watch(f"{site.url}/healthz"), "page": Watch(f"{site.url}/", cookies)}
        strangers = Strangers(site.url, options.strangers)
        kills = Kills(site.process.pid, options.seed, strangers.come_anew)
        _load(options, members, [*watches.values(), strangers], kills)
        hanging = _wait_until_ended(log)
    broken, figures = judge(emulator.ledger(), members, watches, kills, log=log, pace=pace, now=time.time())
    if options.log:
        shutil.copy(log, options.log)
    if site.process.returncode:
        broken.append(f"serve ended with {site.process.returncode}")
    connections.close_all()
    return hanging + broken, figures | {"strangers": strangers.visits.total()}


def _set_up_django(site: Site) -> None:
    """Make this process a part of the installation: for sign-in links, and for the verdict."""
    os.environ.update(site.environment, DJANGO_SETTINGS_MODULE="gallery.settings")
    import django

    django.setup()


def _link(name: str) -> str:
    """Signs that member in, who is made."""
    from gallery.accounts import make_link
    from gallery.models import User

    return make_link(User.objects.create_user(name))


def _load(
    options: argparse.Namespace, members: list[Member], others: list[Watch | Strangers], kills: Kills
) -> None:
    """Members, watches and strangers all at once, and the kills; until every form that was posted is answered."""
    for one in (*others, *members):
        one.start()
    kills.go_on_for(options.seconds, options.kill_every)
    kills.stop()
    for one in others:
        one.stop()
    for member in members:
        member.stop(PATIENCE)
    say(f"{sum(member.accepted for member in members)} forms accepted; waiting for the rest")


def _wait_until_ended(log: Path) -> list[str]:
    """Wait while there is progress: for the innocent first, then for the others, who cancel what was not sent yet.

    Alone they would go on being refused for long: the breaker holds everything for 35 s whenever ten calls failed.
    """
    from gallery.models import Generation

    active = Generation.objects.active()
    hanging = _wait_for(active.filter(owner__username__in=INNOCENT), log)
    cancelled = sum(each.cancel() for each in active.exclude(owner__username__in=INNOCENT))
    say(f"the others cancel {cancelled}")
    _read_again(log)
    return hanging + _wait_for(active, log)


def _read_again(log: Path) -> None:
    """Press what a card offers where answers were put aside: two kills of ours in one reading look like its fault."""
    from gallery.models import Attempt, State

    failed = Attempt.objects.kept().filter(
        generation__owner__username__in=INNOCENT, generation__state=State.FAILED
    )
    asked = sum(Attempt.objects.filter(pk=each.pk).ask_reading() for each in failed)
    say(f"{asked} answers are read again")
    _wait_for(Attempt.objects.asked(), log)


def _wait_for(active: Any, log: Path) -> list[str]:
    from gallery.models import Gate

    fewest, deadline = sys.maxsize, 0.0
    while waiting := active.count():
        if waiting < fewest:
            fewest, deadline = waiting, time.monotonic() + PATIENCE
        if time.monotonic() > deadline:
            gates = ", ".join(str(gate) for gate in Gate.objects.closed())
            say(log.read_text(errors="replace")[-5000:])
            return [f"{waiting} generations hang; held by: {gates or 'nothing'}"]
        time.sleep(0.2)
    return []


if __name__ == "__main__":
    sys.exit(main())
