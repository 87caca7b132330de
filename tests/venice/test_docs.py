"""docs/venice-client.md: every example runs, and the table of fields is that of the code and of the catalogue.

`python -m tests.venice.test_docs` prints the table.
"""

import dataclasses
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.venice.emulator.conftest import drawn
from venice import (
    Edit,
    Generate,
    Model,
    MultiEdit,
    OpenAIGenerate,
    RemoveBackground,
    Upscale,
    VeniceError,
    bundled_models,
    cli,
    errors,
)
from venice.emulator import Emulator
from venice.operations import PARAMETER

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "venice-client.md").read_text(encoding="utf-8")
KEY = "VENICE_ADMIN_KEY_docs"
SCRIPTS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]

Test = Callable[[Model], object]
TAKERS: dict[type, Test] = {
    Generate: lambda model: model.takes_generate,
    OpenAIGenerate: lambda model: model.takes_generate,
    Edit: lambda model: model.takes_edit,
    MultiEdit: lambda model: model.takes_edit,
    Upscale: lambda model: model.takes_upscale,
    RemoveBackground: lambda model: model.takes_background_removal,
}
# Who takes a field, where that is not everyone and no line of the table of parameters tells it.
LIMITED: dict[str, Test] = {
    "seed": lambda model: model.uses_seed,
    "style_references": lambda model: model.supports_style_references,
}


def _takes(name: str, model: Model) -> bool:
    if limited := LIMITED.get(name):
        return bool(limited(model))
    return name not in PARAMETER or PARAMETER[name].taken_by(model)


def table() -> str:
    """Markdown: a row for each field of each operation, with the models that take it."""
    lines = ["| Operation | Field | Models |", "|---|---|---|"]
    for operation, takes in TAKERS.items():
        models = [model for model in bundled_models() if takes(model)]
        plain = []
        for field in dataclasses.fields(operation):
            is_other = operation is OpenAIGenerate
            takers = [model.id for model in models if is_other or _takes(field.name, model)]
            if field.name in ("strict", "extra"):
                continue
            if len(takers) == len(models):
                plain.append(f"`{field.name}`")
            else:
                lines.append(f"| `{operation.__name__}` | `{field.name}` | {_named(takers, models)} |")
        lines.append(f"| `{operation.__name__}` | {', '.join(plain)} | all {len(models)} |")
    return "\n".join(lines) + "\n"


def _named(takers: list[str], models: list[Model]) -> str:
    if not takers:
        return "none of today's"
    others = [model.id for model in models if model.id not in takers]
    if len(others) < len(takers):
        return f"all but {', '.join(f'`{name}`' for name in others)}"
    return ", ".join(f"`{name}`" for name in takers)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(rate_limit=1000) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("photo.png", "night.png"):
        (tmp_path / name).write_bytes(drawn(320, 256))
    return tmp_path


def run(folder: Path, emulator: Emulator, *arguments: str) -> None:
    surroundings = {"VENICE_API_KEY": KEY, "VENICE_BASE_URL": emulator.url, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env=os.environ | surroundings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.one_in(2)
@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_every_script_runs(folder: Path, emulator: Emulator, number: int) -> None:
    ours = 'Client(os.environ["VENICE_API_KEY"], os.environ["VENICE_BASE_URL"])'
    (folder / "example.py").write_text(SCRIPTS[number].replace('Client(os.environ["VENICE_API_KEY"])', ours))
    run(folder, emulator, "example.py")


@pytest.mark.one_in(3)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(folder: Path, emulator: Emulator, command: str) -> None:
    words = shlex.split(command)
    assert words[0] == "python"
    run(folder, emulator, *words[1:])


def test_the_table_is_that_of_the_code() -> None:
    assert table() in PAGE


def test_every_error_is_in_the_page() -> None:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, VeniceError)
    ]
    missing = {kind.__name__ for kind in kinds} - set(re.findall(r"`(\w+)`", PAGE))
    assert missing == {"VeniceError", "CatalogError"}


def test_exit_statuses_are_those_that_help_tells() -> None:
    told = " ".join(PAGE.partition("Exit status: ")[2].partition(".\n")[0].split())
    assert told == " ".join(cli._EPILOG.partition("exit status: ")[2].split())


if __name__ == "__main__":
    sys.stdout.write(table())
