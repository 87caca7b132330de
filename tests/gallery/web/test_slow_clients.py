"""The served site while strangers and members keep connections open that go nowhere."""

import os
import re
import shutil
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.e2e.site import Site, running_site
from tests.gallery.page import Page
from tests.gallery.pipeline.test_kinds import RED
from venice.emulator import Emulator

FORM = b"Host: 127.0.0.1\r\nCookie: csrf=%s\r\nContent-Type: application/x-www-form-urlencoded\r\n" % (
    b"a" * 32
)
POST = b"POST /accounts/login/ HTTP/1.1\r\n" + FORM
BIG = "/media/original/ab/cd/abcd" + "0" * 60 + ".png"


@dataclass(frozen=True)
class Kind:
    """What one connection of a crowd sends at first, and then again and again."""

    opening: bytes
    drip: bytes = b""
    reads_nothing: bool = False


KINDS = {
    "half a head": Kind(b"GET / HTTP/1.1\r\nHost: 127.0.0"),
    "a dripped head": Kind(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"X: a\r\n"),
    "half a body": Kind(POST + b"Content-Length: 10\r\n\r\nabcde"),
    "a dripped chunked body": Kind(POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "nothing": Kind(b""),
    "kept alive": Kind(b"GET /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
    "TLS": Kind(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100)),
    "an answer not read": Kind(b"", reads_nothing=True),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("site")
    shutil.copytree(migrated, data, dirs_exist_ok=True)
    with Emulator() as emulator, running_site(data, emulator) as running:
        picture = data / BIG.removeprefix("/")
        picture.parent.mkdir(parents=True)
        picture.write_bytes(os.urandom(8_000_000))
        yield running


@pytest.fixture(scope="module")
def member(site: Site) -> requests.Session:
    session = requests.Session()
    link = site.manage("signin", "admin", "--create")
    token = Page(session.get(link, timeout=30).text).csrf_token
    assert session.post(link, {"csrfmiddlewaretoken": token}, timeout=30).ok
    return session


@contextmanager
def crowd(site: Site, member: requests.Session, kind: Kind, size: int) -> Iterator[None]:
    """So many connections of one kind, dripping ten times a second."""
    opening = kind.opening
    if kind.reads_nothing:
        cookies = "; ".join(f"{name}={value}" for name, value in member.cookies.items())
        opening = f"GET {BIG} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n".encode()
    connections = [connect(site, opening) for _ in range(size)]
    done = threading.Event()

    def drip() -> None:
        while not done.wait(0.1):
            for connection in connections:
                with suppress(OSError):
                    connection.sendall(kind.drip)

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        for connection in connections:
            connection.close()


def connect(site: Site, opening: bytes) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.connect(("127.0.0.1", port(site)))
    connection.sendall(opening)
    return connection


def port(site: Site) -> int:
    return int(site.url.rsplit(":", 1)[1])


def seconds_of_pages(site: Site, member: requests.Session, times: int) -> list[float]:
    """How long the gallery's page and /healthz take together, each on a connection of its own."""
    taken = []
    for _ in range(times):
        started = time.monotonic()
        cookies = dict(member.cookies)
        assert (
            requests.get(f"{site.url}/", cookies=cookies, timeout=10, allow_redirects=False).status_code
            == 200
        )
        assert requests.get(f"{site.url}/healthz", timeout=10).text == "ok"
        taken.append(time.monotonic() - started)
    return taken


@pytest.mark.one_in(8)
@pytest.mark.parametrize("kind", KINDS)
def test_forty_slow_connections_hold_nobody_up(site: Site, member: requests.Session, kind: str) -> None:
    before = seconds_of_pages(site, member, 8)

    with crowd(site, member, KINDS[kind], 40):
        meanwhile = seconds_of_pages(site, member, 16)

    # A second, or what a machine that is busy otherwise takes.
    assert statistics.median(meanwhile) < max(1.0, 4 * statistics.median(before))


def test_slow_connections_exhaust_neither_memory_nor_files(site: Site, member: requests.Session) -> None:
    web = web_processes(site)
    before = resident_mb(web)
    with (
        crowd(site, member, KINDS["an answer not read"], 200),
        crowd(site, member, KINDS["half a body"], 200),
        crowd(site, member, KINDS["a dripped head"], 200),
    ):
        seconds_of_pages(site, member, 5)
        files, limit = open_files(web), min(map(file_limit, web))
        grown = resident_mb(web) - before
    # Each has its connection, and each of the first 200 its picture.
    assert files > 800
    assert grown < 64
    assert files < limit / 2
    # They are given back: what is left is what the site itself holds.
    deadline = time.monotonic() + 30
    while open_files(web) > 64 * len(web):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def web_processes(site: Site) -> list[Path]:
    processes = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == site.process.pid and b"manage.py\0web" in (entry / "cmdline").read_bytes():
                processes.append(entry)
    assert processes
    return processes


def resident_mb(processes: list[Path]) -> float:
    pages = sum(int((process / "statm").read_text().split()[1]) for process in processes)
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files(processes: list[Path]) -> int:
    return sum(len(list((process / "fd").iterdir())) for process in processes)


def file_limit(process: Path) -> int:
    match = re.search(r"Max open files\s+(\d+)", (process / "limits").read_text())
    assert match
    return int(match[1])


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 200), ({"Range": "bytes=5-9"}, 206), ({"If-None-Match": f'"abcd{"0" * 60}-original"'}, 304)],
)
def test_pictures_keep_the_connection(
    site: Site, member: requests.Session, headers: dict[str, str], status: int
) -> None:
    """A viewer asks for dozens, in parts or to know whether they have changed."""
    answer = member.get(f"{site.url}{BIG}", headers=headers, timeout=30)

    assert answer.status_code == status
    assert answer.headers.get("Connection") != "close"
    assert "Transfer-Encoding" not in answer.headers


def upload_of(site: Site, member: requests.Session, data: bytes) -> tuple[bytes, bytes]:
    """Head and body of a post that brings a picture."""
    token = Page(member.get(f"{site.url}/uploads/", timeout=30).text).csrf_token
    asked = requests.Request(
        "POST",
        f"{site.url}/uploads/",
        data={"csrfmiddlewaretoken": token},
        files={"picture": ("photo.png", data, "image/png")},
        headers={"Accept": "application/json", "Connection": "close"},
    )
    ready = member.prepare_request(asked)
    lines = [f"{name}: {value}" for name, value in ready.headers.items()]
    address = site.url.rsplit("/", 1)[1]
    head = "\r\n".join(["POST /uploads/ HTTP/1.1", f"Host: {address}", *lines, "", ""])
    assert isinstance(ready.body, bytes)
    return head.encode(), ready.body


@pytest.mark.long
def test_pictures_on_slow_lines_hold_nobody_up(site: Site, member: requests.Session) -> None:
    """Twenty that are on their way, 20 MB each: more than there are threads; and one that arrives among them."""
    web = web_processes(site)
    before, memory = seconds_of_pages(site, member, 8), resident_mb(web)
    head, body = upload_of(site, member, RED + os.urandom(20_000_000))
    half = Kind(head + body[:600_000], body[600_000:610_000])

    with crowd(site, member, half, 20):
        meanwhile = seconds_of_pages(site, member, 16)
        connection = connect(site, head)
        for start in range(0, len(body), 1_000_000):
            connection.sendall(body[start : start + 1_000_000])
            seconds_of_pages(site, member, 1)
        connection.settimeout(60)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        connection.close()
        grown = resident_mb(web) - memory

    assert statistics.median(meanwhile) < max(1.0, 4 * statistics.median(before))
    assert answer.startswith(b"HTTP/1.1 200"), answer[:300]
    assert b'"width": 320' in answer
    # What has come of them lies on the disk.
    assert grown < 100


def test_only_who_may_be_signed_in_sends_much(site: Site) -> None:
    answer = requests.post(
        f"{site.url}/uploads/",
        files={"picture": ("a.png", bytes(5_000_000))},
        timeout=30,
        allow_redirects=False,
    )
    assert answer.status_code in (302, 403, 413)
    assert b"</html>" in answer.content or answer.status_code == 302


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_gets_the_site_s_own_page(site: Site, member: requests.Session, chunked: bool) -> None:
    body = b"a" * 5_000_000
    answer = requests.post(
        f"{site.url}/create/",
        data=iter([body]) if chunked else body,
        cookies=dict(member.cookies),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=30,
    )
    assert answer.status_code == 413
    assert "</html>" in answer.text


def test_a_body_below_the_limit_is_read(site: Site) -> None:
    answer = requests.post(f"{site.url}/accounts/login/", data={"username": "a" * 990_000}, timeout=30)
    # Refused for want of a token, which is looked for in the body.
    assert answer.status_code == 403


@pytest.mark.long
def test_a_phone_gets_its_picture(site: Site, member: requests.Session) -> None:
    """2 MB at 20 KB a second."""
    taken, started = 0, time.monotonic()
    cookies = dict(member.cookies)
    with requests.get(f"{site.url}{BIG}", cookies=cookies, stream=True, timeout=30) as answer:
        for part in answer.iter_content(4_096):
            taken += len(part)
            if taken < 2_000_000:
                time.sleep(max(0.0, started + taken / 20_000 - time.monotonic()))
    assert time.monotonic() - started > 95
    assert taken == 8_000_000
