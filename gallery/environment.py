"""Settings from the environment or a `.env` file; a bad value is refused with one clear line."""

import hmac
import ipaddress
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from gallery.media.bucket import Bucket
from venice import Misconfigured

# urlsplit brings host names into a normal form, which takes long for long ones.
MAX_URL = 2048
MIN_KEY, MIN_LETTERS = 32, 8

env = environ.Env()

# The files that secrets were read from: whoever else can read them has the secrets too.
secret_files: list[Path] = []

# Whether this process is to work with an installation that is there, and must not begin one.
needs_installation = False

# Whether it only tells what it would do: root, who asks for help before there is a site, must not own one.
only_tells = False
_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_LINE = re.compile(r"(?:export )?[A-Za-z_0-9]+=")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_BUCKET = re.compile(
    r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){0,9})/?"
)
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_KEY = re.compile(r"[!-~]{3,400}")
_LOCATION = re.compile(r"(?:/[A-Za-z0-9_-]+){1,9}/")
# Below them we answer ourselves: what we send on to there would come back to us.
_OURS_TO_ANSWER = ("media", "static")

# What we put into DATA_DIR.
_OURS = re.compile(
    r"gallery\.sqlite3(-wal|-shm|-journal)?|secret_key(\..+)?|prepare\.lock|spool|media|quarantine"
)


def text(name: str, default: str = "") -> str:
    """The value of NAME, or the content of the file that NAME_FILE names (for secrets) if there is any in it.

    Empty is as good as unset: an empty HOST would listen everywhere, an empty DATA_DIR be the current folder.
    """
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            problem = f"{name}_FILE: cannot read {path!r} ({_reason(error)})."
            raise ImproperlyConfigured(problem) from None
        if value:
            secret_files.append(Path(path))
            return value
    # Not by django-environ, to which a value that begins with $ is the name of another variable.
    return os.environ.get(name, "").strip() or default


def read_file(path: Path) -> None:
    """Settings from a `.env` file, if there is one; one that cannot be read would silently mean other settings."""
    try:
        with suppress(FileNotFoundError):
            lines = dict(enumerate(path.read_text(encoding="utf-8").splitlines(), 1))
            filled = {
                number: line for number, line in lines.items() if line.strip() and line.strip()[0] != "#"
            }
            for number, line in filled.items():
                # django-environ would pass it over, and print it, whatever secret it holds.
                if not _LINE.match(line):
                    problem = "is not NAME=VALUE, which has no spaces before the value"
                    raise ImproperlyConfigured(f"Line {number} of {str(path)!r} {problem}.")
            environ.Env.read_env(StringIO("\n".join(filled.values())))
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"Cannot read {str(path)!r} ({_reason(error)}).") from None


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def number(name: str, default: int, low: int, high: int) -> int:
    """A whole number between `low` and `high`, both included; ImproperlyConfigured for anything else."""
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or len(value) > 12 or not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}, not {value[:40]!r}.")
    return int(value)


def switch(name: str, default: bool) -> bool:
    """True or False, in the usual spellings; ImproperlyConfigured for anything else."""
    value = text(name, str(default)).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} must be on or off, not {value[:40]!r}.")


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of `allowed`, exactly as spelled; ImproperlyConfigured for anything else."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value[:40]!r}.")
    return value


@contextmanager
def named(setting: str) -> Iterator[None]:
    """What the client says of a value within the block, with the name of the setting that it came from."""
    try:
        yield
    except Misconfigured as error:
        raise ImproperlyConfigured(f"{setting}: {error}") from None


def database(file: Path) -> dict[str, Any]:
    """DATABASE_URL as Django takes it, or this file of SQLite, whatever is in its name: it is no address."""
    url = text("DATABASE_URL")
    if not url:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}
    if not url.startswith(("sqlite:///", "postgres://", "postgresql://")):
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:/// or postgres://.")
    try:
        settings: dict[str, Any] = env.db_url_config(url)
    except Exception:  # django-environ raises whatever its parser meets
        settings = {}
    # Without a name SQLite keeps all in the memory of each process; of its address nothing else is read.
    is_file = url.startswith("sqlite:") and not settings.get("OPTIONS") and settings.get("NAME") != ":memory:"
    if not settings.get("NAME") or not (is_file or url.startswith("postgres")):
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read; it looks like postgres://user:password@host/name, or sqlite:////a/file."
        )
    return settings


def listening_url(host: str, port: int) -> str:
    """How the site is reached on this machine where nothing else is said: by the address that it listens on."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"http://127.0.0.1:{port}"
    if address.is_unspecified or "%" in host:
        return f"http://127.0.0.1:{port}"
    return f"http://[{address}]:{port}" if address.version == 6 else f"http://{address}:{port}"


def public_urls(default: str) -> tuple[str, ...]:
    """PUBLIC_URL as addresses `scheme://host[:port]`, the first being the one in links: how people reach the site."""
    value = text("PUBLIC_URL", default)
    if len(value) > MAX_URL:
        raise ImproperlyConfigured(f"PUBLIC_URL may have {MAX_URL} characters at most.")
    parts = (part.strip() for part in value.split(",") if part.strip())
    urls = tuple(dict.fromkeys(_address("PUBLIC_URL", part) for part in parts))
    if not urls:
        raise ImproperlyConfigured("PUBLIC_URL names no address.")
    if len({url.partition(":")[0] for url in urls}) > 1:
        raise ImproperlyConfigured(
            "PUBLIC_URL mixes http and https: cookies that are safe with one cannot work with the other."
        )
    return urls


def _address(name: str, value: str) -> str:
    """One address as browsers write it: in lower case, IDNA, without the scheme's own port or a last dot."""
    problem = f"{name} must look like https://gallery.example, not {value[:80]!r}."
    try:
        parts = urlsplit(value.rstrip("/"))
        port, host = parts.port, _host(parts.hostname or "")
    except ValueError:
        raise ImproperlyConfigured(problem) from None
    plain = not (parts.path or parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in _PORTS or not plain or port == 0:
        raise ImproperlyConfigured(problem)
    if host in {"0.0.0.0", "[::]"}:  # noqa: S104 - refused, not bound
        raise ImproperlyConfigured(f"{name}: {host} is where to listen (HOST), no address to go to.")
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, _PORTS[parts.scheme]) else "")


def _host(name: str) -> str:
    """A name or an address in its one form. Raises ValueError for what no browser goes to or Django refuses."""
    if ":" in name:
        address = ipaddress.IPv6Address(name)
        if address.scope_id:
            raise ValueError(name)
        return f"[{address}]"
    if not name.isascii():
        import idna

        name = idna.encode(name, uts46=True).decode("ascii")
    name = name.lower().removesuffix(".")
    if not _NAME.fullmatch(name):
        raise ValueError(name)
    # Browsers take what ends in a number for an IPv4 address, however short.
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        ipaddress.IPv4Address(name)
    return name


def bucket() -> Bucket | None:
    """MEDIA_STORAGE: None for a folder of DATA_DIR, or a bucket with its endpoint and keys."""
    value = text("MEDIA_STORAGE") or "disk"
    if value == "disk":
        return None
    match = _BUCKET.fullmatch(value)
    if not match or ".." in match[1]:
        raise ImproperlyConfigured(f"MEDIA_STORAGE must be disk or s3://BUCKET/PREFIX, not {value[:80]!r}.")
    name, prefix = match[1], match[2].lstrip("/")
    region = text("AWS_REGION")
    given = text("AWS_ENDPOINT_URL_S3")
    if len(given) > MAX_URL:
        raise ImproperlyConfigured(f"AWS_ENDPOINT_URL_S3 may have {MAX_URL} characters at most.")
    if not given and not region:
        raise ImproperlyConfigured("MEDIA_STORAGE: set AWS_REGION, or AWS_ENDPOINT_URL_S3 for another S3.")
    region = region or "us-east-1"
    if not _REGION.fullmatch(region):
        raise ImproperlyConfigured(f"AWS_REGION must look like eu-central-1, not {region[:40]!r}.")
    return Bucket(
        name=name,
        prefix=f"{prefix}/" if prefix else "",
        endpoint=_address("AWS_ENDPOINT_URL_S3", given) if given else f"https://s3.{region}.amazonaws.com",
        region=region,
        access_key=_credential("AWS_ACCESS_KEY_ID"),
        secret_key=_credential("AWS_SECRET_ACCESS_KEY"),
        # A certificate for *.s3.amazonaws.com does not hold for a name with dots.
        in_host=not given and "." not in name,
    )


def _credential(name: str) -> str:
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"MEDIA_STORAGE is a bucket: set {name} (or {name}_FILE).")
    if not _KEY.fullmatch(value):
        raise ImproperlyConfigured(f"{name} holds what no key has: spaces, line ends or other letters.")
    return value


def internal_location() -> str:
    """X_ACCEL_PREFIX: the location of a server in front that hands out pictures for us; empty for none."""
    value = text("X_ACCEL_PREFIX")
    if value and (not _LOCATION.fullmatch(value) or value.split("/")[1] in _OURS_TO_ANSWER):
        raise ImproperlyConfigured(
            f"X_ACCEL_PREFIX must look like /stored/ and not be below /media/ or /static/, not {value[:80]!r}."
        )
    return value


def data_dir(default: Path) -> Path:
    """DATA_DIR, made for ourselves alone; one that any account may enter is closed when all in it is ours.

    Who cannot do without it complains when it cannot be used.
    """
    path = Path(text("DATA_DIR", str(default))).resolve()
    try:
        if needs_installation:
            _find_installation(path)
        elif not only_tells:
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
        if len(given) < MIN_KEY:
            raise ImproperlyConfigured(f"SECRET_KEY must have at least {MIN_KEY} characters.")
        if _can_be_guessed(given):
            raise ImproperlyConfigured("SECRET_KEY can be guessed; leave it out, and one is made.")
        return given
    path = data_dir / "secret_key"
    if only_tells:
        return _drawn_key()
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _keep_new_key(path)
        kept = path.read_text(encoding="ascii").strip()
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"DATA_DIR: {str(path)!r} holds no secret key.") from None
    except OSError as error:
        unusable = (
            data_dir if str(error.filename or "").startswith(f"{path}.") else error.filename or data_dir
        )
        raise ImproperlyConfigured(f"DATA_DIR: cannot use {str(unusable)!r} ({error.strerror}).") from None
    if len(kept) < MIN_KEY:
        raise ImproperlyConfigured(
            f"DATA_DIR: {str(path)!r} holds no whole key; restore it, or remove the file."
        )
    if _can_be_guessed(kept):
        raise ImproperlyConfigured(
            f"DATA_DIR: {str(path)!r} holds a key that can be guessed; remove the file, and one is made."
        )
    return kept


def installation(key: str, address: str) -> str:
    """A short name for this installation, the same on all its hosts; it says nothing of the key.

    Its public `address` counts as well: a copy of everything, key and all, has another port.
    """
    return hmac.digest(key.encode(), f"gallery.installation {address}".encode(), "sha256").hex()[:8]


def _can_be_guessed(key: str) -> bool:
    """Whether it is one that nobody drew: nothing that is signed with it would mean anything.

    Few letters, rows of neighbours such as the alphabet, and what is repeated: a generator draws as good as never any
    of these, of hexadecimal digits either.
    """
    steps = {ord(after) - ord(before) for before, after in pairwise(key)}
    is_repeated = any(key.startswith(key[period:]) for period in range(1, 2 * len(key) // 3))
    has_few = min(len(set(key)), len(steps)) < MIN_LETTERS
    return has_few or is_repeated or key.startswith("django-insecure-")


def _drawn_key() -> str:
    return secrets.token_urlsafe(48)


def _keep_new_key(path: Path) -> None:
    """Write a key under a name of our own, then link it: of two processes that start at once, one wins whole."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(_drawn_key())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        temporary.unlink(missing_ok=True)
