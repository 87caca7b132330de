"""The difference of two texts in words, within a bounded time: what was taken out, what came in, what stayed.

Both ends that are alike are set aside; words that occur once on either side hold the rest together (a "patience"
diff); what lies between two of those is compared by the shortest way from one to the other (Myers), until the steps
that all of it may take are used up. What is left then is shown as taken out and put in as a whole.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple

from gallery.text import letter_kind

# Some 0.1 s of the processor, whatever the texts are.
STEPS = 150_000
# So many changes are drawn one by one.
MOST_BLOCKS = 600
# What occurs once within a part holds that part together; in parts of parts of parts nothing much is left.
_LEVELS = 4

_ASCII_TOKENS = re.compile(r"[A-Za-z0-9]+|\s+|.", re.DOTALL)


class Piece(NamedTuple):
    """A run of the texts: of both, of the older alone, or of the newer alone."""

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Both texts, one through the other; `is_coarse` where they were too different to be compared word by word."""

    pieces: list[Piece]
    is_coarse: bool

    @property
    def spaced(self) -> Iterator[Piece]:
        """The pieces with a space between what was taken out and what came in its place: no two words in one."""
        removed = ""
        for piece in self.pieces:
            if removed and piece.kind == "added" and not (removed[-1].isspace() or piece.text[0].isspace()):
                yield Piece("same", " ")
            yield piece
            removed = piece.text if piece.kind == "removed" else ""


class _Block(NamedTuple):
    """So many tokens from there on are the same in both."""

    old: int
    new: int
    length: int


class _Spent(Exception):
    """All steps are used up."""


def difference(old: str, new: str, steps: int = STEPS) -> Difference:
    """What has become of `old` in `new`; what takes more than so many steps is not compared word by word."""
    return _Comparison(tokens(old), tokens(new), steps).difference


def tokens(text: str) -> list[str]:
    """Words, runs of spaces, signs; letters of unspaced scripts one by one, with the marks that belong to them."""
    if text.isascii():
        return _ASCII_TOKENS.findall(text)
    parts: list[str] = []
    for kind, run in groupby(text, key=_kind):
        if kind == "unspaced":
            parts += _letters(run)
        elif kind == "sign":
            parts += run
        else:
            parts.append("".join(run))
    return parts


def _kind(character: str) -> str:
    if character.isspace():
        return "space"
    # Of several characters a picture may be made: they are not parted.
    return letter_kind(character) or ("sign" if character.isascii() else "symbol")


def _letters(run: Iterator[str]) -> list[str]:
    letters: list[str] = []
    for character in run:
        # Of letters and marks only marks are neither letters nor digits.
        if letters and not character.isalnum():
            letters[-1] += character
        else:
            letters.append(character)
    return letters


class _Comparison:
    """Two texts as tokens, and the steps that are left for comparing them."""

    def __init__(self, old: list[str], new: list[str], steps: int) -> None:
        self.old, self.new, self.steps, self.is_coarse = old, new, steps, False

    @property
    def difference(self) -> Difference:
        blocks = list(self._same(0, len(self.old), 0, len(self.new), _LEVELS))
        if len(blocks) > MOST_BLOCKS:
            blocks, self.is_coarse = [*blocks[: MOST_BLOCKS - 1], blocks[-1]], True
        blocks.append(_Block(len(self.old), len(self.new), 0))
        return Difference(_merged(self._pieces(blocks)), self.is_coarse)

    def _pieces(self, blocks: list[_Block]) -> Iterator[Piece]:
        i = j = 0
        for block in blocks:
            yield Piece("removed", "".join(self.old[i : block.old]))
            yield Piece("added", "".join(self.new[j : block.new]))
            i, j = block.old + block.length, block.new + block.length
            yield Piece("same", "".join(self.old[block.old : i]))

    def _same(self, i: int, end: int, j: int, stop: int, levels: int) -> Iterator[_Block]:
        """What is the same between old[i:end] and new[j:stop], in order."""
        head, tail = _alike(self.old[i:end], self.new[j:stop])
        if head:
            yield _Block(i, j, head)
        i, end, j, stop = i + head, end - tail, j + head, stop - tail
        if i < end and j < stop:
            yield from self._between(i, end, j, stop, levels)
        if tail:
            yield _Block(end, stop, tail)

    def _between(self, i: int, end: int, j: int, stop: int, levels: int) -> Iterator[_Block]:
        anchors = _anchors(self.old[i:end], self.new[j:stop]) if levels else []
        if not anchors:
            yield from self._shortest(i, end, j, stop)
            return
        before, opposite = i, j
        for old, new in anchors:
            yield from self._same(before, i + old, opposite, j + new, levels - 1)
            yield _Block(i + old, j + new, 1)
            before, opposite = i + old + 1, j + new + 1
        yield from self._same(before, end, opposite, stop, levels - 1)

    def _shortest(self, i: int, end: int, j: int, stop: int) -> Iterator[_Block]:
        try:
            steps = list(self._walk(self.old[i:end], self.new[j:stop]))
        except _Spent:
            self.is_coarse = True
            return
        for old, new, length in reversed(steps):
            yield _Block(i + old, j + new, length)

    def _walk(self, old: Sequence[str], new: Sequence[str]) -> Iterator[_Block]:
        """The blocks of a shortest script, the last one first (Myers 1986): each round allows one change more."""
        reached, rounds = {1: 0}, []
        for changes in range(len(old) + len(new) + 1):
            rounds.append(dict(reached))
            for diagonal in range(-changes, changes + 1, 2):
                down = diagonal == -changes or (
                    diagonal != changes and reached[diagonal - 1] < reached[diagonal + 1]
                )
                x = reached[diagonal + 1] if down else reached[diagonal - 1] + 1
                start, y = x, x - diagonal
                while x < len(old) and y < len(new) and old[x] == new[y]:
                    x, y = x + 1, y + 1
                self.steps -= 1 + x - start
                reached[diagonal] = x
                if x >= len(old) and y >= len(new):
                    yield from _backwards(rounds, len(old), len(new))
                    return
            # What is kept of each round takes time as well.
            self.steps -= changes
            if self.steps < 0:
                raise _Spent


def _backwards(rounds: list[dict[int, int]], x: int, y: int) -> Iterator[_Block]:
    for changes in range(len(rounds) - 1, -1, -1):
        reached, diagonal = rounds[changes], x - y
        down = diagonal == -changes or (diagonal != changes and reached[diagonal - 1] < reached[diagonal + 1])
        before = diagonal + 1 if down else diagonal - 1
        start = reached[before] + (0 if down else 1)
        if x > start:
            yield _Block(start, start - diagonal, x - start)
        x, y = reached[before], reached[before] - before


def _alike(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many tokens are the same at the beginning and, of the rest, at the end."""
    most, head, tail = min(len(old), len(new)), 0, 0
    while head < most and old[head] == new[head]:
        head += 1
    while tail < most - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Tokens that occur once on either side, as far as they are in the same order: the longest such series."""
    in_old, in_new = Counter(old), Counter(new)
    positions = {token: index for index, token in enumerate(new) if in_new[token] == 1}
    pairs = [
        (index, positions[token])
        for index, token in enumerate(old)
        if in_old[token] == 1 and token in positions
    ]
    ends: list[int] = []
    last: list[int] = []
    previous: list[int] = []
    for number, (_, index) in enumerate(pairs):
        length = bisect_left(ends, index)
        ends[length : length + 1] = [index]
        last[length : length + 1] = [number]
        previous.append(last[length - 1] if length else -1)
    series: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        series.append(pairs[number])
        number = previous[number]
    return series[::-1]


def _merged(pieces: Iterator[Piece]) -> list[Piece]:
    """Neighbours in one: changed words with nothing but spaces between them are one change."""
    whole = [piece for piece in pieces if piece.text]
    merged: list[Piece] = []
    removed = added = ""
    for index, (kind, text) in enumerate(whole):
        is_gap = kind == "same" and text.isspace() and (removed or added) and index + 1 < len(whole)
        if is_gap and whole[index + 1].kind != "same":
            removed, added = removed + text, added + text
        elif kind == "removed":
            removed += text
        elif kind == "added":
            added += text
        else:
            merged += _change(removed, added)
            removed = added = ""
            if merged and merged[-1].kind == "same":
                text = merged.pop().text + text
            merged.append(Piece("same", text))
    return merged + _change(removed, added)


def _change(removed: str, added: str) -> list[Piece]:
    pieces = [Piece("removed", removed), Piece("added", added)]
    return [piece for piece in pieces if piece.text]
