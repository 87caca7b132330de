"""Each benchmark runs to its end: what it prints is for people, but that it runs is a promise of the Makefile."""

import ast
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# The least that each can be asked for.
LEAST = {
    "bench_browsers": ("--images", "500", "--browsers", "3", "--seconds", "8", "--row-seconds", "1"),
    "bench_client": ("--rounds", "3"),
    "bench_gallery_page": ("--images", "2000", "--rounds", "2"),
    "bench_matrix": ("--images", "500", "--rounds", "2", "--databases", "sqlite"),
    "bench_media": ("--rounds", "2", "--seconds", "1"),
    "bench_post_to_done": ("--images", "2"),
    "bench_search": ("--sizes", "500,1000", "--databases", "sqlite", "--rounds", "1"),
    "bench_servers": ("--rounds", "1"),
    "bench_selection": ("--count", "300", "--databases", "sqlite"),
    "bench_download": ("--count", "60"),
    "bench_thumbnails": ("--rounds", "1"),
    "bench_worker_memory": ("--images", "2"),
}


def test_every_benchmark_is_here() -> None:
    assert {path.stem for path in (ROOT / "benchmarks").glob("bench_*.py")} == set(LEAST)


def test_what_benchmarks_share_is_there() -> None:
    """Each is run as a script, which finds its kin by their bare names."""
    scripts = sorted((ROOT / "benchmarks").glob("*.py"))
    imported = {
        (path.name, node.module)
        for path in scripts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and "." not in node.module
    }
    own = {path.stem for path in scripts}
    assert ("bench_gallery_page.py", "galleries") in imported
    assert [each for each in imported if each[1] not in own and find_spec(each[1]) is None] == []


@pytest.mark.long
@pytest.mark.parametrize("name", LEAST)
def test_a_benchmark_runs_to_its_end(name: str) -> None:
    # The settings of this test run are not those of an installation.
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, f"benchmarks/{name}.py", *LEAST[name]]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-4000:]
    lines = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    assert lines
    assert all(line["benchmark"] in name for line in lines)
