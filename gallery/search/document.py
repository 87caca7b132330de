"""A text as the index holds it: its words in their order, folded, parted by single spaces.

Both databases index these very words and are asked for these very words; no tokenizer of theirs has a say.
"""

import re
from itertools import groupby, pairwise

from gallery.text import fold, letter_kind

# PostgreSQL refuses words of more than 2,046 bytes. What goes beyond is compared in the folded text.
MAX_WORD = 100

_ASCII_WORDS = re.compile(r"[a-z0-9]+")


def columns(text: str) -> dict[str, str]:
    """What a prompt's row keeps beside its text: `folded`, where signs are looked for, and `words`."""
    folded = fold(text)
    return {"folded": folded, "words": " ".join(words(folded))}


def words(folded: str, *, is_open: bool = False) -> list[str]:
    """The words of a folded text.

    A run of an unspaced script becomes its overlapping pairs and its last letter: 橘猫坐 is 橘猫, 猫坐, 坐. With
    `is_open` the text may go on: a last run of several such letters is its pairs alone.
    """
    if folded.isascii():
        return [word[:MAX_WORD] for word in _ASCII_WORDS.findall(folded)]
    terms: list[str] = []
    end = 0
    for kind, run in groupby(folded, key=letter_kind):
        text = "".join(run)
        end += len(text)
        if kind == "unspaced":
            terms += map("".join, pairwise(text))
            if not (is_open and end == len(folded) and len(text) > 1):
                terms.append(text[-1])
        elif kind:
            terms.append(text[:MAX_WORD])
    return terms
