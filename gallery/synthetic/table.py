"""Rows without model instances: a million of them must not take a quarter of an hour."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, connections, models
from django.db.models import Max

# What the driver takes as it is, like ids of other rows; other fields know how to prepare their values.
_PLAIN = (models.CharField, models.TextField, models.IntegerField, models.FloatField, models.BooleanField)


class Table:
    """A table that rows are appended to, with ids that are known before; use it within one transaction."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.fields = [field for field in model._meta.concrete_fields if field.column]
        self.defaults = {field.attname: field.get_default() for field in self.fields}
        self.preparing = [(field.attname, _preparing(field)) for field in self.fields if not _is_plain(field)]
        quote = connection.ops.quote_name
        columns = ", ".join(quote(str(field.column)) for field in self.fields)
        marks = ", ".join(["%s"] * len(self.fields))
        table = f"{quote(model._meta.db_table)} ({columns})"
        self.sql = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608
        self.copying = f"COPY {table} FROM STDIN"

    def reserve(self, count: int) -> list[int]:
        """Ids for `count` new rows, rising. On SQLite the transaction keeps other writers out meanwhile."""
        if connection.vendor == "sqlite":
            newest = self.model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
            return list(range(newest + 1, newest + 1 + count))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [self.model._meta.db_table, count],
            )
            return sorted(number for (number,) in cursor.fetchall())

    def insert(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows, each a mapping of attribute names; what is absent has the field's default."""
        values = [self._values(row) for row in rows]
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.executemany(self.sql, values)
                return
            with cursor.copy(self.copying) as copy:
                for each in values:
                    copy.write_row(each)

    def _values(self, row: Mapping[str, Any]) -> list[Any]:
        whole = {**self.defaults, **row}
        for name, prepare in self.preparing:
            if whole[name] is not None:
                whole[name] = prepare(whole[name])
        # An unknown name would lengthen the row, and the database would refuse it.
        return list(whole.values())


def _is_plain(field: "models.Field[Any, Any]") -> bool:
    return field.is_relation or isinstance(field, _PLAIN)


def _preparing(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    if isinstance(field, models.DateTimeField):
        return _moment
    # The connection itself: its proxy looks it up at each of the million calls.
    database = connections[connection.alias]
    return lambda value: field.get_db_prep_save(value, database)


@lru_cache(65_536)
def _moment(value: datetime) -> Any:
    """The same moment stands in the rows of several tables."""
    return connection.ops.adapt_datetimefield_value(value)
