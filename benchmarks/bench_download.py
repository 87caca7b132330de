"""An archive of 5,000 pictures from the served site: the first byte, the pace, and what memory the server takes for it.

The floor is the same bytes read from the disk, and their checksums. For a quick run: `BENCH_TAKEN=500`.
"""

import argparse
import http.client
import os
import time
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from measure import environment, manage, report, say, start_django, temporary_folder
from member import Visitor, same_cookies

COUNT = int(os.environ.get("BENCH_TAKEN", "5000"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    asked = parser.parse_args()
    with temporary_folder() as data:
        start_django(data)
        say("filling")
        manage(data, "fill_gallery", "--images", str(asked.count))
        _give_files(data)
        figures = _measure(data)
    report("download", pictures=asked.count, **figures, targets={"first_byte_ms": 300, "rss_mb": 150})


def _give_files(data: Path) -> None:
    """Each picture a file of its own, all of one picture's bytes, as large as Venice's are."""
    from io import BytesIO

    from PIL import Image as Pillow

    from gallery.models import Image

    out = BytesIO()
    noise = Pillow.effect_noise((1024, 1024), 60).convert("RGB")
    noise.save(out, "JPEG", quality=70)
    content = out.getvalue()
    first = data / "media" / "first.jpg"
    first.parent.mkdir(parents=True, exist_ok=True)
    first.write_bytes(content)
    for name in Image.objects.values_list("name", flat=True).distinct():
        path = data / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        os.link(first, path)
    Image.objects.update(format="jpeg")


def _measure(data: Path) -> dict[str, Any]:
    from tests.e2e.site import running_site
    from venice.emulator import Emulator

    os.environ.update(environment(data))
    visitor = Visitor("benchmark")
    headers = {"Cookie": visitor.cookies, "Content-Type": "application/x-www-form-urlencoded"}
    # The secret that a visitor's cookie has.
    body = urlencode({"csrfmiddlewaretoken": "b" * 32, "all": "1"})
    with Emulator() as venice, running_site(data, venice, **same_cookies()) as site:
        server = _web_process(site.process.pid)
        connection = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=120)
        # The first page loads what every process loads once.
        connection.request("GET", "/", headers=headers)
        connection.getresponse().read()
        before, cpu = _memory(server), _cpu(server)
        started = time.perf_counter()
        connection.request("POST", "/selection/download/", body, headers | {"Origin": site.url})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        size, most = len(answer.read(1)), before
        first = time.perf_counter() - started
        while block := answer.read(1 << 20):
            size += len(block)
            most = max(most, _memory(server))
        taken, worked = time.perf_counter() - started, _cpu(server) - cpu
    return {
        "first_byte_ms": round(first * 1000),
        "mb": round(size / 1e6),
        "s": round(taken, 1),
        "server_cpu_s": round(worked, 2),
        "floor_s": round(_floor(data), 2),
        "rss_before_mb": round(before / 1e6),
        "rss_mb": round(most / 1e6),
    }


def _floor(data: Path) -> float:
    """Seconds of CPU for the bytes alone: each file read, and its checksum."""
    from gallery.models import Image

    started = time.process_time()
    for name in Image.objects.covers().values_list("name", flat=True):
        zlib.crc32((data / "media" / name).read_bytes())
    return time.process_time() - started


def _web_process(serve: int) -> int:
    """The child of `manage.py serve` that answers."""
    children = Path(f"/proc/{serve}/task/{serve}/children").read_text().split()
    command = {int(pid): Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in children}
    return next(pid for pid, words in command.items() if "web" in words)


def _cpu(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
