"""A query's words and tags as each database is asked for them; the same rows are found on both."""

from collections.abc import Iterable
from functools import reduce
from operator import and_

from django.db.models import Q, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Concat, StrIndex
from django.db.models.lookups import GreaterThan

from gallery.search.filters import Filter
from gallery.search.index import ALL
from gallery.search.query import Words

_Condition = tuple[str, list[str]]

FTS_TABLE = "gallery_prompt_fts"
# The index of migration 0062 is over this very expression.
DOCUMENT = "gallery_prompt_terms(words)"
_FROM_FTS = f"SELECT rowid FROM {FTS_TABLE} WHERE {FTS_TABLE} MATCH %s"  # noqa: S608 - a constant
# A quote, a beginning, both, and one without the other.
_SIGNS = {"sqlite": ('"', "*", " AND ", " NOT "), "postgresql": ("'", ":*", " & ", " & !")}
_EITHER = {"sqlite": " OR ", "postgresql": " | "}
_POSITION = {"sqlite": "instr", "postgresql": "strpos"}


def prompt_ids(terms: tuple[Words, ...], vendor: str) -> RawSQL:
    """A subquery of the ids of prompts that hold every one of `terms`, which is not empty, negated or not."""
    asked = [term for term in terms if term.words and not term.negated]
    # What the index alone can decide is taken away there.
    refused = [term for term in terms if term.negated and len(term.words) == 1 and not term.literal]
    conditions = [(_indexed(vendor), [_match(asked, refused, vendor)])] if asked else []
    for term in terms:
        if term.negated and not (asked and term in refused):
            parts = [(_indexed(vendor), [_match([term], [], vendor)])] if term.words else []
            negated, values = _joined(parts + _narrowing(term, vendor))
            conditions.append((f"NOT ({negated})", values))
        elif not term.negated:
            conditions += _narrowing(term, vendor)
    if vendor == "sqlite" and asked and len(conditions) == 1:
        # Nothing but the index is asked: the table need not be read.
        return RawSQL(_FROM_FTS, conditions[0][1])  # noqa: S611 - the words travel as a parameter
    condition, params = _joined(conditions)
    sql = f"SELECT id FROM gallery_prompt WHERE {condition}"  # noqa: S608 - made of constants
    return RawSQL(sql, params)  # noqa: S611 - the words travel as parameters


def _joined(conditions: list[_Condition]) -> _Condition:
    return " AND ".join(sql for sql, _ in conditions), [value for _, values in conditions for value in values]


def document_query(terms: Iterable[Words], filters: Iterable[Filter], vendor: str) -> str | None:
    """What the index of pictures is asked; None when it can decide nothing of it.

    Terms that it cannot tell, or not alone, are `left_over`; filters without tags are conditions on columns.
    """
    asked, refused = [], []
    for term in terms:
        if term.words and not term.negated:
            asked.append(_phrase(term, vendor))
        elif term.words and not is_left_over(term, vendor):
            refused.append(_phrase(term, vendor))
    for each in filters:
        if each.tags or each.hint:
            tags = _EITHER[vendor].join(_quoted(tag, vendor) for tag in each.tags or (each.hint,))
            (refused if each.negated else asked).append(f"({tags})")
    if refused and not asked:
        asked = [_quoted(ALL, vendor)]
    _, _, together, without = _SIGNS[vendor]
    return without.join([together.join(asked), *refused]) if asked else None


def is_left_over(term: Words, vendor: str) -> bool:
    """Whether the index of pictures cannot tell all of it: signs; and, on PostgreSQL, that words follow each other."""
    is_phrase = len(term.words) > 1 and (term.negated or vendor != "sqlite")
    return bool(term.literal) or is_phrase


def left_over(term: Words, of: str = "prompt__") -> Q:
    """The same as a condition on a picture's prompt, or on a prompt itself; a picture of none has no words."""
    conditions = []
    if term.words:
        words = Concat(_text(" "), Coalesce(f"{of}words", _text("")), _text(" "))
        conditions.append(Q(GreaterThan(StrIndex(words, _text(_sequence(term))), 0)))
    if term.literal:
        text = Coalesce(f"{of}folded", _text(""))
        conditions.append(Q(GreaterThan(StrIndex(text, _text(term.literal)), 0)))
    condition = reduce(and_, conditions)
    return ~condition if term.negated else condition


def _phrase(term: Words, vendor: str) -> str:
    if vendor == "sqlite":
        return f'"{" ".join(term.words)}"{"*" if term.is_prefix else ""}'
    quote, prefix, together, _ = _SIGNS[vendor]
    return _each(term, quote, prefix, together)


def _quoted(tag: str, vendor: str) -> str:
    if vendor == "sqlite":
        return '"' + tag.replace('"', '""') + '"'
    return "'" + tag.replace("\\", "\\\\").replace("'", "''") + "'"


def _text(text: str) -> Value:
    return Value(text, output_field=TextField())


def _sequence(term: Words) -> str:
    return f" {' '.join(term.words)}{'' if term.is_prefix else ' '}"


def _narrowing(term: Words, vendor: str) -> list[_Condition]:
    """What the index cannot tell: that words follow each other, and signs."""
    conditions: list[_Condition] = []
    if len(term.words) > 1:
        conditions.append((f"{_POSITION[vendor]}(' ' || words || ' ', %s) > 0", [_sequence(term)]))
    if term.literal:
        conditions.append((f"{_POSITION[vendor]}(folded, %s) > 0", [term.literal]))
    return conditions


def _indexed(vendor: str) -> str:
    return f"id IN ({_FROM_FTS})" if vendor == "sqlite" else f"{DOCUMENT} @@ %s::tsquery"


def _match(asked: list[Words], refused: list[Words], vendor: str) -> str:
    """The words as the index is asked for them; they are letters and digits alone."""
    quote, prefix, together, without = _SIGNS[vendor]
    return without.join(
        [
            together.join(_each(term, quote, prefix, together) for term in asked),
            *(_each(term, quote, prefix, together) for term in refused),
        ]
    )


def _each(term: Words, quote: str, prefix: str, together: str) -> str:
    return together.join(f"{quote}{word}{quote}" for word in term.words) + (prefix if term.is_prefix else "")
