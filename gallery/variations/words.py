r"""Words to choose between within a prompt: `a {red|blue} door at {dawn|noon|{late|early} dusk}`.

Each choice is made once for every combination. What stands twice counts twice. `\{`, `\|`, `\}` and `\\` are the
characters themselves; outside of braces a bar is a bar. How many there are is computed before any is written.
"""

from dataclasses import dataclass
from itertools import product
from math import prod

DEEPEST = 20
_ESCAPABLE = frozenset("{|}\\")


class WrongWords(ValueError):
    """What cannot be read, and where: `line` and `column` count from 1, `piece` is the text that begins there."""

    def __init__(self, text: str, at: int, message: str) -> None:
        before = text[:at]
        self.line = before.count("\n") + 1
        self.column = at - (before.rfind("\n") + 1) + 1
        self.piece = text[at : at + 24].split("\n")[0] + ("…" if len(text) > at + 24 else "")
        self.message = message
        position = f"line {self.line}, column {self.column}" if "\n" in text else f"character {self.column}"
        super().__init__(f"At {position}, “{self.piece}”: {message}")


@dataclass(frozen=True, slots=True)
class Words:
    """Pieces one behind the other."""

    pieces: tuple["str | Choice", ...] = ()

    @property
    def count(self) -> int:
        """How many texts it stands for, repetitions among them."""
        return prod(piece.count for piece in self.pieces if not isinstance(piece, str))

    def texts(self) -> list[str]:
        """All of them, the last choice first to change. `count` tells beforehand how many these are."""
        each = [[piece] if isinstance(piece, str) else piece.texts() for piece in self.pieces]
        return ["".join(pieces) for pieces in product(*each)]


@dataclass(frozen=True, slots=True)
class Choice:
    alternatives: tuple[Words, ...]

    @property
    def count(self) -> int:
        """How many texts it stands for, repetitions among them."""
        return sum(each.count for each in self.alternatives)

    def texts(self) -> list[str]:
        """All of them, in the order in which they are written."""
        return [text for each in self.alternatives for text in each.texts()]


def read(text: str) -> Words:
    """What `text` stands for. Raises WrongWords at the first place that cannot be meant."""
    opened: list[int] = []
    # For each open brace the alternatives that are finished, and the pieces of the one that is being read.
    finished: list[list[Words]] = []
    pieces: list[list[str | Choice]] = [[]]
    at = 0
    while at < len(text):
        character = text[at]
        if character == "\\" and text[at + 1 : at + 2] in _ESCAPABLE and at + 1 < len(text):
            at += 1
            pieces[-1].append(text[at])
        elif character == "{":
            if len(opened) == DEEPEST:
                raise WrongWords(text, at, f"braces stand within each other at most {DEEPEST} deep.")
            opened.append(at)
            finished.append([])
            pieces.append([])
        elif character == "|" and opened:
            finished[-1].append(_joined(pieces[-1]))
            pieces[-1] = []
        elif character == "}":
            if not opened:
                raise WrongWords(
                    text, at, r"this brace closes nothing. Write \} for a brace that means itself."
                )
            start = opened.pop()
            alternatives = (*finished.pop(), _joined(pieces.pop()))
            if len(alternatives) == 1:
                raise WrongWords(
                    text, start, r"there is nothing to choose between. Write {a|b}, or \{ for a brace."
                )
            pieces[-1].append(Choice(alternatives))
        else:
            pieces[-1].append(character)
        at += 1
    if opened:
        raise WrongWords(
            text, opened[-1], r"this brace is never closed. Write \{ for a brace that means itself."
        )
    return _joined(pieces[0])


def plain(text: str) -> str:
    """`text` so that `read` finds nothing in it to choose between."""
    return "".join(f"\\{character}" if character in _ESCAPABLE else character for character in text)


def _joined(pieces: list[str | Choice]) -> Words:
    """Characters that stand beside each other as one text."""
    joined: list[str | Choice] = []
    run: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            run.append(piece)
            continue
        if run:
            joined.append("".join(run))
            run = []
        joined.append(piece)
    if run:
        joined.append("".join(run))
    return Words(tuple(joined))


def count(text: str) -> int:
    """How many texts it stands for; 1 where it cannot be read."""
    try:
        return read(text).count
    except WrongWords:
        return 1


def is_plain(text: str) -> bool:
    """Whether it means itself even when words in braces are alternatives."""
    try:
        return read(text).pieces in ((), (text,))
    except WrongWords:
        return False
