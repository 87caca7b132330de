"""The pictures that come from one picture, at any depth: made from it, re-run, or with it as one of several inputs."""

from typing import Any

from django.db.models.expressions import RawSQL

# A generation comes from its origin, and from each picture that it starts from. Both are seeks by an index for each
# picture; the databases differ in how one says so. A circle ends by itself; a million would not within anybody's
# patience, so that no more than 50 000 are looked for.
_FIRST = """
    WITH RECURSIVE descendant(id) AS (
        SELECT i.id FROM gallery_generation g JOIN gallery_image i ON i.generation_id = g.id WHERE g.origin_id = %s
        UNION
        SELECT i.id FROM gallery_input n JOIN gallery_image i ON i.generation_id = n.generation_id WHERE n.image_id = %s
        UNION
"""
_SQLITE = """
        SELECT i.id FROM descendant d CROSS JOIN gallery_generation g CROSS JOIN gallery_image i
        WHERE g.origin_id = d.id AND i.generation_id = g.id
        UNION
        SELECT i.id FROM descendant d CROSS JOIN gallery_input n CROSS JOIN gallery_image i
        WHERE n.image_id = d.id AND i.generation_id = n.generation_id)
    SELECT id FROM descendant LIMIT 50000
"""
_POSTGRESQL = """
        SELECT i.id FROM descendant d CROSS JOIN LATERAL (
            SELECT g.id FROM gallery_generation g WHERE g.origin_id = d.id
            UNION ALL SELECT n.generation_id FROM gallery_input n WHERE n.image_id = d.id
        ) made JOIN gallery_image i ON i.generation_id = made.id)
    SELECT id FROM descendant LIMIT 50000
"""


class Descendants(RawSQL):
    """Their ids, as a subquery."""

    def __init__(self, pk: int) -> None:
        super().__init__(_FIRST + _SQLITE, [pk, pk])

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """The same for PostgreSQL, which takes one recursive term."""
        return f"({_FIRST}{_POSTGRESQL})", self.params
