"""What people type into the search box, read into words, and words into one database condition.

The whole of a prompt is indexed by SQLite's FTS5 and by PostgreSQL's `to_tsvector('simple', …)`. Words must
all occur; the last one may still be being typed, so it matches the beginning of a word.
"""

import re
from dataclasses import dataclass

from django.db.models.expressions import RawSQL

from gallery.text import normalize

MAX_WORDS = 10
# So much fits into an address in any script, also behind `?next=` of the sign-in page, which escapes it twice.
MAX_QUERY = 500
FTS_TABLE = "gallery_prompt_fts"
# PostgreSQL's parser reads addresses, numbers and <tags> as tokens of their own; between spaces it reads words.
# The index of migration 0002 is over this very expression.
PUNCTUATION = r"""!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~"""
DOCUMENT = f"to_tsvector('simple', translate(text, '{PUNCTUATION}', '{' ' * 32}'))"

_TOKENS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Query:
    """A search: `words` go to the full-text index, `literals` (signs without a letter) are looked for as they are."""

    text: str
    words: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.literals)


def parse(text: str) -> Query:
    """Read at most the first ten words, in NFC as prompts are; NUL and other control characters are dropped."""
    normal = normalize("NFC", text[:MAX_QUERY])
    clean = "".join(character if character.isprintable() else " " for character in normal)
    parts = clean.split()[:MAX_WORDS]
    words = tuple(part for part in parts if _TOKENS.search(part))
    return Query(" ".join(parts), words, tuple(part for part in parts if part not in words))


def prompt_ids(query: Query, vendor: str) -> RawSQL:
    """A subquery of the ids of prompts that hold every word of `query`."""
    if vendor == "sqlite":
        sql = f"SELECT rowid FROM {FTS_TABLE} WHERE {FTS_TABLE} MATCH %s"  # noqa: S608 - a constant
        return RawSQL(sql, [_fts5(query)])  # noqa: S611 - the words travel as a parameter
    document = DOCUMENT.replace("%", "%%")
    sql = f"SELECT id FROM gallery_prompt WHERE {document} @@ to_tsquery('simple', %s)"  # noqa: S608 - a constant
    return RawSQL(sql, [_tsquery(query)])  # noqa: S611 - the words travel as a parameter


def _fts5(query: Query) -> str:
    phrases = [f'"{" ".join(_TOKENS.findall(word))}"' for word in query.words]
    return " ".join(phrases) + "*"


def _tsquery(query: Query) -> str:
    phrases = [" <-> ".join(_TOKENS.findall(word.lower())) for word in query.words]
    return " & ".join(phrases) + ":*"
