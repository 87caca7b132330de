"""All parameters of an archive's pictures, in files beside them: for spreadsheets, and for programs."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from io import StringIO
from typing import Any

from gallery.downloads.facts import Facts
from venice.operations import PARAMETERS

CSV, JSON, MISSING = "pictures.csv", "pictures.json", "missing.txt"
# Where a spreadsheet would take what follows for a formula: at the beginning, and where it parts cells by semicolons or
# tabs, as in many countries, behind each of these and at the beginning of each line.
_FORMULA = re.compile(r"^(?= *[=+\-@|%＝＋－＠\t\r\n])|(?<=[;\t\r\n])(?= *[=+\-@|%＝＋－＠])")


_OF_A_PICTURE = {fact.name for fact in fields(Facts)} - {"model"}
# What of a request stands there, in the order of the table; the model stands before it.
_FACTS = tuple(each.name for each in PARAMETERS if each.name in _OF_A_PICTURE)
#: What both files say of the picture itself.
PICTURE_COLUMNS = (
    *("file", "id", "made", "by", "kind", "model"),
    *_FACTS,
    *("price_usd", "generation", "index", "sha256"),
)
#: What stands in a line, in its order: after the picture the other parameters, as they were asked for.
COLUMNS = (
    *PICTURE_COLUMNS,
    *(
        each.name
        for each in PARAMETERS
        if each.name not in PICTURE_COLUMNS and each.is_seen and not each.stands_for
    ),
)


def _values(file: str, facts: Facts) -> tuple[Any, ...]:
    return (
        *(file, facts.id, facts.created_at.isoformat(), facts.owner, facts.kind, facts.model),
        *(getattr(facts, name) for name in _FACTS),
        *(facts.price, facts.generation, facts.index, facts.sha256),
    )


def csv_line(file: str, facts: Facts) -> bytes:
    """One picture. What would be a formula has an apostrophe before it; numbers are numbers."""
    asked = (facts.request.get(name) for name in COLUMNS[len(PICTURE_COLUMNS) :])
    return _line([_harmless(value) for value in (*_values(file, facts), *asked)])


def _line(values: Iterable[Any]) -> bytes:
    out = StringIO()
    # A text is one cell for programs, too, that part cells by other signs than commas.
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC).writerow(values)
    return out.getvalue().encode()


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return _FORMULA.sub("'", value)


def json_item(file: str, facts: Facts, is_first: bool) -> bytes:
    """One picture of the list, with its whole request as it was sent."""
    row = dict(zip(PICTURE_COLUMNS, _values(file, facts), strict=True)) | {"request": facts.request}
    text = json.dumps(row, ensure_ascii=False, default=str)
    return f"{'[' if is_first else ','}\n{text}".encode()


def json_end(is_empty: bool) -> bytes:
    """What closes the list; where there was no item, which would have opened it, all of it."""
    return b"[]\n" if is_empty else b"\n]\n"


def csv_file(named: Iterator[tuple[str, Facts]]) -> Iterator[bytes]:
    """The whole table, as it is read; it begins with the mark by which spreadsheets know UTF-8."""
    yield b"\xef\xbb\xbf" + _line(COLUMNS)
    for file, facts in named:
        yield csv_line(file, facts)


def json_file(named: Iterator[tuple[str, Facts]]) -> Iterator[bytes]:
    """The whole list, as it is read."""
    is_empty = True
    for file, facts in named:
        yield json_item(file, facts, is_empty)
        is_empty = False
    yield json_end(is_empty)
