"""The client's side of the fuzz test, in a process of its own: `python -m tests.venice.fuzzing URL SECONDS`.

Calls everything that the client has until the time is over. Prints how many calls there were, how each ended, and
the most memory in MB; an error that is not the client's own ends it with a traceback.
"""

import json
import logging
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from venice import Client, Deadlines, Generate, RemoveBackground, VeniceError, read_result
from venice.salvage import salvage

QUICK = Deadlines(
    connect=2, first_byte=0.5, enhance_extra=0, min_rate_bytes=1024, min_rate_window=0.4, total=1.5
)
GENERATE = Generate(model="z-image-turbo", prompt="p", seed=1)
CUT_OUT = RemoveBackground(image="https://example.org/a.png")


def stored(client: Client) -> None:
    """As the gallery does it: spooled, then read, or salvaged when it is torn."""
    spool = BytesIO()
    try:
        client.send(GENERATE, spool)
    finally:
        spool.seek(0)
        with salvage(spool) as salvaged:
            for _ in salvaged.images if salvaged else ():
                pass
    spool.seek(0)
    read_result(spool)


CALLS: list[Callable[[Client], object]] = [
    lambda client: client.run(GENERATE),
    stored,
    lambda client: client.run(CUT_OUT),
    lambda client: client.models(),
    lambda client: client.styles(),
    lambda client: client.traits(),
    lambda client: client.compatibility_mapping(),
    lambda client: client.rate_limits(),
    lambda client: client.balance(),
    lambda client: [entry for entry, _ in zip(client.usage_history(), range(2000), strict=False)],
]


def sound(error: VeniceError) -> str:
    """The error's name, when it can be shown to anybody."""
    assert len(error.message) <= 500
    shown = [str(error), error.advice, *error.field_errors, *error.field_errors.values()]
    assert not any(unicodedata.category(sign) in ("Cc", "Cs") for sign in "".join(shown))
    return type(error).__name__


def main() -> None:
    logging.disable(logging.CRITICAL)
    url, seconds = sys.argv[1], float(sys.argv[2])
    ends: Counter[str] = Counter()
    deadline = time.monotonic() + seconds
    longest = 0.0
    with Client("key", url, deadlines=QUICK) as client:
        while time.monotonic() < deadline:
            call = CALLS[sum(ends.values()) % len(CALLS)]
            began = time.monotonic()
            try:
                call(client)
                ends["answered"] += 1
            except VeniceError as error:
                ends[sound(error)] += 1
            longest = max(longest, time.monotonic() - began)
    # Not getrusage: that counts what the parent had before this program was loaded.
    most_mb = int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024
    sys.stdout.write(json.dumps({"ends": ends, "most_mb": round(most_mb, 1), "longest_s": round(longest, 2)}))


if __name__ == "__main__":
    main()
