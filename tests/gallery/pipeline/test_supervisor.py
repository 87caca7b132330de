"""`manage.py serve`: everything from nothing, restarted when it dies, stopped in order."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import requests

from gallery.pipeline import supervisor
from gallery.web import server
from tests.gallery.page import Page
from venice.emulator import Emulator

ROOT = Path(__file__).resolve().parents[3]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """A `serve` of our own, without a key, and what it printed."""

    def __init__(self, folder: Path, port: int, **environment: str) -> None:
        self.port, self.log = port, folder / "serve.log"
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("VENICE_", "DATABASE_"))
        }
        self.environment = kept | {"DATA_DIR": str(folder / "data"), "PORT": str(port)} | environment
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--signin", "admin"],
                cwd=ROOT,
                env=self.environment,
                stdout=out,
                stderr=out,
                umask=0o022,
            )

    def health(self) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return str(error.read().decode())
        except OSError:
            return "unreachable"

    def wait(self, condition: "object", seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():  # type: ignore[operator]
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def children(self) -> dict[str, list[int]]:
        """Process ids by what runs: worker, web, emulator."""
        children: dict[str, list[int]] = {}
        for entry in Path("/proc").iterdir():
            try:
                command = (entry / "cmdline").read_bytes().decode().replace("\0", " ")
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            if parent == self.process.pid:
                for mark, name in (
                    ("manage.py work", "worker"),
                    ("manage.py web", "web"),
                    ("venice.emulator", "emulator"),
                ):
                    if mark in command:
                        children.setdefault(name, []).append(int(entry.name))
        return children

    def processes(self) -> set[int]:
        """Process ids of all of them."""
        return {number for numbers in self.children().values() for number in numbers}


@pytest.fixture
def served(tmp_path: Path, migrated: Path) -> Iterator[Served]:
    """With a database that is there already."""
    shutil.copytree(migrated, tmp_path / "data")
    yield from _until_stopped(Served(tmp_path, free_port()))


@pytest.fixture
def first_served(tmp_path: Path) -> Iterator[Served]:
    """From nothing."""
    yield from _until_stopped(Served(tmp_path, free_port()))


def _until_stopped(running: Served) -> Iterator[Served]:
    yield running
    if running.process.poll() is None:
        running.process.send_signal(signal.SIGTERM)
        try:
            running.process.wait(30)
        except subprocess.TimeoutExpired:
            running.process.kill()


def test_it_serves_from_nothing_and_stops_cleanly(first_served: Served) -> None:
    served = first_served
    served.wait(lambda: served.health() == "ok")
    served.wait(lambda: "/signin/" in served.log.read_text())
    children = served.processes()
    assert set(served.children()) == {"worker", "web", "emulator"}
    link = re.search(rf"http://127\.0\.0\.1:{served.port}/signin/[\w-]+/", served.log.read_text())
    assert link
    with urllib.request.urlopen(link[0], timeout=10) as page:
        assert b"/signin/" in page.read()

    served.process.send_signal(signal.SIGTERM)

    assert served.process.wait(30) == 0
    assert "paid call" not in served.log.read_text(), "there is none to wait for"
    assert not [number for number in children if Path(f"/proc/{number}").exists()]
    log = served.log.read_text().lower()
    assert not [word for word in ("traceback", "error", "warning") if word in log], log


@pytest.mark.long
def test_what_it_writes_is_its_own_alone(first_served: Served) -> None:
    """Whoever reads the secret key or the database is a superuser; answers and pictures were paid for."""
    served = first_served
    served.wait(lambda: "/signin/" in served.log.read_text())
    make = "from tests.gallery.generations import a_generation; a_generation(User.objects.get())"
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", make]
    subprocess.run(command, cwd=ROOT, env=served.environment, check=True, umask=0o022)
    data = Path(served.environment["DATA_DIR"])
    served.wait(lambda: len(list(data.glob("media/*/*/*/*.*"))) == 3)

    modes = {path: path.lstat().st_mode & 0o077 for path in (data, *data.rglob("*"))}
    assert {path: oct(mode) for path, mode in modes.items() if mode} == {}
    assert {"gallery.sqlite3", "gallery.sqlite3-wal", "prepare.lock", "secret_key"} <= {
        path.name for path in modes
    }


@pytest.mark.long
def test_it_names_what_others_can_read() -> None:
    """Once, and only what it must not mend itself: here somebody else keeps files in the same folder."""
    with tempfile.TemporaryDirectory(prefix="gallery-open-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "data").mkdir(mode=0o755)
        (folder / "data" / "holiday.jpg").touch()
        (folder / "key").touch(mode=0o644)
        (folder / "key").write_text("at-least-32-characters-of-a-secret-key")
        served = Served(folder, free_port(), SECRET_KEY_FILE=str(folder / "key"))
        try:
            served.wait(lambda: served.health() == "ok")
        finally:
            served.process.terminate()
            served.process.wait(60)
        warnings = [line for line in served.log.read_text().splitlines() if "warning" in line]
    assert len(warnings) == 2, warnings
    assert f"{folder}/data;" in warnings[0]
    assert f"{folder}/key," in warnings[1]


def test_it_starts_dead_children_again(served: Served) -> None:
    served.wait(lambda: served.health() == "ok")
    before = served.processes()
    assert len(before) == 4

    for number in before:
        os.kill(number, signal.SIGKILL)

    served.wait(lambda: set(served.children()) == {"worker", "web", "emulator"})
    served.wait(lambda: served.health() == "ok")
    assert not served.processes() & before


@pytest.mark.long
def test_it_ends_when_a_newer_version_has_migrated_meanwhile(served: Served) -> None:
    """What is asked for then would be paid by code that does not know where to keep it."""
    served.wait(lambda: served.health() == "ok")
    children = served.processes()
    with closing(sqlite3.connect(served.environment["DATA_DIR"] + "/gallery.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('gallery', '9999_future', '2030-01-01')"
        )

    assert served.process.wait(90) == 2
    assert not [number for number in children if Path(f"/proc/{number}").exists()]
    lines = [line for line in served.log.read_text().splitlines() if "9999_future" in line]
    assert len(lines) == 1
    assert "Install that version" in lines[0]


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["Ctrl-C", "closed terminal"])
def test_who_ends_it_in_a_terminal_loses_nothing_paid(served: Served, number: int) -> None:
    served.wait(lambda: served.health() == "ok")
    make = (
        "from tests.gallery.generations import a_generation; "
        "a_generation(User.objects.get(), 'a cat [[fault:drip:4]]')"
    )
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", make]
    subprocess.run(command, cwd=ROOT, env=served.environment, check=True)

    def states() -> list[str]:
        with closing(sqlite3.connect(served.environment["DATA_DIR"] + "/gallery.sqlite3")) as database:
            return [state for (state,) in database.execute("SELECT state FROM gallery_generation")]

    served.wait(lambda: states() == ["sending"])
    children = served.processes()
    served.process.send_signal(number)
    if number == signal.SIGHUP:
        # The kernel and the shell say it both.
        time.sleep(0.5)
        served.process.send_signal(number)

    assert served.process.wait(60) == 0
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    assert states() == ["done"]


def test_its_children_do_not_outlive_it(served: Served) -> None:
    served.wait(lambda: len(served.processes()) == 4)
    children = served.processes()

    served.process.kill()
    served.process.wait()

    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{number}").exists() for number in children):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_it_names_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        served = Served(tmp_path, taken.getsockname()[1])
        assert served.process.wait(30) == 2
    assert len(served.log.read_text().strip().splitlines()) == 1
    assert "PORT" in served.log.read_text()


@pytest.mark.long
def test_web_processes_share_a_listener_that_outlives_them(tmp_path: Path) -> None:
    environment = os.environ | {"DATA_DIR": str(tmp_path), "VENICE_API_KEY": "key"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    with server.listen("127.0.0.1", 0) as listener:

        def start() -> "subprocess.Popen[bytes]":
            number = listener.fileno()
            command = [sys.executable, "manage.py", "web", "--fd", str(number)]
            return subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=(number,))

        def status() -> int:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}/accounts/login/"
            return requests.get(address, timeout=60).status_code

        one, two = start(), start()
        assert status() == 200
        one.kill()
        one.wait()
        assert [status() for _ in range(20)] == [200] * 20
        two.terminate()
        assert two.wait(30) == 0
        # Nobody accepts now: who comes waits for the next one.
        with ThreadPoolExecutor() as pool:
            waiting = [pool.submit(status) for _ in range(4)]
            three = start()
            assert [each.result() for each in waiting] == [200] * 4
        three.terminate()
        assert three.wait(30) == 0


@pytest.mark.django_db
def test_pages_are_made_on_two_cores() -> None:
    with server.listen("127.0.0.1", 0) as listener:
        names = [child.name for child in supervisor._children(listener)]
    assert names.count("web") == 2


@pytest.mark.long
def test_healthz_names_what_is_missing(served: Served) -> None:
    seen = set()

    def settled() -> bool:
        seen.add(served.health())
        return "ok" in seen

    served.wait(settled)
    assert seen <= {"unreachable", "worker", "catalogue", "ok"}


def signed_in(served: Served, session: requests.Session) -> requests.Response:
    """By the link that the start printed, as a person would."""
    link = re.search(rf"http://127\.0\.0\.1:{served.port}/signin/[\w-]+/", served.log.read_text())
    assert link
    token = Page(session.get(link[0], timeout=20).text).csrf_token
    return session.post(link[0], {"csrfmiddlewaretoken": token}, timeout=20)


def test_it_is_ready_without_venice_and_waits_in_one_line(tmp_path: Path) -> None:
    """People may look at their pictures while Venice is away; to wait for it is neither a warning nor an error."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/api/v1"
    served = Served(tmp_path, free_port(), VENICE_BASE_URL=url, VENICE_API_KEY="key")
    try:
        served.wait(lambda: "/signin/" in served.log.read_text())
        served.wait(lambda: "catalogue: " in served.log.read_text())
        assert served.health() in {"worker", "catalogue"}
        with requests.Session() as session:
            assert signed_in(served, session).status_code == 200
        # It comes by itself once Venice is there.
        with Emulator(port=port):
            served.wait(lambda: served.health() == "ok")
            served.wait(lambda: " models, " in served.log.read_text())
    finally:
        served.process.terminate()
        served.process.wait(60)
    log = served.log.read_text()
    assert not [word for word in ("warning", "error", "Traceback") if word in log.replace(" error ", " ")], (
        log
    )
    assert log.count("it is asked for again until it comes") == 1
    assert f"VENICE_BASE_URL is this machine ({url})" in log
    assert "No Venice key is set" not in log


@pytest.mark.long
def test_two_installations_on_one_host_leave_each_other_signed_in(tmp_path: Path) -> None:
    """Browsers send the cookies of a host to each of its ports."""
    two = []
    try:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            two.append(Served(tmp_path / name, free_port()))
        for served in two:
            served.wait(lambda served=served: "/signin/" in served.log.read_text())  # type: ignore[misc]
        with requests.Session() as browser:
            for served in two:
                assert signed_in(served, browser).url == f"http://127.0.0.1:{served.port}/"
            for served in two * 2:
                address = f"http://127.0.0.1:{served.port}/queue/"
                assert browser.get(address, timeout=20).url == address, "still signed in"
    finally:
        for served in two:
            served.process.terminate()
        for served in two:
            served.process.wait(60)


@pytest.mark.long
def test_each_line_is_json_when_json_is_asked_for(tmp_path: Path) -> None:
    """Of the start, of a refused request, of a child that dies, of the end."""
    served = Served(tmp_path, free_port(), LOG_FORMAT="json", PYTHONWARNINGS="always")
    try:
        served.wait(lambda: "/signin/" in served.log.read_text() and served.health() == "ok")
        address = f"http://127.0.0.1:{served.port}"
        requests.get(address, headers={"Host": "elsewhere.example"}, timeout=20)
        requests.post(f"{address}/accounts/login/", {"username": "x"}, timeout=20)
        with socket.create_connection(("127.0.0.1", served.port)) as rubbish:
            rubbish.sendall(b"\x00\x01rubbish\r\n\r\n")
            rubbish.recv(100)
        os.kill(served.children()["worker"][0], signal.SIGKILL)
        served.wait(lambda: "ended with status" in served.log.read_text())
        served.wait(lambda: served.log.read_text().count("calls at once") == 2)
    finally:
        served.process.terminate()
        served.process.wait(60)
    events = [json.loads(line) for line in served.log.read_text().splitlines()]
    assert all({"time", "level", "message"} <= event.keys() or "link" in event for event in events), events
    assert not [event for event in events if event.get("message", "").startswith("{")], "wrapped twice"
    assert {"member-added", "link-made"} <= {event.get("event") for event in events}
    words = " ".join(event.get("message", "") for event in events)
    for expected in ("elsewhere.example", "Forbidden", "ended with status", "calls at once"):
        assert expected in words


def test_a_refusal_is_json_too(tmp_path: Path) -> None:
    """Of settings that cannot be read, of a port in use, of a program that breaks."""
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data"), "LOG_FORMAT": "json"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for command, more in (
            (["version"], {"PORT": "x"}),
            (["serve"], {"PORT": str(taken.getsockname()[1])}),
            (["shell", "-v0", "-c", "import warnings; warnings.warn('careful'); 1 / 0"], {}),
        ):
            done = subprocess.run(
                [sys.executable, "manage.py", *command],
                cwd=ROOT,
                env=environment | more,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            events = [json.loads(line) for line in done.stderr.splitlines()]
            assert done.returncode
            assert events
            assert all(event["message"] for event in events)
    assert "ZeroDivisionError" in events[-1]["exception"]
    assert "careful" in events[0]["message"]


def test_the_emulators_key_is_no_word_that_a_prompt_may_hold() -> None:
    """A key is cut out of all that Venice says, wherever it stands."""
    (_, first), (_, second) = supervisor._start_emulator(), supervisor._start_emulator()
    assert re.fullmatch("[0-9a-f]{32}", first["VENICE_API_KEY"])
    assert first["VENICE_API_KEY"] != second["VENICE_API_KEY"]
