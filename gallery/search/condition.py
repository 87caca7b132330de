"""A query's words as one condition of SQL on prompts, for each database; it finds the same rows on both."""

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from gallery.search.query import Words

_Condition = tuple[str, list[str]]

FTS_TABLE = "gallery_prompt_fts"
# The index of migration 0050 is over this very expression.
DOCUMENT = "array_to_tsvector(string_to_array(words, ' '))"
_FROM_FTS = f"SELECT rowid FROM {FTS_TABLE} WHERE {FTS_TABLE} MATCH %s"  # noqa: S608 - a constant
_TSQUERY = ("'", ":*", " & ", " & !")
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


def prompt_text(terms: tuple[Words, ...], vendor: str) -> RawSQL:
    """The same as a condition on one prompt at a time, which asks no index: where most of those looked at hold it."""
    conditions: list[_Condition] = []
    for term in terms:
        each, values = _joined(_narrowing(term, vendor, is_indexed=False))
        conditions.append((f"NOT ({each})" if term.negated else each, values))
    condition, params = _joined(conditions)
    # S611: made of constants, and the words travel as parameters.
    return RawSQL(condition, params, output_field=BooleanField())  # noqa: S611


def _joined(conditions: list[_Condition]) -> _Condition:
    return " AND ".join(sql for sql, _ in conditions), [value for _, values in conditions for value in values]


def _narrowing(term: Words, vendor: str, *, is_indexed: bool = True) -> list[_Condition]:
    """What the index cannot tell: that words follow each other, and signs; a single word when no index is asked."""
    conditions: list[_Condition] = []
    if len(term.words) > (1 if is_indexed else 0):
        wanted = f" {' '.join(term.words)}{'' if term.is_prefix else ' '}"
        conditions.append((f"{_POSITION[vendor]}(' ' || words || ' ', %s) > 0", [wanted]))
    if term.literal:
        conditions.append((f"{_POSITION[vendor]}(folded, %s) > 0", [term.literal]))
    return conditions


def _indexed(vendor: str) -> str:
    return f"id IN ({_FROM_FTS})" if vendor == "sqlite" else f"{DOCUMENT} @@ %s::tsquery"


def _match(asked: list[Words], refused: list[Words], vendor: str) -> str:
    """The words as the index is asked for them; they are letters and digits alone."""
    quote, prefix, together, without = ('"', "*", " AND ", " NOT ") if vendor == "sqlite" else _TSQUERY
    return without.join(
        [
            together.join(_each(term, quote, prefix, together) for term in asked),
            *(_each(term, quote, prefix, together) for term in refused),
        ]
    )


def _each(term: Words, quote: str, prefix: str, together: str) -> str:
    return together.join(f"{quote}{word}{quote}" for word in term.words) + (prefix if term.is_prefix else "")
