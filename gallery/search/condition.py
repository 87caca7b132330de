"""A query's words as one condition of SQL on prompts, for each database; it finds the same rows on both."""

from django.db.models.expressions import RawSQL

from gallery.search.query import Words

FTS_TABLE = "gallery_prompt_fts"
# The index of migration 0050 is over this very expression.
DOCUMENT = "array_to_tsvector(string_to_array(words, ' '))"
_POSITION = {"sqlite": "instr", "postgresql": "strpos"}


def prompt_ids(terms: tuple[Words, ...], vendor: str) -> RawSQL:
    """A subquery of the ids of prompts that hold every one of `terms`, which is not empty, negated or not."""
    parts: list[str] = []
    params: list[str] = []
    for term in terms:
        sql, values = _condition(term, vendor)
        parts.append(f"NOT ({sql})" if term.negated else sql)
        params += values
    # The order of the index is that of the ids: newest prompts first is the walk that both databases know.
    sql = f"SELECT id FROM gallery_prompt WHERE {' AND '.join(parts)}"  # noqa: S608 - constants
    return RawSQL(sql, params)  # noqa: S611 - the words travel as parameters


def _condition(term: Words, vendor: str) -> tuple[str, list[str]]:
    parts: list[str] = []
    params: list[str] = []
    if term.words:
        parts.append(_indexed(vendor))
        params.append(_fts5(term) if vendor == "sqlite" else _tsquery(term))
    if len(term.words) > 1:
        parts.append(f"{_POSITION[vendor]}(' ' || words || ' ', %s) > 0")
        params.append(f" {' '.join(term.words)}{'' if term.is_prefix else ' '}")
    if term.literal:
        parts.append(f"{_POSITION[vendor]}(folded, %s) > 0")
        params.append(term.literal)
    return " AND ".join(parts), params


def _indexed(vendor: str) -> str:
    if vendor == "sqlite":
        return f"id IN (SELECT rowid FROM {FTS_TABLE} WHERE {FTS_TABLE} MATCH %s)"  # noqa: S608 - a constant
    return f"{DOCUMENT} @@ %s::tsquery"


def _fts5(term: Words) -> str:
    return " ".join(f'"{word}"' for word in term.words) + ("*" if term.is_prefix else "")


def _tsquery(term: Words) -> str:
    return " & ".join(f"'{word}'" for word in term.words) + (":*" if term.is_prefix else "")
