"""Web, worker and emulator as children of one process: prepared, started, restarted, stopped in order."""

import ctypes
import fcntl
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from io import StringIO
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection

from gallery.checks import refuse_unusable
from gallery.formats import age
from gallery.logs import as_json, one_line, outage
from gallery.media.storage import media_storage
from gallery.models import CatalogModel, schema
from gallery.pipeline.watch import PATIENCE as ONE_TRY
from gallery.pipeline.watch import TRIES, Watch
from gallery.web import server

log = logging.getLogger(__name__)

PATIENCE = 310.0
# What a command of ours ends with when it cannot work as things are; it has said why.
REFUSED = 2
# One makes no more pages than one core can: Python runs one of its threads at a time.
WEB_PROCESSES = 2
_PR_SET_PDEATHSIG = 1
_MANAGE = str(settings.BASE_DIR / "manage.py")


class CannotServe(Exception):
    """Something that a person must mend first; the message says what."""


@dataclass
class Child:
    """A process of ours, in a session of its own so that Ctrl-C reaches only us and we tell it in order."""

    name: str
    command: list[str]
    environment: dict[str, str]
    files: tuple[int, ...] = ()
    is_asked: bool = False
    process: subprocess.Popen[bytes] | None = None
    watch: Watch | None = None
    starts: list[float] = field(default_factory=list)
    not_before: float = 0.0
    complaint: str = ""

    def start(self) -> None:
        """Start it now; of its last five starts it is kept when they were."""
        self.starts = [*self.starts[-4:], time.monotonic()]
        with ExitStack() as stack:
            command, files = self.command, self.files
            if self.is_asked:
                theirs = stack.enter_context(self._begin_watch())
                command, files = [*command, "--watch", str(theirs.fileno())], (*files, theirs.fileno())
            self.process = subprocess.Popen(  # noqa: S603 - our own command lines
                command,
                env=os.environ | self.environment,
                stdout=subprocess.DEVNULL if self.name == "emulator" else None,
                pass_fds=files,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def _begin_watch(self) -> socket.socket:
        """Watch the process that is about to start; its end of our connection."""
        if self.watch:
            self.watch.close()
        ours, theirs = socket.socketpair()
        self.watch = Watch(ours)
        return theirs

    def keep_alive(self) -> None:
        """Start it again when it died: at once the first time, slower when it keeps dying."""
        if self.process and self.process.poll() is None:
            return
        now = time.monotonic()
        if self.process:
            recent = sum(now - start < 30 for start in self.starts)
            self.not_before = now + min(0.5 * 2**recent, 15)
            why = self.complaint or f"ended with status {self.process.returncode}"
            log.error("%s %s; starting it again", self.name, why)
            self.process, self.complaint = None, ""
        if now >= self.not_before:
            self.start()

    def tell(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)

    def is_silent(self) -> bool:
        """Whether it is asked, and has answered none of the last questions."""
        return self.watch is not None and self.watch.is_silent()

    def give_up(self, silence: float) -> None:
        """End one that has run and been silent for so many seconds; what its threads did goes into the log first."""
        if not self.process or not self.runs or time.monotonic() - self.starts[-1] < silence:
            return
        self.tell(signal.SIGUSR1)
        # One that was stopped is silent too, and writes only when it goes on.
        self.tell(signal.SIGCONT)
        time.sleep(1)
        self.complaint = (
            f"did not answer for {age(timedelta(seconds=silence))} (what its threads did is written above)"
        )
        self.tell(signal.SIGKILL)
        self.process.wait()

    @property
    def has_refused(self) -> bool:
        """Whether it has ended and said why a person must mend something, or wait."""
        return self.process is not None and self.process.poll() == REFUSED

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None


def _die_with_parent() -> None:
    """Ask the kernel to stop the child when we are killed: an orphan would keep the port and go on spending."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def serve(signin: str | None) -> int:
    """Prepare everything, run until told to stop, and return the exit status.

    The listening socket is ours, so that who comes while a web process starts again waits instead of being refused.
    Raises CannotServe and CannotListen.
    """
    listener = server.listen(settings.HOST, settings.PORT)
    prepare()
    stop = _StopRequest()
    children = _children(listener)
    for child in children:
        child.keep_alive()
    announced = is_outdated = False
    while not (stop.asked or is_outdated):
        time.sleep(0.2)
        for child in children:
            if child.is_silent():
                child.give_up(ONE_TRY * TRIES)
            is_outdated = is_outdated or (child.has_refused and _is_outdated())
            if not is_outdated:
                child.keep_alive()
        if not announced and _answers():
            announced = True
            _announce(signin)
    listener.close()
    status = _stop_all(children, stop)
    return REFUSED if is_outdated else status


def _is_outdated() -> bool:
    """Whether a newer version has migrated the database meanwhile: started again, all would refuse for ever."""
    try:
        schema.refuse_newer(connection)
    except schema.NewerDatabase:
        return True
    except DatabaseError:
        pass
    finally:
        connection.close()
    return False


class _StopRequest:
    """Counts SIGTERM and Ctrl-C; a terminal that closes is the first of them, however often it says so."""

    def __init__(self) -> None:
        self.asked = 0
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)
        # One that is ignored, as after `nohup`, stays so.
        if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
            signal.signal(signal.SIGHUP, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if number != signal.SIGHUP or not self.asked:
            self.asked += 1


def prepare() -> None:
    """Folders, tables and static files; two that start at once take turns. CannotServe for what a person must mend."""
    try:
        for folder in (*media_storage().folders(), Path(settings.SPOOL_DIR)):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotServe(f"DATA_DIR: cannot use {error.filename!r} ({error.strerror}).") from None
    refuse_unusable()
    with _one_at_a_time():
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except DatabaseError as error:
            words = outage(error) or f"The database cannot be used: {one_line(error)}"
            raise CannotServe(words) from None
        if _static_files_are_old():
            before = os.umask(0o022)
            call_command("collectstatic", interactive=False, verbosity=0)
            os.umask(before)
    connection.close()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with (Path(settings.DATA_DIR) / "prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _static_files_are_old() -> bool:
    """Whether a source is newer than what was collected; False where the folder is not ours to write (an image)."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if not manifest.exists():
        return True
    if not os.access(settings.STATIC_ROOT, os.W_OK):
        return False
    collected = manifest.stat().st_mtime
    sources = (path for folder in settings.STATICFILES_DIRS for path in Path(folder).rglob("*"))
    return any(path.stat().st_mtime > collected for path in sources)


def _children(listener: socket.socket) -> list[Child]:
    venice: dict[str, str] = {}
    children: list[Child] = []
    if not settings.VENICE_API_KEY and not settings.VENICE_BASE_URL_GIVEN:
        emulator, venice = _start_emulator()
        children.append(emulator)
    children.append(Child("worker", [sys.executable, _MANAGE, "work"], venice))
    web = [sys.executable, _MANAGE, "web", "--fd", str(listener.fileno())]
    children += [Child("web", web, venice, (listener.fileno(),), is_asked=True) for _ in range(WEB_PROCESSES)]
    return children


def _start_emulator() -> tuple[Child, dict[str, str]]:
    """The emulator on a port that it keeps when it is restarted, and the settings that lead to it."""
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "venice.emulator",
        "--port",
        str(port),
        "--latency-ms",
        "1500",
        "--rate-limit",
        "60",
    ]
    emulator = Child("emulator", command, {"PYTHONPATH": str(settings.BASE_DIR)})
    # It takes any key. One that is no word: wherever it stood in a prompt it would be cut out as the secret.
    key = secrets.token_hex(16)
    return emulator, {"VENICE_BASE_URL": f"http://127.0.0.1:{port}/api/v1", "VENICE_API_KEY": key}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers() -> bool:
    """Whether pages can be asked for: that is the web server and its database, and neither a worker nor Venice."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104 - read, not bound
    # Not urllib: HTTP_PROXY would send it elsewhere.
    asking = HTTPConnection(host, settings.PORT, timeout=2)
    try:
        # By a name that it answers to, whatever HOST is.
        asking.request("GET", "/healthz", headers={"Host": f"127.0.0.1:{settings.PORT}"})
        answer = asking.getresponse()
        return answer.status in (200, 503) and answer.read(20) != b"database"
    except (HTTPException, OSError):
        return False
    finally:
        asking.close()


def _announce(signin: str | None) -> None:
    lines = [f"Venice Gallery is at {', '.join(settings.PUBLIC_URLS)}", _who_draws()]
    if not CatalogModel.objects.listed().exists():
        lines.append("The models are not known yet: they are asked for until Venice tells them.")
    if signin:
        lines.append(f"Sign in with this link (once, within {settings.SIGNIN_LINK_HOURS} hours):")
    if settings.LOG_FORMAT == "text":
        print("", *lines, sep="\n", flush=True)  # noqa: T201 - what the command is for
        lines.clear()
    for line in lines:
        print(as_json("info", __name__, line), flush=True)  # noqa: T201
    if signin:
        _print_link(signin)
    connection.close()


def _print_link(name: str) -> None:
    link = StringIO()
    call_command("signin", name, create=True, stdout=link)
    words = link.getvalue().strip()
    # Not by as_json, which cuts what signs people in.
    line = json.dumps({"link": words}) if settings.LOG_FORMAT == "json" else words
    print(line, flush=True)  # noqa: T201


def _who_draws() -> str:
    """Where pictures come from, and whether they cost money."""
    url = settings.VENICE_BASE_URL
    if not settings.VENICE_API_KEY and not settings.VENICE_BASE_URL_GIVEN:
        return "No Venice key is set: the built-in emulator draws the pictures, and nothing costs money."
    if settings.VENICE_EMULATED:
        return f"VENICE_BASE_URL is this machine ({url}): an emulator draws the pictures, and nothing costs money."
    if not settings.VENICE_API_KEY:
        return f"No Venice key is set, so {url} will refuse to draw: set VENICE_API_KEY."
    return f"Pictures come from {url} and cost money."


def _stop_all(children: list[Child], stop: _StopRequest) -> int:
    """Worker and web first, each finishing what it has; the emulator last, since the worker still talks to it."""
    for child in children:
        if child.name != "emulator":
            child.tell(signal.SIGTERM)
    asked_before, deadline = stop.asked, time.monotonic() + PATIENCE
    while any(child.runs for child in children if child.name != "emulator") and time.monotonic() < deadline:
        time.sleep(0.1)
        if stop.asked > asked_before:
            for child in children:
                child.tell(signal.SIGTERM)
            time.sleep(0.5)
            break
    hard = any(child.runs for child in children if child.name != "emulator")
    for child in children:
        child.tell(signal.SIGKILL if hard else signal.SIGTERM)
    for child in children:
        if child.process:
            child.process.wait()
    return 1 if stop.asked > asked_before or hard else 0
