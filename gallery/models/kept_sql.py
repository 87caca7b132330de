"""Queries that every page asks: Django writes their SQL once, which takes longer than the database takes to answer."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, QuerySet

Value = int | str

# Numbers and texts that nobody asks for: where one of them comes out, a value of the caller goes in.
_NUMBERS = tuple(range(-(2**53) - 8, -(2**53)))
_TEXTS = tuple(f"\ufdd0{place}\ufdd1" for place in range(8))


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of which nothing but `values` changes, whoever asks and whatever for; `write` asks for them."""

    name: str
    write: Callable[..., QuerySet[Any, Any]]
    values: tuple[Value, ...] = ()


class _Statement(NamedTuple):
    """Text and parameters, places of values among them, and what each column is."""

    sql: str
    parameters: tuple[Any, ...]
    columns: tuple[Expression, ...]


_kept: dict[Hashable, _Statement] = {}


def ask(name: Hashable, write: Callable[..., QuerySet[Any, Any]], *values: Value) -> list[tuple[Any, ...]]:
    """The rows of `write(*values)`, a `values_list`, whose SQL is kept under `name`.

    Only for a query of which nothing but these values ever changes: whatever else decides about its text belongs to
    its name.
    """
    statement = _statement(name, write, values)
    return _converted(_run(statement.sql, statement, values), statement.columns)


def count(name: Hashable, write: Callable[..., QuerySet[Any, Any]], *values: Value) -> int:
    """How many rows `ask` would give."""
    statement = _statement(name, write, values)
    # The text is Django's.
    ((found,),) = _run(f"SELECT COUNT(*) FROM ({statement.sql}) counted", statement, values)  # noqa: S608
    return int(found)


def _statement(
    name: Hashable, write: Callable[..., QuerySet[Any, Any]], values: tuple[Value, ...]
) -> _Statement:
    known = _kept.get((connection.vendor, name))
    if known is None:
        known = _kept[connection.vendor, name] = _written(write, _places(values))
    return known


def _places(values: tuple[Value, ...]) -> tuple[Value, ...]:
    return tuple(
        (_TEXTS if isinstance(value, str) else _NUMBERS)[place] for place, value in enumerate(values)
    )


def _written(write: Callable[..., QuerySet[Any, Any]], places: tuple[Value, ...]) -> _Statement:
    compiler = write(*places).query.get_compiler(DEFAULT_DB_ALIAS)
    sql, parameters = compiler.as_sql()
    if missing := set(places) - set(parameters):
        raise ValueError(f"{len(missing)} of {len(places)} values are not asked for: {sql}")
    return _Statement(sql, parameters, tuple(column for column, _, _ in compiler.select))


def _run(sql: str, statement: _Statement, values: tuple[Value, ...]) -> list[tuple[Any, ...]]:
    given = dict(zip(_places(values), values, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(sql, [given.get(each, each) for each in statement.parameters])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


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
