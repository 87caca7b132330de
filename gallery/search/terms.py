"""The terms of a search as they were typed: one is exchanged for another, and the rest of the text stays."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from gallery.search.query import cleaned, parted, value_of
from gallery.text import QUOTES, fold, normalize

# Each character that is a quote in a search, be it in a form of its own.
_QUOTE = re.compile('["\u201c-\u201f\uff02]')
_TWICE = r"\g<0>\g<0>"


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a search: `text` as typed; for an operator its folded `name` and its `value`, else both are empty.

    `normal` is `text` in its normal form, as a Problem names it.
    """

    text: str
    name: str = ""
    value: str = ""
    negated: bool = False
    normal: str = ""


def terms(text: str) -> list[Term]:
    """All that was typed, part by part."""
    typed = cleaned(text)
    normal = normalize("NFKC", typed)
    # As it was typed, unless its normal form has other places: it finds the same then.
    source = typed if _same_places(typed) else normal
    return [
        Term(
            source[term.start() : term.end()],
            fold(term["name"] or ""),
            value_of(term, normal) if term["name"] else "",
            bool(term["minus"]),
            term[0],
        )
        for term in parted(normal)
    ]


def _same_places(typed: str) -> bool:
    if typed.isascii():
        return True
    each = [normalize("NFKC", character) for character in typed]
    return all(len(character) == 1 for character in each) and "".join(each) == normalize("NFKC", typed)


def exchange(text: str, old: Callable[[Term], bool], new: str = "") -> str:
    """The search `text` without the terms that are `old`, with `new` in the place of the first of them.

    Where there was none, `new` comes first: behind a quote that is not closed it would be a part of that phrase.
    """
    parts: list[str] = []
    waiting = new
    for term in terms(text):
        if not old(term):
            parts.append(term.text)
        elif waiting:
            parts.append(waiting)
            waiting = ""
    return " ".join([waiting, *parts] if waiting else parts)


def renamed(text: str, name: str, is_old: Callable[[str], bool], new: str) -> str:
    """The search `text` with the value `new` in each operator `name` whose value `is_old`; all else as it was typed."""
    return " ".join(
        f"{'-' if term.negated else ''}{operator(name, new)}"
        if term.name == name and is_old(term.value)
        else term.text
        for term in terms(text)
    )


def operator(name: str, value: str) -> str:
    """`name:value` as it is typed, in quotes where the value needs them; a quote within is written twice."""
    plain = value.strip()
    # As it is read: `´` is a space with a mark then, and a curly quote a quote.
    if re.search(r'[\s"]|^//', normalize("NFKC", plain).translate(QUOTES)):
        plain = f'"{_QUOTE.sub(_TWICE, plain)}"'
    return f"{name}:{plain}"
