"""Who may do what is decided in gallery/access.py: nothing else asks whether somebody is staff, or whose a row is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
STAFF = {"is_staff", "is_superuser"}
PEOPLE = {"owner", "user", "created_by", "requested_by"}
ASKED = {"has_perm", "has_perms", "has_module_perms"}
#: Which places look at it for themselves, and why.
THEIR_OWN = {
    "gallery/access.py": "it decides",
    "gallery/accounts.py": "how long staff stay signed in",
    "gallery/admin/": "Django asks each of its classes; what is there beside staff's is superusers'",
}


def decisions(source: str) -> Iterator[ast.expr]:
    """Where `source` asks for somebody's rights, or compares whose a row is; conditions of queries do neither."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr in STAFF | ASKED:
            yield node
        if isinstance(node, ast.Compare):
            sides = [side for side in (node.left, *node.comparators) if isinstance(side, ast.Attribute)]
            if any(side.attr.removesuffix("_id") in PEOPLE for side in sides):
                yield node


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("if user.is_staff or row.owner_id == user.pk: pass", 2),
        ("mine = [row for row in rows if request.user != row.owner]", 1),
        ("request.user.has_perm('gallery.delete_image')", 1),
        ("rows.filter(owner=user, owner__is_staff=True)", 0),
        ("person.is_staff = row.owner = None", 0),
    ],
)
def test_the_reader_sees_decisions(source: str, count: int) -> None:
    assert len(list(decisions(source))) == count


def test_nothing_else_decides_who_may_change_what() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for path in (ROOT / "gallery").rglob("*.py")
        for node in decisions(path.read_text(encoding="utf-8"))
    }
    assert [line for line in sorted(found) if not line.startswith(tuple(THEIR_OWN))] == []
    assert [place for place in THEIR_OWN if not any(line.startswith(place) for line in found)] == []


def test_no_template_decides_who_may_change_what() -> None:
    """Staff alone are shown the ways to the admin; whose something is to change, access.py is asked."""
    templates = ROOT / "templates"
    said = [
        f"{path.relative_to(templates)}: {line.strip()}"
        for path in templates.rglob("*.*")
        for line in path.read_text().splitlines()
        if re.search(r"\b(is_staff|is_superuser) or\b|\bor user\.(is_staff|is_superuser)\b", line)
    ]
    assert said == []
