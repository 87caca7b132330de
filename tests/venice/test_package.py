"""The package as a whole: cheap to import, independent, usable as a command."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import venice
from tests.venice.conftest import KEY, PNG, Script, answer, image_body

PACKAGE = Path(venice.__file__).parent


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=PACKAGE.parent,
        env={**os.environ, **environment},
    )


def test_importing_it_is_cheap() -> None:
    code = (
        "import sys, venice; venice.Client; venice.bundled_models(); venice.price; venice.read_result;"
        "venice.Edit(image='https://example.org/a.png', prompt='p').payload(); venice.Balance;"
    )
    done = _run(
        "-c",
        code + "print([name for name in ('django', 'PIL', 'requests', 'urllib3') if name in sys.modules])",
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_every_public_name_is_there() -> None:
    for name in dir(venice):
        assert getattr(venice, name) is not None
    with pytest.raises(AttributeError):
        venice.nonsense  # noqa: B018


def test_it_imports_neither_django_nor_the_site_nor_the_emulator() -> None:
    for path in [*PACKAGE.glob("*.py"), *PACKAGE.glob("operations/*.py"), *PACKAGE.glob("cli/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                assert name.split(".")[0] not in ("django", "gallery", "PIL"), path
                assert not name.startswith("venice.emulator"), path


def test_it_generates_from_the_command_line(script: Script, tmp_path: Path) -> None:
    script.plays(answer(image_body(PNG, PNG)))
    arguments = [
        "-m",
        "venice",
        "generate",
        "a gondola",
        "--out",
        str(tmp_path / "g"),
        "--seed",
        "7",
        "--variants",
        "2",
    ]
    done = _run(*arguments, VENICE_API_KEY=KEY, VENICE_BASE_URL=script.url)

    assert done.returncode == 0, done.stderr
    assert script.body["seed"] == 7
    assert [Path(line).read_bytes() for line in done.stdout.splitlines()] == [PNG, PNG]
    _run(*arguments, VENICE_API_KEY=KEY, VENICE_BASE_URL=script.url)
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["generate"], 2),
        (["generate", ""], 2),
        (["generate", "p", "--width", "1001"], 2),
        (["generate", "p", "--out", "/nowhere/at/all"], 2),
        (["nonsense"], 2),
        (["generate", "p"], 5),
    ],
)
def test_a_command_that_fails_says_so_in_one_line(script: Script, arguments: list[str], status: int) -> None:
    script.plays(answer(b'{"error":"Authentication failed"}', 401))
    done = _run("-m", "venice", *arguments, VENICE_API_KEY=KEY, VENICE_BASE_URL=script.url)
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert KEY not in done.stderr + done.stdout
    assert len(script.requests) == (1 if status == 5 else 0)
