"""What holds around every test of the gallery."""

from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from gallery.models import kept_sql


@pytest.fixture(autouse=True)
def _kept_sql_is_what_would_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who keeps the SQL of a query must have named all that decides about it: each time it is written anew here."""
    ask = kept_sql.ask

    @wraps(ask)
    def compared(name: Any, write: Any, *values: int | str) -> Any:
        rows = ask(name, write, *values)
        kept = kept_sql.statement(name, write, values)
        anew = kept_sql.written(write, values)
        assert (kept.sql, kept.parameters) == (anew.sql, anew.parameters), name
        return rows

    monkeypatch.setattr(kept_sql, "ask", compared)


@pytest.fixture(scope="session")
def no_static_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder: each test's first request would look at every file of the collected ones."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def own_folders(settings: LazySettings, tmp_path: Path, no_static_files: Path) -> None:
    """Each test has its own media and spool, and static files that are named plainly and served by nobody."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SPOOL_DIR = tmp_path / "spool"
    settings.STATIC_ROOT = no_static_files
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    # A fast hasher: the tests sign in hundreds of times.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
