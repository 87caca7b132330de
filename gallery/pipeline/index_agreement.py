"""Whether the indexes of searches agree with the rows that they are made of, and how each difference is mended."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import Max

from gallery import search
from gallery.models import Image, ImageDocument, Prompt
from gallery.search import index
from gallery.search.dialects import FTS_TABLE

_PORTION = 5_000
# What a difference is in words, and what mends it.
Difference = tuple[str, Callable[[], object]]


def differences() -> Iterator[Difference]:
    """All of them, found while they are asked for. What changes meanwhile is compared as of one moment."""
    yield from _of_prompts()
    yield from _of_documents()
    for term, image in _asked(index.unknown_numbers()):
        yield f"Search: the number {term} occurs and is not known", partial(_write, image)
    for day, low, high in _asked(index.narrow_days(connection.vendor)):
        words = f"Search: the day {day} leaves out some of its pictures, from {low} to {high}"
        yield words, partial(_write, low, high)
    if connection.vendor == "sqlite":
        # PostgreSQL's indexes are its own affair; these are tables that triggers write.
        for table in (FTS_TABLE, index.TABLE):
            if not _is_whole(table):
                yield f"Search: the index {table} is not that of its rows", partial(_tell, table, "rebuild")


def _of_prompts() -> Iterator[Difference]:
    for prompt in Prompt.objects.order_by("id").only("text", "folded", "words").iterator(_PORTION):
        columns = search.columns(prompt.text)
        if (prompt.folded, prompt.words) != (columns["folded"], columns["words"]):
            anew = partial(Prompt.objects.filter(pk=prompt.pk).update, **columns)
            yield f"Prompt {prompt.pk}: its words are not those of its text", anew


def _of_documents() -> Iterator[Difference]:
    last = max(
        table._default_manager.aggregate(last=Max("pk"))["last"] or 0 for table in (Image, ImageDocument)
    )
    for low in range(0, last, _PORTION):
        rows = _asked(index.wrong_documents(connection.vendor), {"low": low, "high": low + _PORTION})
        for number, is_missing, is_stray in rows:
            if is_stray:
                yield (
                    f"Search document {number} belongs to no picture outside the trash",
                    partial(_remove, number),
                )
            else:
                problem = "is missing" if is_missing else "is not what its rows say"
                yield f"Picture {number}: its search document {problem}", partial(_write, number)


def _asked(sql: str, params: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _write(*pictures: int) -> None:
    with connection.cursor() as cursor:
        index.write(cursor.execute, connection.vendor, ((number - 1, number) for number in pictures))


def _remove(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {index.TABLE} WHERE rowid = %s", [number])  # noqa: S608 - a constant


def _is_whole(table: str) -> bool:
    try:
        _tell(table, "integrity-check")
    except DatabaseError as error:
        # So SQLite calls it when an index and its rows differ; anything else is another matter.
        if "malformed" not in str(error):
            raise
        return False
    return True


def _tell(table: str, command: str) -> None:
    """Give a full-text index of SQLite one of its own orders."""
    with connection.cursor() as cursor:
        # With rank 1, rows that lie elsewhere are compared too.
        cursor.execute(f"INSERT INTO {table} ({table}, rank) VALUES (%s, 1)", [command])  # noqa: S608 - a constant
