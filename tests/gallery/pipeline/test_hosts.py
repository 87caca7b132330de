"""Several hosts that share a database and a bucket, and nothing else: web servers, workers, and one that is killed."""

import hashlib
import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client as Browser

from gallery.media.bucket import Bucket
from gallery.models import ACTIVE_STATES, Attempt, Generation, Image, State, User
from tests.bucket import new_bucket, objects_in, running_s3
from tests.gallery.pipeline.checker import violations
from tests.gallery.pipeline.conftest import KEY, ROOT, database_url, queue, states, until
from venice.emulator import Emulator

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("models_known")]


@dataclass
class Host:
    """A machine of its own, but for the kernel: a name, a folder, one process."""

    name: str
    folder: Path
    environment: dict[str, str]
    process: "subprocess.Popen[bytes]"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def runs(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Hosts:
    """All of them, on one database, bucket and Venice."""

    root: Path
    shared: dict[str, str]
    bucket: Bucket
    running: list[Host] = field(default_factory=list)

    def start(self, name: str, command: str, **more: str) -> Host:
        folder = self.root / name
        folder.mkdir(mode=0o700, exist_ok=True)
        environment = self.shared | {"DATA_DIR": str(folder)} | more
        renamed = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', name]
        with (folder / "log").open("a") as out:
            process = subprocess.Popen(
                [*renamed, sys.executable, "manage.py", command],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
            )
        host = Host(name, folder, environment, process)
        self.running.append(host)
        return host

    def work(self, name: str, **more: str) -> Host:
        host = self.start(name, "work", **more)
        until(lambda: " at once" in host.log or not host.runs(), lambda: host.log)
        return host

    def web(self, name: str) -> str:
        """Its address, once it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        host = self.start(name, "web", PORT=str(port))
        address = f"127.0.0.1:{port}"
        until(lambda: answers(address) or not host.runs(), lambda: host.log)
        return address

    def logs(self) -> str:
        return "\n".join(f"{host.name}: {host.log}" for host in self.running)


def answers(address: str) -> bool:
    try:
        return ask(address, "/accounts/login/")[0] == 200
    except OSError:
        return False


def ask(address: str, path: str, cookies: str = "") -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request("GET", path, headers={"Cookie": cookies})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


@pytest.fixture
def hosts(
    request: pytest.FixtureRequest,
    transactional_db: None,
    emulator: Emulator,
    tmp_path: Path,
    settings: LazySettings,
) -> Iterator[Hosts]:
    if connection.vendor == "sqlite":
        pytest.skip("hosts share no SQLite: run with --postgresql")
    if subprocess.run(["unshare", "--uts", "hostname", "another"], capture_output=True).returncode:
        pytest.skip("a host name for each worker needs root and the right to unshare")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VENICE_", "GALLERY_"))}
    with running_s3() as endpoint:
        bucket = new_bucket(endpoint)
        settings.MEDIA_BUCKET = bucket
        settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "gallery.media.s3.BucketStorage"}}
        shared = kept | {
            "DATABASE_URL": database_url(request),
            "SECRET_KEY": settings.SECRET_KEY,
            "PUBLIC_URL": settings.PUBLIC_URL,
            "MEDIA_STORAGE": f"s3://{bucket.name}/{bucket.prefix}",
            "AWS_ENDPOINT_URL_S3": bucket.endpoint,
            "AWS_REGION": bucket.region,
            "AWS_ACCESS_KEY_ID": bucket.access_key,
            "AWS_SECRET_ACCESS_KEY": bucket.secret_key,
            "VENICE_BASE_URL": emulator.url,
            "VENICE_API_KEY": KEY,
            "VENICE_REQUESTS_PER_MINUTE": "10000",
            "WORKER_CONCURRENCY": "2",
        }
        made = Hosts(tmp_path, shared, bucket)
        yield made
        for host in made.running:
            host.end()


def assert_all_kept(hosts: Hosts, emulator: Emulator, settings: LazySettings) -> None:
    """Each paid once and stored, whichever host did it; nothing waits in any spool; no secret in any log."""
    for host in {host.name: host for host in hosts.running}.values():
        settings.SPOOL_DIR = host.folder / "spool"
        assert list(violations(emulator.ledger(), all_ended=False)) == []
        assert not list((host.folder / "spool").glob("*.raw"))
        assert not (host.folder / "media").exists()
    logs = hosts.logs()
    assert "Traceback" not in logs, logs
    assert hosts.bucket.secret_key not in logs


def test_two_web_servers_and_two_workers_share_database_and_bucket(
    hosts: Hosts, emulator: Emulator, alice: User, client: Browser, settings: LazySettings
) -> None:
    webs = [hosts.web("web-1"), hosts.web("web-2")]
    hosts.work("worker-1"), hosts.work("worker-2")
    # Long enough for one worker not to be done before the other one looks.
    made = [queue(alice, faults="drip:1") for _ in range(10)]

    active = Generation.objects.filter(state__in=ACTIVE_STATES)
    until(lambda: not active.exists(), lambda: f"{states()}\n{hosts.logs()}", 120)

    assert states() == {"done": 10}
    assert Image.objects.count() == len(emulator.ledger()) == len(made)
    assert set(Attempt.objects.values_list("host", flat=True)) == {"worker-1", "worker-2"}
    client.force_login(alice)
    session = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    for address in webs:
        assert ask(address, "/healthz")[0] == 200
        status, headers, page = ask(address, "/", session)
        assert status == 200
        policy = headers["Content-Security-Policy"].split("; ")
        assert f"img-src 'self' {hosts.bucket.origin}" in policy
        # The pass of one server opens the pictures of the other.
        passes = "; ".join(cookie.partition(";")[0] for cookie in headers.get_all("Set-Cookie", []))
        for image in Image.objects.all():
            assert image.sha256.encode() in page
            for other in webs:
                status, headers, _ = ask(other, image.media_url, passes)
                assert status == 302
                where = urlsplit(headers["Location"])
                status, headers, body = ask(where.netloc, f"{where.path}?{where.query}")
                assert (status, hashlib.sha256(body).hexdigest()) == (200, image.sha256)
    assert len([name for name in objects_in(hosts.bucket) if "original/" in name]) == 10
    assert_all_kept(hosts, emulator, settings)


@pytest.mark.parametrize("where", ["renamed", "received", "file-written"])
def test_a_worker_that_is_killed_with_a_paid_answer_stores_it_when_it_is_back(
    hosts: Hosts, emulator: Emulator, alice: User, settings: LazySettings, where: str
) -> None:
    """Its spool is on its own disk: the others can neither store the answer nor pay for it again."""
    victim = hosts.work("worker-2", GALLERY_FAILPOINT=where)
    lost = queue(alice)
    until(lambda: not victim.runs(), lambda: victim.log)
    hosts.work("worker-1")
    others = [queue(alice) for _ in range(3)]

    done = Generation.objects.filter(pk__in=[other.pk for other in others], state=State.DONE)
    until(lambda: done.count() == 3, lambda: f"{states()}\n{hosts.logs()}")
    lost.refresh_from_db()
    # What the database was not told of looks as if its call had been cut.
    until(lambda: _state(lost) == (State.INTERRUPTED if where == "renamed" else State.RECEIVED), hosts.logs)
    assert not lost.images.exists()

    hosts.work("worker-2")

    until(lambda: _state(lost) == State.DONE, lambda: f"{_state(lost)}\n{hosts.logs()}")
    assert len(emulator.ledger()) == Image.objects.count() == 4
    assert_all_kept(hosts, emulator, settings)


def _state(generation: Generation) -> str:
    generation.refresh_from_db()
    return generation.state
