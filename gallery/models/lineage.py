"""What was made from what, however deep: the requests before one, and those after it, by one query each way.

A request comes after those whose pictures it was re-run from or starts from, and after the one that it is run again of.
Both databases find the nearest first, each request once, and stop as soon as there are enough: no circle is endless.
"""

from collections.abc import Collection

from django.db import connection

# Each a way from the request `found.id` to others: what is read, from where, and by which columns.
_BEFORE = (
    (
        "i.generation_id",
        "gallery_generation g CROSS JOIN gallery_image i",
        "g.id = found.id AND i.id = g.origin_id",
    ),
    (
        "i.generation_id",
        "gallery_input n CROSS JOIN gallery_image i",
        "n.generation_id = found.id AND i.id = n.image_id",
    ),
    ("g.run_again_of_id", "gallery_generation g", "g.id = found.id AND g.run_again_of_id IS NOT NULL"),
)
_AFTER = (
    (
        "g.id",
        "gallery_image i CROSS JOIN gallery_generation g",
        "i.generation_id = found.id AND g.origin_id = i.id",
    ),
    (
        "n.generation_id",
        "gallery_image i CROSS JOIN gallery_input n",
        "i.generation_id = found.id AND n.image_id = i.id",
    ),
    ("g.id", "gallery_generation g", "g.run_again_of_id = found.id"),
)


def before(ids: Collection[int], limit: int) -> list[int]:
    """The requests that these were made from, and so on: the nearest `limit` of them, these left out."""
    return _walk(_BEFORE, ids, limit)


def after(ids: Collection[int], limit: int) -> list[int]:
    """The requests that were made from these, and so on: the nearest `limit` of them, these left out."""
    return _walk(_AFTER, ids, limit)


def made_from(image: int, limit: int) -> list[int]:
    """The requests that were re-run from this picture or start from it themselves, the newest `limit` first."""
    sql = """
        SELECT id FROM (SELECT id FROM gallery_generation WHERE origin_id = %s ORDER BY id DESC LIMIT %s) reruns
        UNION SELECT id FROM (SELECT generation_id AS id FROM gallery_input WHERE image_id = %s
        ORDER BY generation_id DESC LIMIT %s) starts
        ORDER BY id DESC LIMIT %s
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [image, limit, image, limit, limit])
        return [pk for (pk,) in cursor.fetchall()]


def _walk(steps: tuple[tuple[str, str, str], ...], ids: Collection[int], limit: int) -> list[int]:
    if not ids:
        return []
    start = ", ".join(["%s"] * len(ids))
    # All of it is made of constants; the ids travel as parameters.
    sql = f"""
        WITH RECURSIVE found(id) AS (
            SELECT id FROM gallery_generation WHERE id IN ({start})
            UNION {_recursion(steps)})
        SELECT id FROM found LIMIT %s
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [*ids, limit + len(ids)])
        reached = [pk for (pk,) in cursor.fetchall()]
    return [pk for pk in reached if pk not in ids][:limit]


def _recursion(steps: tuple[tuple[str, str, str], ...]) -> str:
    """SQLite takes a step after another, PostgreSQL one alone, which may look at what stands before it."""
    if connection.vendor == "sqlite":
        return " UNION ".join(
            f"SELECT {read} FROM found CROSS JOIN {tables} WHERE {where}"  # noqa: S608 - constants
            for read, tables, where in steps
        )
    ways = " UNION ALL ".join(
        f"SELECT {read} FROM {tables} WHERE {where}"  # noqa: S608 - constants
        for read, tables, where in steps
    )
    return f"SELECT way.id FROM found CROSS JOIN LATERAL ({ways}) way(id)"  # noqa: S608 - constants
