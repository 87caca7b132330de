"""What the command reads and writes beside files: closed pipes, other encodings, `-` for stdin and stdout."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.venice.test_command_line import KEY, TINY, emulator, photo, size, surroundings
from venice.emulator import Emulator

__all__ = ["emulator", "photo"]


def closed_pipe() -> int:
    """The writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def start(
    emulator: Emulator, folder: Path, *arguments: str, stdout: int, stderr: int = subprocess.PIPE, **more: str
) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "venice", *arguments],
        cwd=folder,
        env=surroundings(emulator) | more,
        stdout=stdout,
        stderr=stderr,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr or ""


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("generate", "a canal [[fault:401]]", *TINY, "--json"), 5),
        (("generate", "a canal [[fault:504]]", *TINY, "--json"), 8),
        (("generate", "", "--json"), 2),
        (("generate", "a canal", *TINY), 0),
        (("generate", "a canal", *TINY, "--json"), 0),
        (("generate", "a canal [[fault:violation]]", *TINY, "--json"), 9),
        (("models",), 0),
        (("styles", "--json"), 0),
        (("--help",), 0),
        (("--version",), 0),
    ],
)
def test_who_has_seen_enough_of_stdout_changes_no_status(
    emulator: Emulator, tmp_path: Path, arguments: tuple[str, ...], status: int
) -> None:
    pipe = closed_pipe()
    try:
        code, printed = start(emulator, tmp_path, *arguments, stdout=pipe)
    finally:
        os.close(pipe)
    assert (code, "Traceback" in printed, "BrokenPipe" in printed) == (status, False, False), printed


def test_who_has_seen_enough_of_stderr_loses_no_picture(emulator: Emulator, tmp_path: Path) -> None:
    pipe = closed_pipe()
    try:
        code, _ = start(
            emulator, tmp_path, "generate", "a canal", *TINY, stdout=subprocess.DEVNULL, stderr=pipe
        )
    finally:
        os.close(pipe)
    assert code == 0
    assert size(tmp_path / "image.webp") == (64, 64)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("fault", ["", "[[fault:401]]"])
def test_a_full_disk_behind_stdout_is_said(emulator: Emulator, tmp_path: Path, fault: str) -> None:
    with open("/dev/full", "w") as full:
        code, printed = start(
            emulator, tmp_path, "generate", f"a {fault}", *TINY, "--json", stdout=full.fileno()
        )
    assert code != 0
    assert "No space left" in printed
    assert "Traceback" not in printed


@pytest.mark.one_in(3)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize(("fault", "status"), [("", 0), ("[[fault:violation]]", 9), ("[[fault:400]]", 4)])
def test_streams_in_any_encoding_tell_what_was_paid(
    emulator: Emulator, tmp_path: Path, encoding: str, fault: str, status: int
) -> None:
    out = "ö-дом-{seed}.webp"
    arguments = ("generate", f"a canal {fault}", *TINY, "--seed", "7", "--out", out)
    plain = fed(emulator, tmp_path, *arguments, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    done = fed(emulator, tmp_path, *arguments, "--json", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    result = json.loads(done.stdout.decode(encoding))
    assert (plain.returncode, done.returncode) == (status, status), done.stderr
    assert b"Traceback" not in plain.stderr + done.stderr
    assert result["seed"] == 7
    if not fault:
        assert result["files"] == ["ö-дом-7.1.webp"]
        assert size(tmp_path / result["files"][0])
        assert plain.stdout.strip() == "ö-дом-7.webp".encode(encoding, "backslashreplace")


def fed(
    emulator: Emulator, folder: Path, *arguments: str, given: bytes = b"", **more: str
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "venice", *arguments],
        cwd=folder,
        env=surroundings(emulator) | more,
        input=given,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_a_prompt_from_stdin(emulator: Emulator, tmp_path: Path) -> None:
    done = fed(
        emulator, tmp_path, "generate", "-", *TINY, "--dry-run", given="ein Kanal\nbei Nacht, ö\r\n".encode()
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["request"]["prompt"] == "ein Kanal\nbei Nacht, ö"
    done = fed(emulator, tmp_path, "generate", "-", *TINY, given=b"a canal\n")
    assert done.returncode == 0, done.stderr
    assert len(emulator.ledger()) == 1


@pytest.mark.parametrize("given", [b"", b"\n", b"\xff\xfe", b"x" * 200_000])
def test_no_prompt_in_stdin_costs_nothing(emulator: Emulator, tmp_path: Path, given: bytes) -> None:
    done = fed(emulator, tmp_path, "generate", "-", given=given)
    assert done.returncode == 2, done.stderr
    assert b"prompt" in done.stderr or b"stdin" in done.stderr
    assert emulator.ledger() == []


def test_images_from_stdin_and_to_stdout(emulator: Emulator, tmp_path: Path, photo: Path) -> None:
    picture = photo.read_bytes()
    large = fed(emulator, tmp_path, "upscale", "-", "--out", "-", given=picture)
    edit = fed(emulator, tmp_path, "edit", "make it night", "--image", "-", "--out", "-", given=picture)
    for done in (large, edit):
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "a canal", "--out", "-", "--variants", "2"),
        ("generate", "a canal", "--out", "-", "--json"),
        ("edit", "-", "--image", "-"),
        ("edit", "join", "--image", "-", "--image", "-"),
    ],
)
def test_what_a_stream_cannot_do_costs_nothing(
    emulator: Emulator, tmp_path: Path, photo: Path, arguments: tuple[str, ...]
) -> None:
    done = fed(emulator, tmp_path, *arguments, given=photo.read_bytes())
    assert done.returncode == 2, done.stderr
    assert emulator.ledger() == []


def test_an_image_that_stdout_does_not_take_is_saved(emulator: Emulator, tmp_path: Path) -> None:
    pipe = closed_pipe()
    try:
        code, printed = start(emulator, tmp_path, "generate", "a canal", *TINY, "--out", "-", stdout=pipe)
    finally:
        os.close(pipe)
    assert code == 0, printed
    assert size(tmp_path / "image.webp") == (64, 64)
    assert KEY not in printed
