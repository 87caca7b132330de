"""The Dockerfile's own steps, without Docker: built by root from a strict clone, started as another user."""

import gzip
import json
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from ruamel.yaml import YAML

from gallery.views.selection import VERBS
from tests.gallery.media.nginx import of_compose
from tests.gallery.page import Page

ROOT = Path(__file__).resolve().parents[2]
USER = 10001


@dataclass(frozen=True)
class Step:
    """One instruction of a Dockerfile."""

    word: str
    text: str


def steps(dockerfile: str) -> list[Step]:
    """The instructions of the last stage."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    found = [Step(*line.strip().split(None, 1)) for line in joined.splitlines() if line.strip()]
    last = max(number for number, step in enumerate(found) if step.word == "FROM")
    return found[last + 1 :]


def reachable_python(folder: Path) -> Path:
    """Where a program `python` with our packages is that any user may run: ours, or else links to its files."""
    ours = Path(sys.executable).parent
    with suppress(PermissionError):
        subprocess.run(
            [ours / "python", "-c", "import django"], user=USER, group=USER, extra_groups=[], check=True
        )
        return ours
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base, library = Path(sys.base_prefix), folder / "lib" / version
    (library / "site-packages").mkdir(parents=True)
    (folder / "bin").mkdir()
    unneeded = {"test", "site-packages", "idlelib", "ensurepip"}
    link([entry for entry in (base / "lib" / version).iterdir() if entry.name not in unneeded], library)
    link(list((base / "lib").glob("libpython*")), folder / "lib")
    link([base / "bin" / version], folder / "bin")
    (folder / "bin" / version).rename(folder / "bin" / "python")
    packages = Path(sysconfig.get_path("purelib"))
    if all(parent.stat().st_mode & stat.S_IXOTH for parent in packages.parents):
        (library / "site-packages" / "ours.pth").write_text(f"{packages}\n")
    else:
        link(list(packages.iterdir()), library / "site-packages")
    return folder / "bin"


def link(sources: list[Path], folder: Path) -> None:
    """The same files once more; copies where they lie on another disk."""
    command = ["cp", "-al", "-t", folder, *sources]
    if sources and subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode:
        subprocess.run(["cp", "-a", "-t", folder, *sources], check=True)


class Image:
    """What the last stage makes, in a folder instead of a container; `/data` and `/tmp` are folders of its own."""

    def __init__(self, folder: Path, clone: Path) -> None:
        self.folder, self.programs = folder, reachable_python(folder / "opt")
        self.app, self.data, self.tmp = folder / "app", folder / "data", folder / "tmp"
        self.environment = {"LD_LIBRARY_PATH": str(folder / "opt" / "lib")}
        self.user, self.command, self.healthcheck = 0, list[str](), list[str]()
        self.app.mkdir()
        self.tmp.mkdir()
        self.tmp.chmod(0o1777)
        for step in steps((ROOT / "Dockerfile").read_text()):
            self.take(step, clone)

    def take(self, step: Step, clone: Path) -> None:
        if step.word == "ENV":
            pairs = (part.split("=", 1) for part in shlex.split(step.text))
            self.environment |= {name: self.here(value) for name, value in pairs}
        elif step.word == "COPY" and "--from" not in step.text:
            *sources, target = step.text.split()
            for source in sources:
                into = self.app / target / (source if target == "./" else "")
                subprocess.run(["cp", "-a", "-T", clone / source, into], check=True)
        elif step.word == "RUN":
            owner = f"-o {USER} -g {USER}"
            script = re.sub(r"useradd [^&]*", "true ", step.text).replace("-o gallery -g gallery", owner)
            self.run(["sh", "-c", self.here(script)])
        elif step.word == "USER":
            self.user = int(step.text)
        elif step.word == "CMD":
            self.command = json.loads(step.text)
        elif step.word == "HEALTHCHECK":
            self.healthcheck = json.loads(step.text[step.text.index("CMD") + 3 :])

    def here(self, text: str) -> str:
        """Paths of the image become paths of the folder, its environment for Python ours."""
        text = re.sub(r"(?<![\w/])/(data|tmp)\b", rf"{self.folder}/\1", text)
        return text.replace("/opt/venv/bin:$PATH", f"{self.programs}:/usr/bin:/bin")

    def start(self, command: list[str], **environment: str) -> "subprocess.Popen[str]":
        """Run `command` as the image's user without any group of its own, with the umask of Docker and no HOME."""
        return subprocess.Popen(
            command,
            cwd=self.app,
            env=self.environment | {"TMPDIR": str(self.tmp)} | environment,
            user=self.user,
            group=self.user,
            extra_groups=[],
            umask=0o022,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: list[str], **environment: str) -> str:
        """What it prints; it must succeed."""
        with self.start(command, **environment) as process:
            printed = process.communicate(timeout=120)[0]
        assert process.returncode == 0, printed
        return printed

    def is_healthy(self, **environment: str) -> bool:
        """What Docker would find."""
        with self.start(self.healthcheck, **environment) as process:
            process.communicate(timeout=30)
        return process.returncode == 0


@dataclass(frozen=True)
class Container:
    """An image that runs."""

    image: Image
    url: str

    def get(self, path: str, **headers: str) -> bytes:
        with urllib.request.urlopen(
            urllib.request.Request(f"{self.url}{path}", headers=headers), timeout=20
        ) as answer:
            body: bytes = answer.read()
            return gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """From a clone that was made with umask 077."""
    if os.geteuid():
        pytest.skip("only root can become the image's user")
    # Other users cannot enter pytest's folders.
    with tempfile.TemporaryDirectory(prefix="gallery-container-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        make_clone(folder / "clone")
        yield Image(folder, folder / "clone")


def make_clone(clone: Path) -> None:
    """The files of this working tree that are in the repository or could be, readable to nobody else."""
    listing = ["git", "ls-files", "-coz", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    before = os.umask(0o077)
    for name in names.rstrip("\0").split("\0"):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_bytes((ROOT / name).read_bytes())
    os.umask(before)


@pytest.fixture(scope="module")
def container(image: Image) -> Iterator[Container]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    image.environment |= {"HOST": "127.0.0.1", "PORT": str(port)}
    process = image.start(image.command)
    try:
        deadline = time.monotonic() + 90
        while not image.is_healthy():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "it does not become healthy"
            time.sleep(0.2)
        yield Container(image, f"http://127.0.0.1:{port}")
    finally:
        process.send_signal(signal.SIGTERM)
        printed = process.communicate(timeout=60)[0]
    assert process.returncode == 0, printed
    assert not [word for word in ("Traceback", "error", "warning") if word in printed], printed


def test_it_serves_pages_with_their_static_files(container: Container) -> None:
    page = Page(container.get("/accounts/login/"))
    files = [file for name in ("href", "src") for file in page.values(name, "/static/")]
    assert len(files) > 3
    for file in files:
        assert re.search(r"\.[0-9a-f]{12}\.", file), file
        assert container.get(file) == container.get(file, **{"Accept-Encoding": "gzip"})


def test_its_health_is_asked_past_any_proxy(container: Container) -> None:
    nobody = "http://127.0.0.1:9"
    assert container.image.is_healthy(http_proxy=nobody, HTTP_PROXY=nobody)


def test_its_health_is_asked_of_the_port_that_the_site_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty PORT, in `.env` for one, is none."""
    (healthcheck,) = [step for step in steps((ROOT / "Dockerfile").read_text()) if step.word == "HEALTHCHECK"]
    code = json.loads(healthcheck.text[healthcheck.text.index("CMD") + 3 :])[2]
    asked = []

    class Asked(Exception):
        pass

    def ask(host: str, port: int, timeout: float) -> None:
        asked.append((host, port))
        raise Asked

    monkeypatch.setattr("http.client.HTTPConnection", ask)
    for port in ("8123", ""):
        monkeypatch.setenv("PORT", port)
        with pytest.raises(Asked):
            exec(code)
    assert asked == [("127.0.0.1", 8123), ("127.0.0.1", 8000)]


def test_commands_run_in_it(container: Container) -> None:
    """As `docker compose exec` runs them; without a home, with one that is not ours, with none there."""
    # What was done is an event of the log, on the other stream, which this sees as a terminal does.
    *events, link = container.image.run(["python", "manage.py", "signin", "admin", "--create"]).splitlines()
    assert all(" gallery.events: " in event for event in events), events
    assert link.startswith("http")
    assert "/signin/" in container.get(f"/signin/{link.strip().rsplit('/signin/')[1]}").decode()

    container.image.run(["python", "manage.py", "check"], HOME="/root")
    container.image.run(["python", "manage.py", "check_integrity"], HOME="/nonexistent")


def test_it_can_change_nothing_but_its_data(container: Container) -> None:
    """Its bytecode is there, too: it could not write any."""
    app = container.image.app
    for path in (app, *app.rglob("*")):
        status = path.lstat()
        assert status.st_uid == 0
        assert not status.st_mode & stat.S_IWOTH, path
    assert list((app / "gallery" / "__pycache__").glob("settings.*.pyc"))


def test_its_data_is_its_own_alone(container: Container) -> None:
    data = container.image.data
    for path in (data, *data.rglob("*")):
        status = path.lstat()
        assert status.st_uid == USER
        assert not status.st_mode & 0o077, path


def folder_of(image: Image, name: str, migrated: Path) -> Path:
    """A DATA_DIR of the image's user, with a database and a key in it as they are made at the first start."""
    data = image.folder / name
    shutil.copytree(migrated, data)
    for path in (data, *data.iterdir()):
        os.chown(path, USER, USER)
    for folder in ("spool", "media"):
        (data / folder).mkdir()
        os.chown(data / folder, USER, USER)
    return data


def taken(data: Path, name: str, mode: int) -> Path:
    """The entry as root leaves it who ran a command there."""
    path = data / name if name else data
    os.chown(path, 0, 0)
    path.chmod(mode)
    return path


@pytest.fixture(scope="module")
def kept(image: Image, migrated: Path) -> Path:
    """One that is copied: to make it takes seconds."""
    return folder_of(image, "kept", migrated)


@pytest.mark.one_in(8)
@pytest.mark.parametrize("command", ["serve", "web", "work", "migrate", "signin admin", "check_integrity"])
@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("gallery.sqlite3", 0o600),
        ("gallery.sqlite3", 0o644),
        ("secret_key", 0o600),
        ("spool", 0o755),
        ("media", 0o700),
        ("", 0o755),
    ],
)
def test_what_belongs_to_root_is_named_in_one_line(
    image: Image, kept: Path, command: str, name: str, mode: int
) -> None:
    if name in {"spool", "media"} and command not in {"serve", "web", "work"}:
        pytest.skip("it needs no more than to read there")
    if not name and command == "check_integrity":
        pytest.skip("it says first, in lines of its own, that others can enter the folder")
    data = image.folder / "taken"
    subprocess.run(["rm", "-rf", data], check=True)
    subprocess.run(["cp", "-a", kept, data], check=True)
    path = taken(data, name, mode)
    environment = {"DATA_DIR": str(data), "PORT": str(free_port()), "VENICE_API_KEY": "key"}

    with image.start(["python", "manage.py", *command.split()], HOST="127.0.0.1", **environment) as process:
        printed = process.communicate(timeout=60)[0]

    if (command, mode) in {("signin admin", 0o644), ("check_integrity", 0o644), ("migrate", 0o644)}:
        assert "Traceback" not in printed, "reading is possible, and may be enough"
        return
    assert process.returncode in {1, 2}, printed
    assert len(printed.strip().splitlines()) == 1, printed
    assert str(path) in printed
    assert "disk is full" not in printed


@pytest.mark.one_in(5)
@pytest.mark.parametrize("command", ["serve", "work", "migrate", "signin admin", "check_integrity"])
def test_a_server_that_does_not_answer_is_one_line(image: Image, kept: Path, command: str) -> None:
    environment = {"DATABASE_URL": "postgres://gallery@127.0.0.1:9/gallery", "DATA_DIR": str(kept)}
    environment |= {"PORT": str(free_port()), "HOST": "127.0.0.1", "VENICE_API_KEY": "key"}

    with image.start(["python", "manage.py", *command.split()], **environment) as process:
        printed = process.communicate(timeout=60)[0]

    assert process.returncode in {1, 2}, printed
    assert len(printed.strip().splitlines()) == 1, printed
    assert "database" in printed
    assert "refused" in printed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_compose_bounds_it() -> None:
    compose = YAML(typ="safe").load((ROOT / "compose.yaml").read_text())
    gallery = compose["services"]["gallery"]

    assert gallery["read_only"] is True
    assert gallery["cap_drop"] == ["ALL"]
    assert gallery["security_opt"] == ["no-new-privileges:true"]
    assert gallery["mem_limit"]
    assert gallery["pids_limit"]
    assert {"max-size", "max-file"} <= set(gallery["logging"]["options"])
    assert [mount.partition(":")[0] for mount in gallery["tmpfs"]] == ["/tmp"]
    (name,) = gallery["secrets"]
    assert gallery["environment"]["VENICE_API_KEY_FILE"] == f"/run/secrets/{name}"
    # The key is neither in the image nor in the repository.
    folder = Path(compose["secrets"][name]["file"]).parts[0]
    assert f"/{folder}/" in (ROOT / ".gitignore").read_text().splitlines()
    assert (ROOT / ".dockerignore").read_text().splitlines()[0] == "*"


def test_compose_for_several_hosts_bounds_them_and_shares_nothing() -> None:
    compose = YAML(typ="safe").load((ROOT / "compose.scale.yaml").read_text())
    services = compose["services"]

    assert set(services) == {"migrate", "web-1", "web-2", "worker-1", "worker-2", "postgres", "nginx"}
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert {"max-size", "max-file"} <= set(service["logging"]["options"]), name
        assert service["read_only"] is (name != "postgres"), name
        assert ("ports" in service) == (name == "nginx"), name
    # A worker keeps its spool and its name; a web server keeps nothing.
    workers = [services["worker-1"], services["worker-2"]]
    assert len({str(worker["volumes"]) for worker in workers}) == 2
    assert len({worker["hostname"] for worker in workers}) == 2
    assert all(worker["stop_grace_period"] == "330s" for worker in workers)
    assert not any("volumes" in services[name] for name in ("web-1", "web-2"))
    for name, secret in compose["secrets"].items():
        assert secret["file"] == f"./secrets/{name}"
    for service in services.values():
        assert set(service.get("secrets", ())) <= set(compose["secrets"])
        files = [value for key, value in service.get("environment", {}).items() if key.endswith("_FILE")]
        assert {file.rpartition("/")[2] for file in files} <= set(service.get("secrets", ()))
    # What is told here is read, and nginx has the location that the site names.
    known = (ROOT / "gallery/environment.py").read_text() + (ROOT / "gallery/settings.py").read_text()
    prefix = services["web-1"]["environment"]["X_ACCEL_PREFIX"]
    assert all(f'"{key.removesuffix("_FILE")}"' in known for key in services["web-1"]["environment"])
    assert f"location {prefix} {{" in compose["configs"]["nginx"]["content"]


def test_nginx_lets_pictures_pass_where_the_site_takes_them_and_nowhere_else() -> None:
    blocks = re.findall(r"location ([^{]+) \{([^}]*)\}", of_compose())
    (place,) = [place for place, block in blocks if "client_max_body_size 101m;" in block]

    assert settings.UPLOADS_MAX_SIZE == 101 << 20
    assert place.startswith("~ ^")
    for address in settings.UPLOADS_URLS:
        assert re.search(place.removeprefix("~ "), address)
        assert not re.search(place.removeprefix("~ "), f"/more{address}")
        assert not re.search(place.removeprefix("~ "), f"{address}more")


def test_nginx_waits_for_what_is_done_with_very_many_pictures_and_for_nothing_else() -> None:
    blocks = re.findall(r"location ([^{]+) \{([^}]*)\}", of_compose())
    (place,) = [place for place, block in blocks if "proxy_read_timeout" in block]

    pattern = place.removeprefix("~ ")
    for verb in VERBS:
        assert re.match(pattern, reverse("selection", args=[verb]))
    assert re.match(pattern, reverse("admin:gallery_image_changelist"))
    assert not re.match(pattern, reverse("create"))
    assert not re.match(pattern, reverse("gallery"))
