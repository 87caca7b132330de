"""JSON read token by token, and nothing of it built: bounded memory whatever the text holds.

It accepts what the standard library's reader accepts (NaN, names that come twice) in UTF-8 with or without a byte
order mark. Offsets count the bytes of the text from its very beginning.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from venice.text import short_int

#: What a window may hold back of a token that is wanted whole: names, numbers, words.
LONGEST_TOKEN = 4096
#: Lists and objects that are walked one by one: some seconds. Real answers have some dozens.
MAX_STEPS = 2_000_000
_BATCH = 64 * 1024
_LONG = 1000
_BOM = codecs.BOM_UTF8

_W = rb"[ \t\n\r]*"
_PLAIN = rb'"[^"\\\x00-\x1f]*"'
_NUMBER = rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_WORDS = (b"true", b"false", b"null", b"NaN", b"Infinity", b"-Infinity")
_FLAT = rb"(?:" + _PLAIN + rb"|" + _NUMBER + rb"|true|false|null)"


def _holding(value: bytes) -> bytes:
    """The pattern of `value`, of a list and of an object of such values."""
    listed = rb"\[" + _W + rb"(?:" + value + _W + rb"(?:," + _W + value + _W + rb")*)?\]"
    member = _PLAIN + _W + rb":" + _W + value + _W
    return (
        rb"(?:"
        + value
        + rb"|"
        + listed
        + rb"|\{"
        + _W
        + rb"(?:"
        + member
        + rb"(?:,"
        + _W
        + member
        + rb")*)?\})"
    )


@cache
def _many(kind: str) -> re.Pattern[bytes]:
    """Many small values at once, each with its comma: no step of ours for each. Made when first needed.

    `listed` are those of a list, `named` those of an object, each with the next one's name; `counted` are those of a
    list that hold no comma, so that commas count them.
    """
    value = _holding(_holding(_FLAT))
    if kind == "counted":
        text = _PLAIN.replace(b"^", b"^,")
        value = rb"(?:" + text + rb"|" + _NUMBER + rb"|true|false|null|\[" + _W + rb"\]|\{" + _W + rb"\})"
    name = _W + _PLAIN + _W + rb":" if kind == "named" else b""
    return re.compile(rb"(?:" + _W + value + _W + rb"," + name + rb")*")


_SPACE = re.compile(_W)
_TEXT = re.compile(rb'(?:[^"\\\x00-\x1f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_DIGITS = re.compile(rb"[0-9]*")
_CONTROLS = tuple(bytes([code]) for code in range(32))


class Malformed(ValueError):
    """Not JSON; or cut off, when `is_cut`."""

    def __init__(self, message: str, *, is_cut: bool = False) -> None:
        super().__init__(message)
        self.is_cut = is_cut


@dataclass(frozen=True, slots=True)
class Span:
    """Where the content of a text lies, without its quotes; false for the empty one."""

    start: int
    end: int

    def __bool__(self) -> bool:
        return self.end > self.start


class Scanner:
    """A position in a JSON text. Each verb reads from there and moves on; Malformed where that is not what comes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._window, self._base, self._at = b"", 0, 0
        #: From here on the window keeps what was read.
        self._kept: int | None = None
        self._steps = 0
        while len(self._window) < len(_BOM) and self._more():
            pass
        if self._window.startswith(_BOM):
            self._at = len(_BOM)

    def peek(self) -> bytes:
        """The next byte that is no space, which is not taken; Malformed where the text ends before."""
        while True:
            match = _SPACE.match(self._window, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._window):
                return self._window[self._at : self._at + 1]
            self._need()

    def end(self) -> None:
        """Nothing may follow but space; what is read then was UTF-8 to its end."""
        try:
            self.peek()
        except Malformed as error:
            if not error.is_cut:
                raise
            self._check_utf8(b"", final=True)
            return
        raise Malformed("something follows the value")

    def members(self) -> Iterator[str]:
        """The names in an object; the value of each must be read before the next is asked for.

        A name too long to be anybody's is the empty one.
        """
        self._expect(b"{")
        if self._took(b"}"):
            return
        while True:
            self._step()
            yield self._name()
            if not self._took(b","):
                break
        self._expect(b"}")

    def elements(self) -> Iterator[int]:
        """The numbers of the entries of a list; each entry must be read before the next is asked for."""
        self._expect(b"[")
        if self._took(b"]"):
            return
        number = 0
        while True:
            self._step()
            yield number
            number += 1
            if not self._took(b","):
                break
        self._expect(b"]")

    def rest(self) -> int:
        """Skip the entries from here on that are simple, all but the last of the list; returns how many."""
        skipped = 0
        while size := self._batch(_many("counted")):
            skipped += self._window.count(b",", self._at - size, self._at)
        return skipped

    def value(self) -> Span | bool:
        """Skip one value: where it lies if it is a text, else whether it counts as true."""
        byte = self.peek()
        if byte == b'"':
            return self.text()
        if byte in (b"[", b"{"):
            return self._skip()
        return bool(self.scalar())

    def text(self) -> Span:
        self._expect(b'"')
        start = self._base + self._at
        while True:
            self._pass_text()
            if self._at == len(self._window):
                self._need()
            elif self._window[self._at : self._at + 1] == b'"':
                self._at += 1
                return Span(start, self._base + self._at - 1)
            elif self._window[self._at : self._at + 1] == b"\\" and len(self._window) - self._at < 6:
                self._need()
            else:
                raise Malformed("a text holds what it may not")

    def scalar(self) -> float | bool | None:
        """A number or a word; None also for a number that is too long to mean anything."""
        self.peek()
        start = self._kept = self._base + self._at
        try:
            self._scalar()
            token = self._since(start)
        finally:
            self._kept = None
        value = json.loads(token, parse_int=short_int) if token else None
        return value if isinstance(value, float | int) else None

    def _scalar(self) -> None:
        while len(self._window) - self._at < 10 and self._more():
            pass
        for word in _WORDS:
            if self._window.startswith(word, self._at):
                self._at += len(word)
                return
        self._taken(b"-")
        if not self._taken(b"0"):
            self._digits()
        if self._taken(b"."):
            self._digits()
        if self._taken(b"eE"):
            self._taken(b"+-")
            self._digits()

    def _digits(self) -> None:
        begun = False
        while True:
            match = _DIGITS.match(self._window, self._at)
            begun = begun or bool(match and match[0])
            self._at = match.end() if match else self._at
            if self._at < len(self._window) or not self._more():
                break
        if not begun:
            raise Malformed("no value", is_cut=self._at == len(self._window))

    def _skip(self) -> bool:
        """A list or an object, however deep; whether it holds anything."""
        awaited = bytearray()
        holds = False
        while True:
            self._step()
            byte = self.peek()
            if byte in (b"[", b"{"):
                self._at += 1
                closing = b"]" if byte == b"[" else b"}"
                if not self._took(closing):
                    holds = True
                    awaited += closing
                    if closing == b"}":
                        self._name()
                    continue
            else:
                self.value()
            while awaited and not self._took(b","):
                self._expect(bytes(awaited[-1:]))
                del awaited[-1:]
            if not awaited:
                return holds
            self._pass_simple(awaited[-1:])

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise Malformed("it holds too much to be looked through")

    def _pass_simple(self, awaited: bytes | bytearray) -> None:
        """From a comma to the next value of a list or an object, past all that are simple."""
        if awaited == b"}":
            self._name()
        many = _many("listed" if awaited == b"]" else "named")
        while self._batch(many):
            pass

    def _name(self) -> str:
        """A name and its colon."""
        self.peek()
        self._kept = self._base + self._at
        try:
            span = self.text()
            token = self._since(span.start - 1)
        finally:
            self._kept = None
        self._expect(b":")
        return str(json.loads(token)) if token else ""

    def _batch(self, many: re.Pattern[bytes]) -> int:
        """Pass what `many` matches, as far as the window goes; how many bytes that was."""
        if len(self._window) - self._at < _BATCH:
            self._more()
        before = self._at
        if match := many.match(self._window, before, before + _BATCH):
            self._at = match.end()
        return self._at - before

    def _pass_text(self) -> None:
        """Past the content of a text, to its end, to the window's, or to what is no text."""
        window, at = self._window, self._at
        end = window.find(b'"', at)
        end = len(window) if end < 0 else end
        # For a long one a few searches for single bytes, which are many times as fast as an expression.
        if (
            end - at > _LONG
            and window.find(b"\\", at, end) < 0
            and not any(window.find(code, at, end) >= 0 for code in _CONTROLS)
        ):
            self._at = end
        elif match := _TEXT.match(window, at):
            self._at = match.end()

    def _taken(self, any_of: bytes) -> bool:
        if self._at == len(self._window):
            self._more()
        byte = self._window[self._at : self._at + 1]
        if not byte or byte not in any_of:
            return False
        self._at += 1
        return True

    def _took(self, byte: bytes) -> bool:
        if self.peek() != byte:
            return False
        self._at += 1
        return True

    def _expect(self, byte: bytes) -> None:
        if not self._took(byte):
            raise Malformed(f"no {byte.decode()}")

    def _since(self, start: int) -> bytes:
        """What was read from `start` on; nothing when it is longer than any token that means something."""
        if start < self._base or self._base + self._at - start > LONGEST_TOKEN:
            return b""
        return self._window[start - self._base : self._at]

    def _need(self) -> None:
        if not self._more():
            raise Malformed("cut off", is_cut=True)

    def _more(self) -> bool:
        """Another piece, behind what is not read yet."""
        piece = next(self._pieces, b"")
        if not piece:
            return False
        self._check_utf8(piece)
        keep = self._at
        if self._kept is not None and 0 <= self._base + self._at - self._kept <= LONGEST_TOKEN:
            keep = max(0, self._kept - self._base)
        self._window = self._window[keep:] + piece
        self._base += keep
        self._at -= keep
        return True

    def _check_utf8(self, piece: bytes, *, final: bool = False) -> None:
        try:
            self._decoder.decode(piece, final)
        except UnicodeDecodeError:
            raise Malformed("not UTF-8") from None
