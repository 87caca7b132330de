"""What the documents say of the source."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from gallery.media import decoder, thumbnails
from gallery.models import attempt, gate, upload, worker
from gallery.pipeline import gates, retention, supervisor
from gallery.web import server
from venice import retry
from venice.deadlines import Deadlines
from venice.results import MAX_BODY

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"))
LONGEST = 120


def entries() -> list[tuple[list[str], str]]:
    """The list of docs/architecture.md: names of entries of `gallery/`, and what they hold."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    items = page.partition("Below `gallery/`, every entry:")[2].partition("Import rules")[0].split("\n- ")[1:]
    return [(re.findall(r"`([^`]+)`", item.partition(": ")[0]), item.partition(": ")[2]) for item in items]


def test_every_entry_of_gallery_has_its_line() -> None:
    named = sorted(name for names, _ in entries() for name in names)
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
    for (first, *_), holds in entries():
        if first.endswith("/"):
            for name in re.findall(r"`(\w+\.py)`", holds):
                assert (ROOT / "gallery" / first / name).exists(), name


def test_every_line_of_a_document_can_be_read_beside_another_version() -> None:
    """But rows of tables, which cannot be broken, and what is to be typed as it stands."""
    for page in PAGES:
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        lines = [line for line in text.splitlines() if not line.startswith("|")]
        assert [line for line in lines if len(line) > LONGEST] == [], page.name


README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_settings_that_are_read_are_those_that_are_told() -> None:
    """With the defaults that they have."""
    table = README.partition("## Settings")[2].partition("## ")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| `")]
    told = {name: row[1] for row in rows for name in re.findall(r"`([A-Z_0-9]+)`", row[0])}
    beside = set(re.findall(r"`(AWS_[A-Z_0-9]+)`", table))
    source = "".join(
        (ROOT / f"gallery/{name}.py").read_text(encoding="utf-8") for name in ("settings", "environment")
    )
    calls = re.findall(
        r'\b(?:text|number|switch|choice|_credential)\(\s*"([A-Z_0-9]+)"(?:, ([^,)]+))?', source
    )
    ours_to_pass_on = {"HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE"}
    assert {name for name, _ in calls} == (told.keys() | beside) - ours_to_pass_on
    for name, default in calls:
        if default.strip('"').replace(".", "").isdigit() or default.startswith('"'):
            assert default.strip('"') in told[name].replace("`", "").split(", "), name


def test_every_command_of_ours_is_told() -> None:
    told = set(re.findall(r"^\| `manage\.py (\w+)", README, re.MULTILINE))
    assert told == {path.stem for path in (ROOT / "gallery/management/commands").glob("[a-z]*.py")}


def test_a_compose_that_knows_what_our_files_say_is_asked_for() -> None:
    """`env_file` with a path and whether it is required came after the other things that are used."""
    for name in ("compose.yaml", "compose.scale.yaml"):
        assert re.search(r"env_file:\n +- path:", (ROOT / name).read_text(encoding="utf-8"))
    told = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")
    assert re.findall(r"Docker Compose\s+([\d.]+) or newer", told + README) == ["2.24.0", "2.24.0"]


def _s(value: timedelta) -> str:
    return f"{value.total_seconds():g} s"


_WAIT = Deadlines()
_MIB, _GIB = 1 << 20, 1 << 30


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (
            "pipeline",
            f"Connect {_WAIT.connect:g} s · first byte {_WAIT.first_byte:g} s ({_WAIT.enhance_extra:g} s more with "
            f"*Enhance prompt*) · then at least {_WAIT.min_rate_bytes // 1024} KiB in {_WAIT.min_rate_window:g} s · "
            f"{_WAIT.total:g} s in all · an answer is at most {MAX_BODY // _MIB} MiB.",
        ),
        (
            "venice-client",
            f"{_WAIT.connect:g} s to connect, {_WAIT.first_byte:g} s to the first byte ({_WAIT.enhance_extra:g} s "
            f"more with `enhance_prompt`), then at least {_WAIT.min_rate_bytes // 1024} KiB in "
            f"{_WAIT.min_rate_window:g} s, {_WAIT.total:g} s in all; an answer may be {MAX_BODY // _MIB} MiB.",
        ),
        ("pipeline", f"no heartbeat for {_s(worker.DEAD_AFTER)} by the database's clock"),
        ("pipeline", f"each worker beats every {_s(worker.HEARTBEAT)}"),
        ("pipeline", f"heard of that host for {worker.SILENT_AFTER.seconds // 60} minutes"),
        ("pipeline", f"`failed` after {retry.NETWORK_PATIENCE.seconds // 60} minutes"),
        ("pipeline", f"nothing is sent for {_s(retry.BLOCK)}, then one probe"),
        ("pipeline", f"No request is sent more than {retry.MOST_SENDS} times by itself"),
        ("pipeline", f"a free question, asked every {_s(gates.PROBE_EVERY)}, or staff"),
        ("pipeline", f"less than {gate.DISK_RESERVE // _GIB} GiB is free where answers are written"),
        ("pipeline", f"{gate.BREAKER_FAILURES} requests failed within {_s(gate.BREAKER_WINDOW)}"),
        ("pipeline", f"after {_s(gate.BREAKER_HOLD)} one generation goes as a probe"),
        ("pipeline", f"closes the breaker for {_s(gate.PROBE_HOLD)} only"),
        ("pipeline", f"at most {thumbnails.MAX_PIXELS // 10**6} megapixels"),
        ("pipeline", f"(a WebP or AVIF above {thumbnails.LARGE / 10**6:g}"),
        ("pipeline", f"with bounded memory and {decoder.PATIENCE:g} s of time"),
        (
            "pipeline",
            f"It stays for {attempt.KEEP.days} days. Above {retention.MOST // _GIB} GiB on one host",
        ),
        ("pipeline", f"nothing was made from for {upload.KEEP.days} days"),
        ("decisions", f"`.kept`, for {attempt.KEEP.days} days or {retention.MOST // _GIB} GiB a host"),
        ("decisions", f"{server.LARGE_BODIES} of them may be on their way"),
    ],
)
def test_a_figure_is_that_of_the_code(page: str, words: str) -> None:
    assert words in " ".join((ROOT / f"docs/{page}.md").read_text(encoding="utf-8").split())


def test_whoever_stops_it_waits_longer_than_it_waits_itself() -> None:
    """For a paid call the worker, for the worker `serve`, for `serve` what runs the container."""
    for name in ("compose.yaml", "compose.scale.yaml"):
        (grace,) = re.findall(r"stop_grace_period: (\d+)s", (ROOT / name).read_text(encoding="utf-8"))
        assert _WAIT.total < supervisor.PATIENCE < int(grace)
        assert f"`stop_grace_period: {grace}s`" in (ROOT / "docs/pipeline.md").read_text(encoding="utf-8")
