"""A thumbnail through the whole WSGI application for who has a valid pass, and the served gallery page under load.

The floor of the first is what nobody can leave out: the pass checked, the file read, an answer begun.
"""

import argparse
import http.client
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from measure import (
    environment,
    in_turn,
    manage,
    median,
    percentile,
    ratio,
    report,
    say,
    start_django,
    temporary_folder,
)
from member import Visitor, same_cookies

INNER = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60, help=f"of {INNER} requests each (default 60)")
    parser.add_argument("--seconds", type=float, default=10, help="of load on the served page (default 10)")
    asked = parser.parse_args()
    with temporary_folder(in_memory=True) as data:
        start_django(data)
        say("filling")
        manage(data, "fill_gallery", "--images", "1000")
        thumbnail = measure_thumbnail(data, asked.rounds)
        served = measure_served(data, asked.seconds)
    report(
        "media",
        rounds=asked.rounds,
        **thumbnail,
        served=served,
        targets={"200_ms": 0.8, "304_ms": 0.4, "pages_per_s": 100, "page_p95_ms": 300},
    )


def measure_thumbnail(data: Path, rounds: int) -> dict[str, Any]:
    """CPU of one request in milliseconds, beside the floor's."""
    from gallery.models import Image

    visitor = Visitor("benchmark")
    image = Image.objects.latest("pk")
    first = visitor.get(image.thumbnail_512)
    etag = first.header("ETag")
    file = data / "media" / urlsplit(image.thumbnail_512).path.removeprefix("/media/")
    assert first.body == file.read_bytes()
    assert visitor.get(image.thumbnail_512, if_none_match=etag).status == 304
    cases = {
        "200": lambda: visitor.get(image.thumbnail_512),
        "304": lambda: visitor.get(image.thumbnail_512, if_none_match=etag),
        "floor": floor(visitor, data / "media", image.thumbnail_512),
    }
    taken = in_turn(cases, rounds, inner=INNER)
    return {
        "200_ms": median(taken["200"]),
        "304_ms": median(taken["304"]),
        "floor_ms": median(taken["floor"]),
        "200_of_floor": ratio(taken["200"], taken["floor"]),
        "304_of_floor": ratio(taken["304"], taken["floor"]),
        "kb": round(len(first.body) / 1000, 1),
    }


def floor(visitor: Visitor, media: Path, address: str) -> Callable[[], object]:
    """The same answer from a WSGI application that does nothing else."""
    from django.conf import settings
    from django.core.signing import TimestampSigner

    signer = TimestampSigner(salt="gallery.media")

    def application(environ: dict[str, Any], start: Callable[..., object]) -> list[bytes]:
        cookies = dict(part.split("=", 1) for part in environ["HTTP_COOKIE"].split("; "))
        signer.unsign(cookies[settings.MEDIA_COOKIE_NAME], max_age=settings.MEDIA_COOKIE_AGE)
        body = (media / environ["PATH_INFO"].removeprefix("/media/")).read_bytes()
        start("200 OK", [("Content-Type", "image/webp"), ("Content-Length", str(len(body)))])
        return [body]

    def go() -> object:
        environ = visitor.environ(address, {})
        return b"".join(application(environ, lambda status, headers: None))

    return go


def measure_served(data: Path, seconds: float) -> dict[str, Any]:
    """Gallery pages a second from the served site, asked by eight threads of this process on the same machine."""
    from tests.e2e.site import running_site
    from venice.emulator import Emulator

    os.environ.update(environment(data))
    cookies = Visitor("benchmark").cookies
    with Emulator() as venice, running_site(data, venice, **same_cookies()) as site:
        say("load on the served page")
        times: list[float] = []
        errors: list[int] = []
        started = time.monotonic()
        threads = [
            threading.Thread(target=_visit, args=(site.url, cookies, started + seconds, times, errors))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.monotonic() - started
    return {
        "pages_per_s": round(len(times) / elapsed, 1),
        "page_ms": median(times),
        "page_p95_ms": percentile(times, 0.95),
        "errors": len(errors),
        "load": round(os.getloadavg()[0], 1),
    }


def _visit(url: str, cookies: str, until: float, times: list[float], errors: list[int]) -> None:
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    while time.monotonic() < until:
        started = time.monotonic()
        connection.request("GET", "/", headers={"Cookie": cookies})
        answer = connection.getresponse()
        answer.read()
        times.append((time.monotonic() - started) * 1000)
        if answer.status != 200:
            errors.append(answer.status)
    connection.close()


if __name__ == "__main__":
    main()
