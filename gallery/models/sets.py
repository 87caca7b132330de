"""Many pictures in one statement: links to them, the sums of their marks, the covers of their stacks."""

# ruff: noqa: S608 - the SQL is made of names of our own tables and columns
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Case, IntegerField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.lookups import GreaterThan

#: Pictures of one transaction: it holds others up for less than a fifth of a second, on a slow machine as well.
PORTION = 500

# What is rated starts as if so many had given so much: a single 5 does not top ten times 4.
PRIOR_RATINGS, PRIOR_RATING = 2, 3

_DRAWN = f"({1000 * PRIOR_RATINGS * PRIOR_RATING} + 1000 * told.given) / ({PRIOR_RATINGS} + told.ratings)"
_SCORE = f"CASE WHEN told.ratings > 0 THEN {_DRAWN} ELSE 0 END"
_SUMMING = f"""
    UPDATE gallery_image SET favourite_count = told.favourites, rating_count = told.ratings, rating_sum = told.given,
        score = {_SCORE}
    FROM (
        SELECT chosen.id, count(CASE WHEN m.is_favourite THEN 1 END) AS favourites,
            count(CASE WHEN m.rating > 0 THEN 1 END) AS ratings, coalesce(sum(m.rating), 0) AS given
        FROM {{rows}} AS chosen LEFT JOIN gallery_mark m ON m.image_id = chosen.id GROUP BY chosen.id
    ) AS told
    WHERE gallery_image.id = told.id AND (gallery_image.favourite_count <> told.favourites
        OR gallery_image.rating_count <> told.ratings OR gallery_image.rating_sum <> told.given
        OR gallery_image.score <> {_SCORE})
"""
_LIKING = """
    UPDATE gallery_image SET favourite_count = told.favourites
    FROM (
        SELECT chosen.id, count(CASE WHEN m.is_favourite THEN 1 END) AS favourites
        FROM {rows} AS chosen LEFT JOIN gallery_mark m ON m.image_id = chosen.id GROUP BY chosen.id
    ) AS told
    WHERE gallery_image.id = told.id AND gallery_image.favourite_count <> told.favourites
"""
# A count that was wrong before is mended by the integrity check, and keeps nobody from throwing away: it stops at 0.
_COUNTING = f"""
    UPDATE gallery_prompt SET picture_count = told.pictures, rating_count = told.ratings, rating_sum = told.given,
        score = {_SCORE}
    FROM (
        SELECT p.id, {{most}}(p.picture_count + more.pictures, 0) AS pictures,
            {{most}}(p.rating_count + more.ratings, 0) AS ratings, {{most}}(p.rating_sum + more.given, 0) AS given
        FROM {{rows}} AS more JOIN gallery_prompt p ON p.id = more.id
    ) AS told
    WHERE gallery_prompt.id = told.id
"""
_SETTLING = """
    UPDATE gallery_image SET is_cover = shown.rank = 1, stack_size = shown.size, trashed_at = NULL,
        trashed_by_id = NULL
    FROM (
        SELECT i.id, row_number() OVER (PARTITION BY i.generation_id ORDER BY i.attempt_id, i."index") AS rank,
            count(*) OVER (PARTITION BY i.attempt_id) AS size
        FROM gallery_image i
        WHERE i.generation_id IN (SELECT id FROM {generations} AS told)
            AND (i.trashed_at IS NULL OR i.id IN (SELECT id FROM {restored} AS back))
    ) AS shown
    WHERE gallery_image.id = shown.id AND (gallery_image.trashed_at IS NOT NULL
        OR gallery_image.is_cover <> (shown.rank = 1) OR gallery_image.stack_size <> shown.size)
"""


def score(ratings: Any, given: Any) -> Case:
    """What SQL writes as `score`, as an expression: of so many ratings that together gave so much; 0 without one."""
    drawn = (Value(1000 * PRIOR_RATINGS * PRIOR_RATING) + 1000 * given) / (Value(PRIOR_RATINGS) + ratings)
    return Case(When(GreaterThan(ratings, 0), then=drawn), default=Value(0), output_field=IntegerField())


def written(ids: Iterable[int]) -> str:
    """Ids as the JSON that `IdsWritten` takes."""
    return json.dumps(list(ids))


class IdsWritten(RawSQL):
    """Ids as a subquery whose one parameter is their JSON, so that the SQL can be kept."""

    def __init__(self, ids: str) -> None:
        super().__init__("SELECT value FROM json_each(%s)", [ids])

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "(SELECT value::bigint FROM json_array_elements_text(%s::json))", self.params


class Ids(IdsWritten):
    """Ids as a subquery with one parameter: Django would look at each of hundreds, several times."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.ids = list(ids)
        super().__init__(written(self.ids))

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "(SELECT unnest(%s::bigint[]))", [self.ids]


def numbered(ids: Sequence[int], vendor: str) -> tuple[str, Any]:
    """SQL of a table with the columns `id` and `place` (from 0), and its one parameter."""
    if vendor == "sqlite":
        return "(SELECT value AS id, key AS place FROM json_each(%s))", json.dumps(list(ids))
    rows = "(SELECT id, place - 1 AS place FROM unnest(%s::bigint[]) WITH ORDINALITY AS t(id, place))"
    return rows, list(ids)


def link(
    table: type[models.Model],
    ids: Sequence[int],
    values: Mapping[str, Any],
    *,
    stepped: Mapping[str, tuple[int, int]] | None = None,
    changed: Sequence[str] = (),
    unique: Sequence[str] = (),
) -> int:
    """Rows of `table`, which has a column `image`, for each of `ids`; returns how many are new or changed.

    `values` by the names of the fields. `stepped` are fields that grow along `ids`: the first value and the step.
    A row that is there already stays, but for the fields of `changed`, when any of them but the last differs; what
    makes it the same row is `unique`.
    """
    connection = connections[router.db_for_write(table)]
    meta, quote = table._meta, connection.ops.quote_name
    name = quote(meta.db_table)
    fields = {field.name: field for field in meta.concrete_fields}
    column = {name: quote(str(field.column)) for name, field in fields.items()}
    given = [fields[each].get_db_prep_save(_plain(value), connection) for each, value in values.items()]
    stepped = stepped or {}
    columns = ", ".join(column[each] for each in ("image", *values, *stepped))
    rising = "".join(f", {int(first)} + {int(step)} * chosen.place" for first, step in stepped.values())
    rows, parameter = numbered(ids, connection.vendor)
    conflict = "ON CONFLICT DO NOTHING"
    if changed:
        pairs = ", ".join(f"{column[each]} = excluded.{column[each]}" for each in changed)
        differs = " OR ".join(f"{name}.{column[each]} <> excluded.{column[each]}" for each in changed[:-1])
        target = ", ".join(column[each] for each in unique)
        conflict = f"ON CONFLICT ({target}) DO UPDATE SET {pairs} WHERE {differs}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {name} ({columns}) SELECT chosen.id{', %s' * len(given)}{rising} FROM {rows} AS chosen "
            f"WHERE true ORDER BY chosen.id {conflict}",
            [*given, parameter],
        )
        return int(cursor.rowcount)


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value


def sum_marks(ids: Sequence[int], connection: BaseDatabaseWrapper) -> int:
    """Write on these pictures what all members' marks say of them; returns how many said something else."""
    rows, parameter = numbered(ids, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(_SUMMING.format(rows=rows), [parameter])
        return int(cursor.rowcount)


def sum_favourites(ids: Sequence[int], connection: BaseDatabaseWrapper) -> int:
    """The same of favourites alone, which no list of prompts tells."""
    rows, parameter = numbered(ids, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(_LIKING.format(rows=rows), [parameter])
        return int(cursor.rowcount)


def count_in_prompts(more: Mapping[int, tuple[int, int, int]], connection: BaseDatabaseWrapper) -> None:
    """So many more pictures, ratings and stars for each of these prompts, by id; their rows are locked."""
    changes = [(pk, *counts) for pk, counts in more.items()]
    if connection.vendor == "sqlite":
        names = ("id", "pictures", "ratings", "given")
        columns = ", ".join(
            f"json_extract(value, '$[{index}]') AS {name}" for index, name in enumerate(names)
        )
        rows, parameters, most = f"(SELECT {columns} FROM json_each(%s))", [json.dumps(changes)], "max"
    else:
        rows = "(SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])"
        rows += " AS t(id, pictures, ratings, given))"
        parameters, most = [list(column) for column in zip(*changes, strict=True)], "greatest"  # type: ignore[misc]
    with connection.cursor() as cursor:
        cursor.execute(_COUNTING.format(rows=rows, most=most), parameters)


def settle_stacks(
    generations: Sequence[int], restored: Sequence[int], connection: BaseDatabaseWrapper
) -> None:
    """Covers and counts of the stacks of these generations; the pictures `restored` leave the trash meanwhile."""
    of, first = numbered(generations, connection.vendor)
    back, second = numbered(restored, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(_SETTLING.format(generations=of, restored=back), [first, second])
