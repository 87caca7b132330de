"""What is done with 100,000 selected pictures, on SQLite and PostgreSQL: seconds in all, and the longest transaction.

By the very verbs of the page, of all that match. For a quick run: `BENCH_SELECTED=5000`.
"""

import argparse
import os
import time
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlencode

from galleries import Gallery
from measure import report, say, start_django, temporary_folder

COUNT = int(os.environ.get("BENCH_SELECTED", "100000"))
# Half of its pictures stand below the cover of their stack, where no list shows them.
PICTURES_FOR_EACH = 2
DATABASES = os.environ.get("BENCH_DATABASES", "sqlite,postgresql")
VERBS: dict[str, dict[str, str]] = {
    "favourite": {},
    "rate": {"rating": "4"},
    "tag": {"tag": "benchmark"},
    "untag": {"tag": "benchmark"},
    "collect": {"collection": "benchmark"},
    "uncollect": {"collection": "benchmark"},
    "trash": {},
    "restore": {},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--databases", default=DATABASES)
    asked = parser.parse_args()
    with temporary_folder(in_memory=True) as folder:
        start_django(folder / "first")
        for vendor in asked.databases.split(","):
            with _server(vendor) as url:
                gallery = Gallery(folder / vendor, asked.count * PICTURES_FOR_EACH, url)
                with gallery.chosen():
                    figures = {name: _measure(gallery, name, fields) for name, fields in VERBS.items()}
            report(
                "selection",
                database=vendor,
                pictures=asked.count,
                **figures,
                targets={"s": 5, "longest_ms": 200},
            )


def _server(vendor: str) -> Any:
    from tests.postgresql import running_postgresql

    return running_postgresql() if vendor == "postgresql" else nullcontext("")


def _measure(gallery: Gallery, verb: str, fields: dict[str, str]) -> dict[str, Any]:
    """One press of a button: seconds by the clock and of the processor, and the longest that its locks were held.

    The processor's are the database server's too, where that is another process.
    """
    from django.db import transaction
    from django.http import QueryDict
    from django.test import RequestFactory

    from gallery.listing.selection import Selection
    from gallery.models import Image, User
    from gallery.views.selection import VERBS as DEEDS

    say(verb)
    user = User.objects.filter(is_superuser=True).first() or User.objects.first()
    assert user
    if not user.is_staff:
        user.is_staff = True
        user.save()
    request: Any = RequestFactory().post("/")
    request.user = user
    request.POST = QueryDict(urlencode({"all": "1", "in": ""} | fields))
    started, cpu = time.perf_counter(), gallery.cpu()
    if verb == "restore":
        chosen = Selection(tuple(Image.objects.trashed().order_by("pk").values_list("pk", flat=True)))
    else:
        chosen = Selection.read(request)
    deed = DEEDS[verb](request)
    longest = longest_cpu = 0.0
    for portion in chosen.portions(deed.portion):
        began, worked = time.perf_counter(), gallery.cpu()
        with transaction.atomic():
            deed.do(portion)
        longest = max(longest, time.perf_counter() - began)
        longest_cpu = max(longest_cpu, gallery.cpu() - worked)
    return {
        "pictures": len(chosen.ids),
        "s": round(time.perf_counter() - started, 2),
        "cpu_s": round(gallery.cpu() - cpu, 2),
        "longest_ms": round(longest * 1000),
        "longest_cpu_ms": round(longest_cpu * 1000),
    }


if __name__ == "__main__":
    main()
