"""Settings from the environment or a `.env` file; a bad value is refused with one clear line."""

import os
import re
import secrets
import stat
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

# urlsplit brings host names into a normal form, which takes long for long ones.
MAX_URL = 2048

env = environ.Env()

# The files that secrets were read from: whoever else can read them has the secrets too.
secret_files: list[Path] = []

# Whether this process is to work with an installation that is there, and must not begin one.
needs_installation = False

# What we put into DATA_DIR.
_OURS = re.compile(
    r"gallery\.sqlite3(-wal|-shm|-journal)?|secret_key(\..+)?|prepare\.lock|spool|media|quarantine"
)


def text(name: str, default: str = "") -> str:
    """The value of NAME, or the content of the file that NAME_FILE names (for secrets) if there is any in it."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            problem = f"{name}_FILE: cannot read {path!r} ({type(error).__name__})."
            raise ImproperlyConfigured(problem) from None
        if value:
            secret_files.append(Path(path))
            return value
    return str(env.str(name, default=default)).strip()


def number(name: str, default: int, low: int, high: int) -> int:
    """A whole number between `low` and `high`, both included."""
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or not low <= int(value[:12]) <= high:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}, not {value[:40]!r}.")
    return int(value)


def switch(name: str, default: bool) -> bool:
    """True or False, in the usual spellings."""
    value = text(name, str(default)).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} must be on or off, not {value[:40]!r}.")


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of `allowed`."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value[:40]!r}.")
    return value


def public_url(default: str) -> str:
    """PUBLIC_URL as `scheme://host[:port]`: the one statement of how people reach the site."""
    value = text("PUBLIC_URL", default).rstrip("/")
    problem = f"PUBLIC_URL must look like https://gallery.example, not {value[:80]!r}."
    if len(value) > MAX_URL:
        raise ImproperlyConfigured(problem)
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(problem) from None
    plain = not (parts.path or parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain or port == 0:
        raise ImproperlyConfigured(problem)
    return value


def data_dir(default: Path) -> Path:
    """DATA_DIR, made for ourselves alone; one that any account may enter is closed when all in it is ours.

    Who cannot do without it complains when it cannot be used.
    """
    path = Path(text("DATA_DIR", str(default))).resolve()
    try:
        if needs_installation:
            _find_installation(path)
        else:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_mode & 0o007 and _is_ours(path):
            path.chmod(0o700)
    except OSError:
        pass
    return path


def _find_installation(folder: Path) -> None:
    """Raise ImproperlyConfigured when no site was ever served from `folder`."""
    wanted = {"gallery.sqlite3": "DATABASE_URL", "secret_key": "SECRET_KEY"}
    if not all(text(setting) or os.path.exists(folder / name) for name, setting in wanted.items()):
        raise ImproperlyConfigured(
            f"There is no installation in {str(folder)[:200]!r}: set DATA_DIR to where the site keeps its data, "
            "or start one there with manage.py serve."
        )


def _is_ours(folder: Path) -> bool:
    """Whether nobody else has a use for it: to close `/tmp` or somebody's home would break other programs."""
    status = folder.stat()
    if status.st_uid != os.geteuid() or status.st_mode & stat.S_ISVTX:
        return False
    return all(_OURS.fullmatch(entry.name) for entry in folder.iterdir())


def secret_key(data_dir: Path) -> str:
    """SECRET_KEY from the environment, or the one that is made once and kept in DATA_DIR."""
    given = text("SECRET_KEY")
    if given:
        if len(given) < 32:
            raise ImproperlyConfigured("SECRET_KEY must have at least 32 characters.")
        return given
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _keep_new_key(path)
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR: cannot use {str(data_dir)!r} ({error.strerror}).") from None


def _keep_new_key(path: Path) -> None:
    """Write a key under a name of our own, then link it: of two processes that start at once, one wins whole."""
    mine = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(mine, path)
        except FileExistsError:
            return
    finally:
        mine.unlink(missing_ok=True)
