"""What holds for every source file: lines that a diff can show, and files that a generator writes."""

import re
import subprocess
from pathlib import Path

from benchmarks import ratios

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 120
KINDS = (".py", ".html", ".jinja", ".css", ".js")


def sources() -> list[Path]:
    """The files that git knows, or would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name.endswith(KINDS)]
    return [path for path in paths if path.exists() and not {"migrations", "vendor"} & set(path.parts)]


def test_no_line_is_longer_than_a_diff_can_show() -> None:
    found = sources()
    assert {path.suffix for path in found} == set(KINDS)
    long = [
        f"{path.relative_to(ROOT)}:{number}: {len(line)}"
        for path in found
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LONGEST
    ]
    assert long == []


def test_the_shapes_are_as_their_generator_writes_them() -> None:
    assert ratios.SHEET.read_text(encoding="utf-8") == ratios.sheet()


def test_no_test_waits_by_a_text_that_the_page_must_evaluate() -> None:
    """Playwright's `wait_for_function` asks again by evaluating text, which our policy forbids: it fails when slow."""
    waits = re.compile(r"\.wait_for_function\(")
    found = [
        path for path in sources() if path.suffix == ".py" and waits.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
