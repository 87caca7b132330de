"""What is said of settings and files at the start, and what is refused: open to others, or of no use to us."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import Info, Warning, register
from django.core.exceptions import ImproperlyConfigured

from gallery import environment
from gallery.media.storage import media_storage

# An index alone that is broken (SQLITE_CORRUPT_VTAB) is made anew by `rebuild_search`.
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# Inside a container; what others can read there is no matter of file modes.
_CONTAINER_SECRETS = Path("/run/secrets")


@register()
def plain_http(**kwargs: Any) -> list[Info]:
    """Say that cookies travel in the clear when PUBLIC_URL is http and not this machine itself."""
    if settings.HTTPS or set(settings.ALLOWED_HOSTS) <= set(settings.LOOPBACK_NAMES):
        return []
    hint = "Put a proxy that speaks https in front and set PUBLIC_URL to its address."
    return [Info("PUBLIC_URL is http: cookies are not Secure.", hint=hint, id="gallery.I001")]


@register()
def secrets_for_all(**kwargs: Any) -> list[Warning]:
    """Say which secrets other accounts of this machine can read."""
    return [Warning(message, id="gallery.W001") for message in exposed()]


@register()
def key_of_one_host(**kwargs: Any) -> list[Warning]:
    """Say that who signs in at one host is signed in at no other, where several may share database and pictures."""
    return [Warning(message, id="gallery.W002") for message in unshared()]


def exposed() -> Iterator[str]:
    """A sentence for each of our folders and files that other accounts of this machine can reach."""
    if _others_have(settings.DATA_DIR, 0o007):
        yield f"DATA_DIR: other accounts can enter {settings.DATA_DIR}; chmod 700 closes it."
    for path in _secret_files():
        if _others_have(path, 0o006):
            yield f"Other accounts can read or change {path}, which holds secrets; chmod 600 closes it."


def unshared() -> Iterator[str]:
    """What several hosts do not share, where database and pictures say that there are several."""
    if settings.MEDIA_BUCKET and not _database_files() and not settings.SECRET_KEY_GIVEN:
        kept = settings.DATA_DIR / "secret_key"
        yield f"SECRET_KEY is not set: the one in {kept} is this host's alone. Of several hosts all need the same."


def refuse_unusable() -> None:
    """Raise ImproperlyConfigured for the first of our files and folders that this account cannot write.

    Found out later, it would be a failure of each page, and of answers that are paid.
    """
    files = [path for path in _database_files() if path.exists()]
    media = media_storage().folders()
    folders = [settings.DATA_DIR, settings.SPOOL_DIR, *media, *(path.parent for path in files)]
    if words := unusable(map(Path, folders), os.R_OK | os.W_OK | os.X_OK) or unusable_database():
        raise ImproperlyConfigured(words)


def unusable_database() -> str:
    """Which of SQLite's files, or their folder, this account cannot use, in a sentence; empty when that is not it."""
    files = _database_files()
    folders = [path.parent for path in files[:1]]
    return unusable(folders, os.W_OK | os.X_OK) or unusable(files, os.R_OK | os.W_OK)


def broken_database(error: BaseException) -> str:
    """That SQLite's file is none, or a part of one, in a sentence; empty when `error` says nothing of that."""
    if getattr(error.__cause__, "sqlite_errorcode", None) not in _BROKEN:
        return ""
    return f"{_database_files()[0]} is no whole database ({error}); restore it from a copy."


def unusable(paths: Iterable[Path], rights: int) -> str:
    """The first that is there without these rights of ours, in a sentence; empty when there is none."""
    for path in paths:
        if path.exists() and not os.access(path, rights):
            return f"{path} cannot be used by user {os.geteuid()}; it belongs to user {path.stat().st_uid}."
    return ""


def _database_files() -> list[Path]:
    """SQLite's, there or not; none where the database is a server."""
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        return []
    return [Path(f"{database['NAME']}{suffix}") for suffix in ("", "-wal", "-shm")]


def _secret_files() -> list[Path]:
    """Each file once, however many settings came from it."""
    given = [path for path in environment.secret_files if _CONTAINER_SECRETS not in path.parents]
    files = [settings.BASE_DIR / ".env", settings.DATA_DIR / "secret_key", *given, *_database_files()[:1]]
    return list(dict.fromkeys(path.resolve() for path in files))


def _others_have(path: Path, rights: int) -> bool:
    """Whether any account has one of `rights` to it, and a way to it."""
    try:
        return bool(path.stat().st_mode & rights) and all(
            parent.stat().st_mode & 0o001 for parent in path.parents
        )
    except OSError:
        return False
