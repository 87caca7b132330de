"""What the documents say of the source."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(__file__).resolve().parents[1]


def test_every_entry_of_gallery_has_its_line() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = page.partition("Below `gallery/`, every entry:")[2].partition("Import rules")[0]
    lines = [line for line in table.splitlines() if line.startswith("| `")]
    named = sorted(name for line in lines for name in re.findall(r"`([\w./]+)`", line.split("|")[1]))
    there = sorted(
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / "gallery").iterdir()
        if path.name not in ("__init__.py", "__pycache__")
    )
    assert named == there


def test_every_module_that_a_document_names_is_there() -> None:
    there = {
        path.name
        for room in ("gallery", "venice", "tests", "benchmarks")
        for path in ROOT.glob(f"{room}/**/*.py")
    }
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")):
        named = re.findall(r"`(?:[\w.]+/)*(\w+\.py)`", page.read_text(encoding="utf-8"))
        assert set(named) <= there | {"manage.py"}, page.name


def test_who_sets_up_a_proxy_is_told_where_large_bodies_go() -> None:
    told = (
        (ROOT / "README.md").read_text(encoding="utf-8").partition("let 101 MB pass at")[2].partition(".")[0]
    )
    assert sorted(re.findall(r"`([^`]+)`", told)) == sorted(settings.UPLOADS_URLS)


def test_every_module_that_a_line_names_is_there() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = page.partition("Below `gallery/`, every entry:")[2].partition("Import rules")[0]
    for line in table.splitlines():
        if match := re.match(r"\| `(\w+)/`", line):
            for name in re.findall(r"`(\w+\.py)`", line.split("|")[2]):
                assert (ROOT / "gallery" / match[1] / name).exists(), line
