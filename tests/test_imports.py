"""The import rules of docs/architecture.md, read from the syntax trees: nothing is run."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Every module that `path` imports, anywhere in it; `from a import b` yields both a and a.b."""
    return tuple(_imports_of(path))


def _imports_of(path: Path) -> Iterator[str]:
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(
                [*package[: len(package) + 1 - node.level], *([node.module] if node.module else [])]
            )
            start = base if node.level else node.module or ""
            yield start
            yield from (f"{start}.{alias.name}" for alias in node.names)


def offenders(pattern: str, *forbidden: str, but: tuple[str, ...] = ()) -> list[str]:
    found = []
    for path in sorted(ROOT.glob(pattern)):
        name = str(path.relative_to(ROOT))
        if name in but or "migrations" in name:
            continue
        for module in imports_of(path):
            if any(module == rule or module.startswith(f"{rule}.") for rule in forbidden):
                found.append(f"{name} imports {module}")
    return found


def test_the_reader_sees_imports() -> None:
    assert "gallery.models" in set(imports_of(ROOT / "gallery/access.py"))


def test_migrations_use_nothing_that_changes_after_them() -> None:
    # Django writes a manager's path. The words of prompts are those that today's search asks for.
    today = {"gallery.models.user", "gallery.search.document", "gallery.search.document.columns"}
    used = {
        module
        for path in ROOT.glob("gallery/migrations/*.py")
        for module in imports_of(path)
        if module.partition(".")[0] in ("gallery", "venice")
    }
    assert used == today


def test_venice_knows_nothing_of_the_site() -> None:
    assert offenders("venice/**/*.py", "django", "gallery") == []


def test_venice_does_not_import_its_emulator() -> None:
    own = tuple(str(path.relative_to(ROOT)) for path in (ROOT / "venice/emulator").rglob("*.py"))
    assert offenders("venice/**/*.py", "venice.emulator", "PIL", but=own) == []


@pytest.mark.parametrize("module", ["search/*", "pipeline/spool", "media/thumbnails"])
def test_pure_modules_import_no_models(module: str) -> None:
    assert offenders(f"gallery/{module}.py", "gallery.models") == []


def test_only_worker_and_catalog_talk_to_venice() -> None:
    # gates.py is handed the worker's client for its free probe.
    speakers = (
        "gallery/pipeline/worker.py",
        "gallery/pipeline/sender.py",
        "gallery/catalog.py",
        "gallery/pipeline/gates.py",
        "gallery/management/commands/work.py",
    )
    assert offenders("gallery/**/*.py", "venice.Client", "venice.client", "requests", but=speakers) == []


def test_views_never_import_the_worker() -> None:
    assert (
        offenders(
            "gallery/views/*.py",
            "gallery.pipeline.worker",
            "gallery.pipeline.sender",
            "gallery.pipeline.ingest",
            "gallery.pipeline.recovery",
        )
        == []
    )


def rooms() -> dict[str, set[str]]:
    """Which package or module of gallery imports which; also for types alone, and within functions."""
    own = {path.stem for path in (ROOT / "gallery").iterdir() if path.suffix in ("", ".py")}
    graph: dict[str, set[str]] = {}
    for path in (ROOT / "gallery").rglob("*.py"):
        room = path.relative_to(ROOT / "gallery").with_suffix("").parts[0]
        if room != "migrations":
            names = (module.split(".") for module in imports_of(path))
            imported = {name[1] for name in names if name[0] == "gallery" and len(name) > 1}
            graph.setdefault(room, set()).update(imported & own - {room})
    return graph


def modules(package: str) -> dict[str, set[str]]:
    """Which module of a package imports which; also for types alone, and within functions.

    A package of which no more than modules are taken is not itself what is imported.
    """
    paths = [path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]
    own = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
    }
    graph = {}
    for name, path in own.items():
        imported = (set(imports_of(path)) & own.keys()) - {name}
        inner = {module.rpartition(".")[0] for module in imported}
        graph[name] = {each for each in imported if own[each].stem != "__init__" or each not in inner}
    return graph


def reached(graph: dict[str, set[str]], start: str) -> set[str]:
    """All that `start` imports, directly or through others."""
    found: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        if (room := ahead.pop()) not in found:
            found.add(room)
            ahead += graph.get(room, ())
    return found


def test_no_two_packages_import_each_other() -> None:
    graph = rooms()
    beyond = {room: reached(graph, room) for room in graph}
    pairs = {(a, b) for a in graph for b in beyond[a] if a < b and a in beyond.get(b, ())}
    assert pairs == set()


@pytest.mark.parametrize("package", ["gallery", "venice"])
def test_no_two_modules_import_each_other(package: str) -> None:
    """Nor through others. Tables name each other as the rows do, which no order of modules takes apart."""
    graph = modules(package)
    assert graph.keys() >= {f"{package}.formats"}
    beyond = {module: reached(graph, module) for module in graph}
    circles = {module for module in graph if module in beyond[module]}
    assert {module for module in circles if not module.startswith("gallery.models.")} == set()


def test_nothing_imports_views_but_urls() -> None:
    views = tuple(str(path.relative_to(ROOT)) for path in (ROOT / "gallery/views").glob("*.py"))
    assert offenders("gallery/**/*.py", "gallery.views", but=("gallery/urls.py", *views)) == []


@pytest.mark.parametrize(
    "module",
    [
        "gallery/media/storage.py",
        "gallery/media/responses.py",
        "gallery/media/thumbnails.py",
        "gallery/pipeline/ingest.py",
    ],
)
def test_pillow_and_requests_are_imported_where_they_are_used(module: str) -> None:
    tree = ast.parse((ROOT / module).read_text())
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert not [node for node in top if "PIL" in ast.unparse(node) or "requests" in ast.unparse(node)]


def test_one_function_brings_text_into_a_normal_form() -> None:
    """`unicodedata.normalize` alone takes a minute for a megabyte of marks."""
    assert offenders("gallery/**/*.py", "unicodedata", but=("gallery/text.py",)) == []
    assert offenders("venice/**/*.py", "unicodedata") == []
