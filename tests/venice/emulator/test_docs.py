"""docs/venice-emulator.md says what the emulator does."""

import re
from pathlib import Path

from venice.emulator.faults import FAULTS
from venice.emulator.routes import ROUTES

PAGE = (Path(__file__).parents[3] / "docs/venice-emulator.md").read_text(encoding="utf-8")


def test_every_fault_is_in_the_table() -> None:
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert rows == FAULTS


def test_every_route_is_in_the_table() -> None:
    for path in ROUTES:
        assert path in PAGE
