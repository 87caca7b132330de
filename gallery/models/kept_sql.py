"""Queries that every page asks: Django writes their SQL once, which takes longer than the database takes to answer."""

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, QuerySet

# Numbers that nobody asks for: where one of them comes out, a value of the caller goes in.
_PLACES = tuple(range(-(2**53) - 8, -(2**53)))


class _Statement(NamedTuple):
    """Text and parameters, numbers of `_PLACES` among them, and what each column is."""

    sql: str
    parameters: tuple[Any, ...]
    columns: tuple[Expression, ...]


_kept: dict[Hashable, _Statement] = {}


def ask(name: Hashable, write: Callable[..., QuerySet[Any, Any]], *values: int) -> list[tuple[Any, ...]]:
    """The rows of `write(*values)`, a `values_list`, whose SQL is kept under `name`.

    Only for a query of which nothing but these numbers ever changes: whatever else decides about its text belongs to
    its name.
    """
    statement = _kept.get((connection.vendor, name))
    if statement is None:
        statement = _kept[connection.vendor, name] = _written(write(*_PLACES[: len(values)]), len(values))
    given = dict(zip(_PLACES, values, strict=False))
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, [given.get(each, each) for each in statement.parameters])
        rows = cursor.fetchall()
    return _converted(rows, statement.columns)


def _written(rows: QuerySet[Any, Any], values: int) -> _Statement:
    compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
    sql, parameters = compiler.as_sql()
    if missing := set(_PLACES[:values]) - set(parameters):
        raise ValueError(f"{len(missing)} of {values} values are not asked for: {sql}")
    return _Statement(sql, parameters, tuple(column for column, _, _ in compiler.select))


def _converted(rows: list[tuple[Any, ...]], columns: tuple[Expression, ...]) -> list[tuple[Any, ...]]:
    """As querysets give them: SQLite, for one, knows neither moments nor truth."""
    conversions = [
        (place, column, convert)
        for place, column in enumerate(columns)
        for convert in (*connection.ops.get_db_converters(column), *column.get_db_converters(connection))
    ]
    if not conversions:
        return rows
    changed = [list(row) for row in rows]
    for place, column, convert in conversions:
        for row in changed:
            row[place] = convert(row[place], column, connection)
    return [tuple(row) for row in changed]
