"""Nothing outside `gallery/models/` writes the state of a generation, a lease, a pause, or what came of a call.

Read from the syntax trees, so that no way of writing escapes by its spelling: keywords of a query or a constructor, a
dictionary that goes into one, an attribute, `setattr`, and the names that `save` and `bulk_update` take.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = frozenset({"state", "token", "outcome", "paused_at"})
WRITERS = frozenset(
    {"update", "create", "acreate", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "save"}
)
MODELS = frozenset({"Generation", "Attempt"})
# The tables themselves, their history, and what fills a gallery with rows that no pipeline has ever made.
ALLOWED = ("gallery/models/", "gallery/migrations/", "gallery/synthetic/")


def writes(tree: ast.AST) -> Iterator[ast.expr]:
    """Each expression that writes one of the columns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            if node.attr in COLUMNS and not _is_self(node.value):
                yield node
        elif isinstance(node, ast.Call):
            yield from _written_by(node)


def _is_self(node: ast.expr) -> bool:
    """An object's own attribute is not a row: rows are classes of `gallery/models/`."""
    return isinstance(node, ast.Name) and node.id == "self"


def _written_by(call: ast.Call) -> Iterator[ast.expr]:
    name = _name(call.func)
    if name in ("setattr", "delattr"):
        yield from (argument for argument in call.args[1:2] if _is_column(argument))
    elif name in WRITERS or name in MODELS or name == "model":
        for keyword in call.keywords:
            if keyword.arg in COLUMNS:
                yield keyword.value
        inside = [*call.args, *(keyword.value for keyword in call.keywords)]
        for part in (node for argument in inside for node in ast.walk(argument)):
            yield from _columns_in(part)


def _columns_in(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Dict):
        yield from (key for key in node.keys if key is not None and _is_column(key))
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        yield from (element for element in node.elts if _is_column(element))
    elif isinstance(node, ast.Call) and _name(node.func) == "dict":
        yield from (keyword.value for keyword in node.keywords if keyword.arg in COLUMNS)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_column(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in COLUMNS


def unread_updates(tree: ast.AST) -> Iterator[ast.Call]:
    """Updates by a dictionary that was made elsewhere: what it writes cannot be read here."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and _name(node.func) == "update"
            and isinstance(node.func, ast.Attribute)
        ):
            spread = [keyword.value for keyword in node.keywords if keyword.arg is None]
            if any(isinstance(value, ast.Name | ast.Attribute) for value in spread):
                yield node


def sources() -> list[Path]:
    paths = [path.relative_to(ROOT) for path in sorted((ROOT / "gallery").rglob("*.py"))]
    return [path for path in paths if not str(path).startswith(ALLOWED)]


@pytest.mark.parametrize(
    "code",
    [
        'rows.update(state="done")',
        "rows.update(token=None, worker=None)",
        'rows.update(**{"state": "done"})',
        "rows.update(**dict(outcome=1))",
        'rows.update(**changes | {"token": None})',
        'Generation.objects.create(state="done")',
        'Generation(owner=alice, state="done")',
        'Attempt.objects.update_or_create(pk=1, defaults={"outcome": "ok"})',
        'generation.state = "done"',
        "generation.token: object = None",
        "attempt.outcome, other = 1, 2",
        "del generation.token",
        'setattr(generation, "state", "done")',
        'generation.save(update_fields=["state"])',
        'rows.bulk_update(found, ["token"])',
        'self.model(state="done")',
    ],
)
def test_each_way_of_writing_is_seen(code: str) -> None:
    assert list(writes(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        'rows.filter(state="done").update(seen=True)',
        'rows.exclude(outcome="ok").exists()',
        'row = {"state": "done"}',
        "self.state = state",
        "if generation.state == State.DONE: pass",
    ],
)
def test_reading_is_no_writing(code: str) -> None:
    assert not list(writes(ast.parse(code)))


def test_nothing_outside_the_models_writes_a_state() -> None:
    found = [
        f"{path}:{node.lineno}: {ast.unparse(node)}"
        for path in sources()
        for node in writes(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    ]
    assert found == []


def test_nothing_outside_the_models_updates_rows_by_what_cannot_be_read() -> None:
    assert list(unread_updates(ast.parse("rows.update(**changes)")))
    found = [
        f"{path}:{node.lineno}: {ast.unparse(node)}"
        for path in sources()
        for node in unread_updates(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    ]
    assert found == []
