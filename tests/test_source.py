"""What holds for every source file: lines that a diff can show, views at a glance, and what a generator writes."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks import ratios

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 120
LONGEST_VIEW = 30
KINDS = (".py", ".html", ".jinja", ".css", ".js")
# Participles that say how a value came here, and not what it is: a match, a row, an index, a message, a hold.
VAGUE = {"found", "told", "known", "held", "mine", "standing"}
ALLOWED = {"not_found": "what HTTP calls 404"}


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


def test_no_view_is_longer_than_one_reads_at_once() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}: {length}"
        for path in sorted((ROOT / "gallery/views").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_VIEW
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


def names_given(source: str) -> Iterator[str]:
    """Of functions, classes, arguments, variables and attributes, where the source gives them."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name
            case (
                ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name))
            ):
                yield name


def words_of(name: str) -> set[str]:
    """`held_until`, `heldUntil` and `HELD_UNTIL` are of the same two."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_names_say_what_a_value_is() -> None:
    """Not that it was found, told or known: those names fit any value, and so tell of none."""
    code = [
        path
        for path in sources()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ("gallery", "venice")
    ]
    vague = {
        (name, str(path.relative_to(ROOT)))
        for path in code
        for name in names_given(path.read_text(encoding="utf-8"))
        if words_of(name) & VAGUE
    }
    assert sorted(each for each in vague if each[0] not in ALLOWED) == []
    # Nothing is allowed that is not there.
    assert {name for name, _ in vague} == ALLOWED.keys()


# What is told to nobody but as an example.
EXAMPLES_OF_WORDS = {
    "gallery/synthetic/recipes.py": "all of it is pretend",
    "gallery/views/account.py": "what a pattern of names makes of a picture",
}


def constant_prompts(path: Path) -> list[int]:
    """The lines in which something is given a prompt that nobody has written."""
    lines = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        pairs: list[tuple[object, ast.expr]] = []
        if isinstance(node, ast.Call):
            pairs = [(each.arg, each.value) for each in node.keywords]
        elif isinstance(node, ast.Dict):
            names = (each.value if isinstance(each, ast.Constant) else None for each in node.keys)
            pairs = list(zip(names, node.values, strict=True))
        lines += [
            value.lineno
            for name, value in pairs
            if name == "prompt" and isinstance(value, ast.Constant) and value.value
        ]
    return lines


def test_nothing_is_asked_for_with_words_that_nobody_wrote() -> None:
    """A price and a check take what they need; a request that is only pretended might be sent one day."""
    found = [
        name
        for path in sources()
        if path.suffix == ".py" and (name := str(path.relative_to(ROOT))).startswith(("gallery/", "venice/"))
        if constant_prompts(path)
    ]
    assert sorted(found) == sorted(EXAMPLES_OF_WORDS)
