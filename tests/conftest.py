"""Fixtures that every test may use: a database of either kind, an emulator on a real socket, members, a worker."""

import fcntl
import gc
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import LazySettings
from django.db import connection, connections
from django.db.models import Model

from gallery import catalog
from gallery.media.decoder import Decoder
from gallery.models import CatalogModel, CatalogStyle, User
from gallery.pipeline.worker import WorkerProcess
from tests.examples import look_further
from tests.postgresql import running_postgresql
from venice import Client, bundled_models, bundled_styles
from venice.emulator import Emulator

# Playwright keeps an event loop in the main thread, in which Django would refuse to query.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

ROOT = Path(__file__).resolve().parents[1]
#: Whoever asks for one of these, itself or through another fixture, works on the database of the run.
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "postgresql_url"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgresql", action="store_true", help="run the tests that use a database on PostgreSQL"
    )
    parser.addoption("--long", action="store_true", help="run the long tests only, and draw more examples")


def pytest_configure(config: pytest.Config) -> None:
    """Short runs draw the same examples each time; the long ones look further. Signals are as in a terminal."""
    # A job in the background of a script ignores Ctrl-C, and so would every process that is started here.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # And one that was begun with nohup ignores that its terminal closes.
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    hypothesis.settings.register_profile("steady", derandomize=True)
    if config.getoption("--long"):
        look_further()
    else:
        hypothesis.settings.load_profile("steady")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What belongs to this run; of many cases of one kind, some."""
    further = further_cases(items)
    belongs = is_long if config.getoption("--long") else is_short
    second = bool(config.getoption("--postgresql"))
    left_out = [item for item in items if not belongs(item, further) or (second and not may_differ(item))]
    unwanted = set(left_out)
    items[:] = [item for item in items if item not in unwanted]
    # Begun last, one of these would run alone at the end while the other workers have nothing left. Those of a browser
    # come before the others: a worker's rest is taken by its idle neighbours from its end, and each of them that comes
    # to a browser first starts a site of its own.
    items.sort(key=_place)
    config.hook.pytest_deselected(items=left_out)


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay to the end: to look through them for garbage takes a tenth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _place(item: pytest.Item) -> tuple[bool, bool]:
    """What begins first is the least."""
    return item.get_closest_marker("minutes") is None, "browser" not in getattr(item, "fixturenames", ())


def further_cases(items: list[pytest.Item]) -> set[pytest.Item]:
    """Of each test with `one_in(n)` all cases but every n-th: they are for the long run."""
    seen: Counter[tuple[Path, str]] = Counter()
    further = set()
    for item in items:
        if mark := item.get_closest_marker("one_in"):
            test = (item.path, getattr(item, "originalname", item.name))
            if seen[test] % mark.args[0]:
                further.add(item)
            seen[test] += 1
    return further


def is_short(item: pytest.Item, further: Container[pytest.Item] = ()) -> bool:
    """Whether it is for every run of `make test`."""
    return item.get_closest_marker("long") is None and item not in further


def is_long(item: pytest.Item, further: Container[pytest.Item] = ()) -> bool:
    """Whether it is for `make test-long`; what draws its examples is for both, and looks further there."""
    return not is_short(item, further) or hypothesis.is_hypothesis_test(getattr(item, "obj", None))


def may_differ(item: pytest.Item) -> bool:
    """Whether another database could make a difference to this test: the others have run with the first one."""
    names = set(getattr(item, "fixturenames", ()))
    is_with = bool(names & DATABASE_FIXTURES or item.get_closest_marker("django_db"))
    return is_with and item.get_closest_marker("one_database") is None


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server of our own for the session."""
    try:
        with running_postgresql() as url:
            yield url
    except ImportError:
        pytest.skip("`make install` installs PostgreSQL for tests")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file (threads share it), or PostgreSQL when asked; DATABASE_URL is respected."""
    chosen = connections.settings["default"]
    if request.config.getoption("--postgresql") and chosen["ENGINE"].endswith("sqlite3"):
        from gallery.environment import env

        url = request.getfixturevalue("postgresql_url")
        chosen.update({"OPTIONS": {}, **env.db_url_config(url), "CONN_MAX_AGE": 0})
        connections.settings = connections.configure_settings(None)
        del connections["default"]
    elif chosen["ENGINE"].endswith("sqlite3"):
        made = request.getfixturevalue("migrated") / "gallery.sqlite3"
        chosen["TEST"]["NAME"] = shutil.copy(made, tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """Whether the database is there before the tests, as the copy of a migrated one is."""
    is_sqlite = str(connections.settings["default"]["ENGINE"]).endswith("sqlite3")
    return is_sqlite and not request.config.getoption("--postgresql")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DATA_DIR of this version with its database and key, to be copied: to migrate takes seconds.

    The workers of a run share it.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made, making = shared / "migrated", shared / "migrating"
    with (shared / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(making)}
            command = [sys.executable, "manage.py", "migrate", "-v0"]
            subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=120)
            making.rename(made)
    return made


@pytest.fixture
def emulator(settings: LazySettings) -> Iterator[Emulator]:
    """A Venice of our own on a free port, with room for many requests."""
    with Emulator(port=0, rate_limit=10_000, error_budget=10_000, balance_usd=1_000) as running:
        settings.VENICE_BASE_URL, settings.VENICE_API_KEY = running.url, "test-key"
        settings.VENICE_EMULATED, settings.VENICE_BASE_URL_GIVEN = True, True
        settings.VENICE_REQUESTS_PER_MINUTE = 10_000
        yield running


#: The rows of the catalogue, once a process has made them as `sync` does: what inserts them again, and their values.
_catalogue: list[tuple[str, list[tuple[Any, ...]]]] = []


@pytest.fixture
def models_known(db: None) -> None:
    """The catalogue as `sync` leaves it, without asking anybody."""
    if not _catalogue:
        models = bundled_models()
        for kind in catalog.LISTS:
            catalog._keep_models([model for model in models if model.type == kind], kind)
        catalog._keep_styles(bundled_styles())
        assert CatalogModel.objects.for_images().count() == 37
        _catalogue.extend(map(_as_inserted, (CatalogModel, CatalogStyle)))
        return
    with connection.cursor() as cursor:
        for insert, rows in _catalogue:
            cursor.executemany(insert, rows)


def _as_inserted(model: type[Model]) -> tuple[str, list[tuple[Any, ...]]]:
    """As the database holds them, but for their ids: to build hundreds of rows anew takes longer than most tests."""
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    names, places = ", ".join(f'"{column}"' for column in columns), ", ".join("%s" for _ in columns)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {names} FROM "{table}" ORDER BY "{model._meta.pk.column}"')
        return f'INSERT INTO "{table}" ({names}) VALUES ({places})', cursor.fetchall()


@pytest.fixture(scope="session")
def kept_decoder() -> Iterator[Decoder]:
    """One decoding child for all tests: to start one takes longer than most of them."""
    decoder = Decoder()
    yield decoder
    decoder.close()


@pytest.fixture
def worker_process(db: None, emulator: Emulator, kept_decoder: Decoder) -> Iterator[WorkerProcess]:
    """A worker that works when told: `worker_process.step()` sees one generation through."""
    with Client("test-key", emulator.url) as client:
        yield WorkerProcess(client, kept_decoder)


def _member(name: str, **more: Any) -> User:
    return User.objects.create_user(name, password=f"{name} has a long password", **more)


@pytest.fixture
def alice(db: None) -> User:
    """The maker."""
    return _member("alice")


@pytest.fixture
def bob(db: None) -> User:
    """A teammate."""
    return _member("bob")


@pytest.fixture
def sally(db: None) -> User:
    """Staff, and a superuser."""
    return _member("sally", is_staff=True, is_superuser=True)
