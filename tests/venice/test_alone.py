"""The package in an environment that has `requests` and nothing else: client and command line run."""

import os
import subprocess
import venv
from importlib.metadata import distribution
from pathlib import Path

import pytest

import venice
from venice.emulator import Emulator

# What requests itself needs.
REQUESTS = ("requests", "urllib3", "idna", "certifi", "charset_normalizer")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that sees `requests`, the package, and the standard library."""
    folder = tmp_path_factory.mktemp("alone")
    venv.create(folder, with_pip=False, symlinks=True)
    site = next(folder.glob("lib/python*/site-packages"))
    for name in REQUESTS:
        installed = distribution(name).locate_file(name)
        (site / name).symlink_to(Path(str(installed)), target_is_directory=True)
    (site / "venice").symlink_to(Path(venice.__file__).parent, target_is_directory=True)
    return folder / "bin" / "python"


def run(python: Path, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "VENICE_API_KEY": "key"}
    return subprocess.run(
        [python, *arguments],
        cwd=folder,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_nothing_else_is_there(python: Path, tmp_path: Path) -> None:
    for name in ("django", "PIL", "gallery"):
        assert run(python, tmp_path, "-c", f"import {name}").returncode == 1


def test_the_client_runs(python: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from venice import Client, Generate\n"
        "with Client('key', sys.argv[1]) as client:\n"
        "    result = client.run(Generate(model='z-image-turbo', prompt='p', width=64, height=64))\n"
        "    print(result.images[0].format, len(client.models()), len(client.styles()))\n"
    )
    with Emulator() as emulator:
        done = run(python, tmp_path, "-c", code, emulator.url)

    assert done.stdout.split() == ["webp", "38", "76"], done.stderr


def test_the_command_line_runs(python: Path, tmp_path: Path) -> None:
    with Emulator() as emulator:
        done = run(
            python,
            tmp_path,
            *("-m", "venice", "generate", "a canal", "--width", "64", "--height", "64", "--out", "{seed}"),
            VENICE_BASE_URL=emulator.url,
        )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / done.stdout.strip()).read_bytes()[8:12] == b"WEBP"


def test_the_emulator_says_what_it_lacks(python: Path, tmp_path: Path) -> None:
    done = run(python, tmp_path, "-m", "venice.emulator")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "venice.emulator needs Pillow: pip install 'venice-gallery[emulator]'\n"
