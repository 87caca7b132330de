"""The wheel: the client with `requests` alone, its command, and nothing of the site."""

import os
import shutil
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import BytesParser
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import venice

ROOT = Path(venice.__file__).parents[1]


def _has_builder() -> bool:
    try:
        return int(version("setuptools").partition(".")[0]) >= 77
    except PackageNotFoundError:
        return False


pytestmark = pytest.mark.skipif(not _has_builder(), reason="needs setuptools 77 or newer: make install")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in ("venice", "gallery"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    code = "from setuptools.build_meta import build_wheel; build_wheel('out')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (built,) = (folder / "out").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return BytesParser().parsebytes(archive.read(name))


def test_it_needs_requests_and_nothing_else(metadata: Message) -> None:
    needed = metadata.get_all("Requires-Dist", [])
    assert [entry for entry in needed if "extra ==" not in entry] == ["requests>=2.32"]
    assert {"gallery", "emulator", "postgres", "s3"} <= set(metadata.get_all("Provides-Extra", []))
    assert any(entry.startswith("django<") and "gallery" in entry for entry in needed)
    assert metadata["Version"] == venice.__version__


def test_it_holds_the_client_whole_and_nothing_of_the_site(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    ours = {str(path.relative_to(ROOT)) for path in (ROOT / "venice").rglob("*.py")}
    ours |= {str(path.relative_to(ROOT)) for path in (ROOT / "venice" / "data").glob("*.json")}
    assert names == ours | {"venice/py.typed"}


def test_its_command_runs(wheel: Path, tmp_path: Path) -> None:
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(tmp_path),
    ]
    done = subprocess.run([*install, str(wheel)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    for command in ([str(tmp_path / "bin" / "venice")], [sys.executable, "-m", "venice"]):
        done = subprocess.run(
            [*command, "--version"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, f"venice {venice.__version__}\n"), done.stderr
