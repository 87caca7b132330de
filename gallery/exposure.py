"""Which of our secrets other accounts of this machine can read: one sentence for each, with what to do."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from gallery import environment

# Inside a container; what others can read there is no matter of file modes.
_CONTAINER_SECRETS = Path("/run/secrets")


def exposed() -> Iterator[str]:
    """What is open to others."""
    if _others_have(settings.DATA_DIR, 0o007):
        yield f"DATA_DIR: other accounts can enter {settings.DATA_DIR}; chmod 700 closes it."
    for path in _secret_files():
        if _others_have(path, 0o006):
            yield f"Other accounts can read or change {path}, which holds secrets; chmod 600 closes it."


def _secret_files() -> list[Path]:
    """Each file once, however many settings came from it."""
    database = settings.DATABASES["default"]
    given = [path for path in environment.secret_files if _CONTAINER_SECRETS not in path.parents]
    files = [settings.BASE_DIR / ".env", settings.DATA_DIR / "secret_key", *given]
    if database["ENGINE"].endswith("sqlite3"):
        files.append(Path(database["NAME"]))
    return list(dict.fromkeys(path.resolve() for path in files))


def _others_have(path: Path, rights: int) -> bool:
    """Whether any account has one of `rights` to it, and a way to it."""
    try:
        return bool(path.stat().st_mode & rights) and all(
            parent.stat().st_mode & 0o001 for parent in path.parents
        )
    except OSError:
        return False
