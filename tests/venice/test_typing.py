"""The package's types are of use to others: a file that uses every public name passes mypy's strictest."""

import ast
import subprocess
import sys
from pathlib import Path

import venice

FILE = Path(__file__).with_name("typing_of_public_names.py")


def test_every_public_name_is_used() -> None:
    tree = ast.parse(FILE.read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "venice"
    }
    assert used == set(venice.PUBLIC_NAMES)


def test_a_type_checker_sees_the_names_that_are_loaded_when_used() -> None:
    """Without the block for type checkers a name would count as Any, and nothing would complain."""
    tree = ast.parse(Path(venice.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    imported = {
        (alias.asname, node.module)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == {(name, f"venice.{module}") for name, module in venice._HOME.items()}


def test_mypy_accepts_it(tmp_path: Path) -> None:
    arguments = [
        "--strict",
        "--config-file=",
        f"--cache-dir={tmp_path}",
        "--follow-imports=silent",
        str(FILE),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=FILE.parent.parent.parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr
