"""Queries that every page asks: Django writes their SQL once, which takes longer than the database takes to answer."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BooleanField, Expression, QuerySet

# Numbers and words that nobody asks for: where one of them comes out, a value of the caller goes in.
_NUMBERS = tuple(range(-(2**53) - 8, -(2**53)))
_WORDS = tuple(f"\ue000{index}" for index in range(4))


class Statement(NamedTuple):
    """Text and parameters, some of `_NUMBERS` and `_WORDS` among them, and what each column is."""

    sql: str
    parameters: tuple[Any, ...]
    columns: tuple[Expression, ...]
    # Indices of those that do not come as they are.
    converted: tuple[int, ...]


Write = Callable[..., QuerySet[Any, Any]]

# As SQLite tells it, and as everybody else.
_TRUTH = {0: False, 1: True, None: None}

_kept: dict[Hashable, Statement] = {}


def ask(name: Hashable, write: Write, *values: int | str) -> list[tuple[Any, ...]]:
    """The rows of `write(*values)`, a `values_list`, whose SQL is kept under `name`.

    Only for a query of which nothing but these values ever changes: whatever else decides about its text, as a
    setting of who looks does, belongs to its name. The tests write each anew and compare.
    """
    kept = statement(name, write, values)
    given = dict(zip(_placeholders(values), values, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(kept.sql, [given.get(each, each) for each in kept.parameters])
        rows = cursor.fetchall()
    return _converted(rows, kept)


def _placeholders(values: Sequence[int | str]) -> list[int | str]:
    """What stands for each of `values` in the SQL that is kept."""
    numbers, words = iter(_NUMBERS), iter(_WORDS)
    return [next(words) if isinstance(value, str) else next(numbers) for value in values]


def statement(name: Hashable, write: Write, values: Sequence[int | str]) -> Statement:
    """What is kept under `name` for the database in use, written when it is first asked for."""
    kept = _kept.get((connection.vendor, name))
    if kept is None:
        kept = _kept[connection.vendor, name] = written(write, values)
    return kept


def written(write: Write, values: Sequence[int | str]) -> Statement:
    """The statement as Django writes it, with a placeholder for each of `values`."""
    placeholders = _placeholders(values)
    compiler = write(*placeholders).query.get_compiler(DEFAULT_DB_ALIAS)
    sql, parameters = compiler.as_sql()
    if missing := set(placeholders) - set(parameters):
        raise ValueError(f"{len(missing)} of {len(values)} values are not asked for: {sql}")
    columns = tuple(column for column, _, _ in compiler.select)
    converted = tuple(index for index, column in enumerate(columns) if _converters(column))
    return Statement(sql, parameters, columns, converted)


def _converters(column: Expression) -> list[Callable[..., Any]]:
    return [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]


def _converted(rows: list[tuple[Any, ...]], kept: Statement) -> list[tuple[Any, ...]]:
    """As querysets give them: SQLite, for one, knows neither moments nor truth."""
    if not kept.converted or not rows:
        return rows
    columns = list(zip(*rows, strict=True))
    for index in kept.converted:
        expression = kept.columns[index]
        values: Any = columns[index]
        if isinstance(expression.output_field, BooleanField):
            # Of hundreds of rows: without a call for each.
            columns[index] = tuple(map(_TRUTH.get, values))
            continue
        for convert in _converters(expression):
            values = [convert(value, expression, connection) for value in values]
        columns[index] = values
    return list(zip(*columns, strict=True))
