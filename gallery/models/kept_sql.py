"""Queries that every page asks: Django writes their SQL once, which takes longer than the database takes to answer."""

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, QuerySet

# Numbers that nobody asks for: where one of them comes out, a value of the caller goes in.
_PLACES = tuple(range(-(2**53) - 8, -(2**53)))


class Statement(NamedTuple):
    """Text and parameters, numbers of `_PLACES` among them, and what each column is."""

    sql: str
    parameters: tuple[Any, ...]
    columns: tuple[Expression, ...]


Write = Callable[..., QuerySet[Any, Any]]

_kept: dict[Hashable, Statement] = {}


def ask(name: Hashable, write: Write, *values: int) -> list[tuple[Any, ...]]:
    """The rows of `write(*values)`, a `values_list`, whose SQL is kept under `name`.

    Only for a query of which nothing but these numbers ever changes: whatever else decides about its text, as a
    setting of who looks does, belongs to its name. The tests write each anew and compare.
    """
    kept = statement(name, write, len(values))
    given = dict(zip(_PLACES, values, strict=False))
    with connection.cursor() as cursor:
        cursor.execute(kept.sql, [given.get(each, each) for each in kept.parameters])
        rows = cursor.fetchall()
    return _converted(rows, kept.columns)


def statement(name: Hashable, write: Write, values: int) -> Statement:
    """What is kept under `name` for the database in use, written when it is first asked for."""
    kept = _kept.get((connection.vendor, name))
    if kept is None:
        kept = _kept[connection.vendor, name] = written(write, values)
    return kept


def written(write: Write, values: int) -> Statement:
    """The statement as Django writes it, with places for so many `values`."""
    places = _PLACES[:values]
    compiler = write(*places).query.get_compiler(DEFAULT_DB_ALIAS)
    sql, parameters = compiler.as_sql()
    if missing := set(places) - set(parameters):
        raise ValueError(f"{len(missing)} of {values} values are not asked for: {sql}")
    return Statement(sql, parameters, tuple(column for column, _, _ in compiler.select))


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
