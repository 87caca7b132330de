"""The most memory that a worker takes, its decoder's process included: with four calls in flight, and fed bombs.

Peaks of both processes are added, and pages that they share are counted for each: the truth is a little less.
"""

import argparse
import base64
import io
import json
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench_post_to_done import child_of, click, emulator, open_database, resident_mb, sign_in
from measure import environment, report, say, temporary_folder
from PIL import Image

from venice import bundled_models, bundled_styles

OVER = ("done", "failed", "interrupted", "cancelled")
PATIENCE_S = 240
# Just under what the header check lets through, in the forms that cost a decoder most; and just over it.
BOMBS: dict[str, Callable[[], bytes]] = {
    "webp": lambda: _flat("WEBP", "RGB", 6300),
    "webp, alpha": lambda: _flat("WEBP", "RGBA", 6300, lossless=True),
    "png": lambda: _flat("PNG", "RGBA", 6300),
    "png, grey and alpha": lambda: _flat("PNG", "LA", 6300),
    "png, palette": lambda: _flat("PNG", "P", 6300),
    "png, 16 bits": lambda: _flat("PNG", "I;16", 6300),
    "jpeg": lambda: _flat("JPEG", "RGB", 6300, progressive=True),
    "jpeg, cmyk": lambda: _flat("JPEG", "CMYK", 6300),
    "png, too large": lambda: _flat("PNG", "1", 12000),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=24)
    count = parser.parse_args().images
    with emulator() as venice:
        four_mb, states = _peak(venice, count)
        assert states == {"done": count}, states
    say("bombs")
    with _bombing() as venice:
        bombs_mb, states = _peak(venice, 2 * len(BOMBS))
    report(
        "worker_memory",
        images=count,
        four_calls_mb=four_mb,
        bombs_mb=bombs_mb,
        bombs=dict(states),
        targets={"four_calls_mb": 220, "bombs_mb": 400},
    )


def _peak(venice: str, count: int) -> tuple[float, Counter[str]]:
    """Peak memory in MB after `count` generations, as many at once as a worker takes; and how they ended."""
    from tests.e2e.site import running_site

    with temporary_folder() as data:
        os.environ.update(environment(data))
        with running_site(data, venice) as site:
            member, database = (
                sign_in(site.url, site.manage("signin", "admin", "--create")),
                open_database(data),
            )
            numbers = [click(member, site.url, number)[1] for number in range(count)]
            worker, most = child_of(site.process.pid, "manage.py work"), 0.0
            deadline = time.monotonic() + PATIENCE_S
            while sum((states := _states(database)).get(name, 0) for name in OVER) < len(numbers):
                assert time.monotonic() < deadline, states
                # A decoder that is replaced takes its peak with it.
                most = max(most, resident_mb(worker))
                time.sleep(0.02)
            return max(most, resident_mb(worker)), states


def _states(database: sqlite3.Connection) -> Counter[str]:
    return Counter(state for (state,) in database.execute("SELECT state FROM gallery_generation"))


@contextmanager
def _bombing() -> Iterator[str]:
    """A Venice whose every picture is a bomb; yields its base URL."""
    answers = [
        json.dumps({"images": [base64.b64encode(make()).decode()]}).encode() for make in BOMBS.values()
    ]
    turn = iter(range(10**6))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = [model.raw for model in bundled_models()] if "/models" in self.path else bundled_styles()
            self._answer(200, json.dumps({"data": found}).encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(200, answers[next(turn) % len(answers)])

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v1"
    finally:
        server.shutdown()
        server.server_close()


def _flat(form: str, mode: str, side: int, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (side, side)).save(out, form, **options)  # type: ignore[arg-type]
    return out.getvalue()


if __name__ == "__main__":
    main()
