"""The site behind its own web server, beside other servers that are installed: waitress bare, gunicorn, granian.

CPU of the serving processes for one page and for one thumbnail, and how long a page takes while forty connections
hold half a head, half a body, or an answer that they do not read.
"""

import argparse
import http.client
import importlib.util
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from bench_post_to_done import cpu_ms, resident_mb
from measure import ROOT, environment, manage, median, ratio, report, say, start_django, temporary_folder
from member import Visitor, same_cookies

THREADS = 8
CROWD, PATIENCE = 40, 3.0
FORM = (
    "Host: 127.0.0.1\r\nCookie: csrf=" + 32 * "b" + "\r\nContent-Type: application/x-www-form-urlencoded\r\n"
)
SLOW = {
    "half_a_head": "GET / HTTP/1.1\r\nHost: 127.0.0",
    "half_a_body": f"POST /accounts/login/ HTTP/1.1\r\n{FORM}Content-Length: 10\r\n\r\nabcde",
    "unread": "GET {picture} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n",
}


def commands(port: int) -> dict[str, list[str]]:
    """The command line of each server that is installed."""
    bind = f"127.0.0.1:{port}"
    own = [sys.executable, str(ROOT / "manage.py"), "web"]
    others = {
        "waitress": ["--listen", bind, "--threads", "8", "--asyncore-use-poll", "gallery.wsgi:application"],
        "gunicorn": ["gallery.wsgi", "--bind", bind, "--worker-class", "gthread", "--threads", "8"],
        "granian": [
            *["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--http", "1", "--no-ws"],
            *["--blocking-threads", "8", "--log-level", "error", "gallery.wsgi:application"],
        ],
    }
    installed = {name: more for name, more in others.items() if importlib.util.find_spec(name)}
    return {"own": own} | {name: [sys.executable, "-m", name, *more] for name, more in installed.items()}


class Served:
    """One server with the site, and a member who visits it."""

    def __init__(self, name: str, data: Path, cookies: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.cookies, self.log = cookies, (data / f"{name}.log").open("w")
        self.process = subprocess.Popen(
            commands(self.port)[name],
            cwd=ROOT,
            env=environment(data) | same_cookies() | {"PORT": str(self.port), "PYTHONPATH": str(ROOT)},
            stdout=self.log,
            stderr=self.log,
        )
        deadline = time.monotonic() + 60
        while self.seconds("/accounts/login/") > PATIENCE:
            assert time.monotonic() < deadline, (data / f"{name}.log").read_text()
            time.sleep(0.1)

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.log.close()

    def visit(self, path: str, times: int) -> None:
        """GET `path` so often on one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        for _ in range(times):
            connection.request("GET", path, headers={"Cookie": self.cookies})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, (path, answer.status)
        connection.close()

    def load(self, path: str, times: int) -> float:
        """Milliseconds of CPU of a GET, when eight threads ask for `path` so often each."""
        before = cpu_ms(self.process.pid)
        threads = [threading.Thread(target=self.visit, args=(path, times)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return (cpu_ms(self.process.pid) - before) / (THREADS * times)

    def seconds(self, path: str) -> float:
        """How long a GET takes on a connection of its own; infinite beyond PATIENCE."""
        started = time.monotonic()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.request("GET", path, headers={"Cookie": self.cookies})
            connection.getresponse().read()
            connection.close()
        except (OSError, http.client.HTTPException):
            return float("inf")
        return time.monotonic() - started

    def worst_among(self, opening: str) -> float | None:
        """The longest of five pages while a crowd has sent `opening`; None when one did not come."""
        crowd = []
        for _ in range(CROWD):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.connect(("127.0.0.1", self.port))
            connection.sendall(opening.encode())
            crowd.append(connection)
        time.sleep(0.5)
        worst = max(self.seconds("/") for _ in range(5))
        for connection in crowd:
            with suppress(OSError):
                connection.close()
        time.sleep(0.5)
        return None if worst == float("inf") else round(worst, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    rounds = parser.parse_args().rounds
    with temporary_folder(in_memory=True) as data, ExitStack() as stack:
        start_django(data)
        say("filling")
        manage(data, "fill_gallery", "--images", "1000")
        visitor = Visitor("benchmark")
        paths = {"page": ("/", 5), "thumbnail": (_newest_thumbnail(), 60)}
        names = list(commands(0))
        servers = {name: stack.enter_context(Served(name, data, visitor.cookies)) for name in names}
        taken: dict[str, dict[str, list[float]]] = {what: {name: [] for name in names} for what in paths}
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                for what, (path, times) in paths.items():
                    taken[what][name].append(servers[name].load(path, times))
        known = {"picture": _large_picture(data), "cookies": visitor.cookies}
        report(
            "servers", rounds=rounds, **{name: _figures(name, servers[name], taken, known) for name in names}
        )


def _figures(
    name: str, served: Served, taken: dict[str, dict[str, list[float]]], known: dict[str, str]
) -> dict[str, Any]:
    return {
        "page_ms": median(taken["page"][name]),
        "thumbnail_ms": median(taken["thumbnail"][name]),
        "page_of_own": ratio(taken["page"][name], taken["page"]["own"]),
        "thumbnail_of_own": ratio(taken["thumbnail"][name], taken["thumbnail"]["own"]),
        "mb": resident_mb(served.process.pid),
        "worst_page_s": {kind: served.worst_among(opening.format(**known)) for kind, opening in SLOW.items()},
    }


def _newest_thumbnail() -> str:
    from gallery.models import Image

    return str(Image.objects.latest("pk").thumbnail_512)


def _large_picture(data: Path) -> str:
    """The address of a picture that does not fit into the buffers on the way."""
    address = f"/media/original/ab/cd/abcd{60 * '0'}.png"
    file = data / address.removeprefix("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bytes(12_000_000))
    return address


if __name__ == "__main__":
    main()
