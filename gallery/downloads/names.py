"""Names of files that are taken home: what they say is a person's pattern, and every common system takes them."""

import re
from collections.abc import Mapping

from gallery.text import cut_to_bytes, normalize, without_unseen

FIELDS = ("date", "time", "prompt", "seed", "model", "style", "id", "by", "format")
# Bytes of UTF-8: of a whole name without its ending, and of the words of a prompt, so that the seed stays in it.
MOST, MOST_WORDS = 150, 80

_FIELD = re.compile(r"\{([^{}]*)\}")
# What Windows forbids, and what parts folders anywhere.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_GAP = re.compile(r"\s+")
_SEPARATORS = re.compile(r"[-_. ]*([-_ ])[-_. ]*")
# Windows takes these for devices, whatever stands behind a dot.
_DEVICES = frozenset({"con", "prn", "aux", "nul", "conin$", "conout$"}) | {
    f"{device}{number}" for device in ("com", "lpt") for number in (*range(10), "¹", "²", "³")
}
_ENDING = ".{format}"


class BadPattern(ValueError):
    """A pattern that names no file; the message says why, to a person."""


def check(pattern: str) -> str:
    """The pattern as it is kept: without its ending, which every name has. Raises BadPattern."""
    pattern = " ".join(pattern.split()).removesuffix(_ENDING)
    for name in _FIELD.findall(pattern):
        if name not in FIELDS:
            fields = " ".join(f"{{{field}}}" for field in FIELDS)
            raise BadPattern(f"There is no {{{name[:20]}}}. There is: {fields}.")
    rest = _FIELD.sub("", pattern)
    if "{" in rest or "}" in rest:
        raise BadPattern("A brace is open.")
    if forbidden := _FORBIDDEN.search(rest):
        raise BadPattern(f"A file's name cannot hold {forbidden[0][0]!r}.")
    if not _FIELD.search(pattern):
        raise BadPattern("All files would have the same name: put in {id}, or another field.")
    return pattern


def stem(pattern: str, values: Mapping[str, str]) -> str:
    """The name without its ending. A field that is empty goes, with what parted it from the next."""

    def fill(match: re.Match[str]) -> str:
        value = _plain(values.get(match[1], ""))
        words = _GAP.sub("-", value) if match[1] == "prompt" else value
        return cut_to_bytes(words, MOST_WORDS)

    filled = _plain(_FIELD.sub(fill, pattern))
    name = cut_to_bytes(_SEPARATORS.sub(r"\1", filled).strip("-_. "), MOST).strip("-_. ")
    if not name:
        name = f"picture-{values.get('id', '')}".strip("-")
    return f"_{name}" if name.partition(".")[0].strip().casefold() in _DEVICES else name


def _plain(text: str) -> str:
    """In NFC, without what no name may hold and what nobody sees: marks of direction turn an ending around."""
    seen = without_unseen(normalize("NFC", text))
    return _GAP.sub(" ", _FORBIDDEN.sub("-", seen)).strip()


class Unique:
    """Names of one folder: none twice, on systems that know neither case nor Unicode forms."""

    def __init__(self, *taken: str) -> None:
        self._taken = {self._key(name) for name in taken}
        # Of each name the number that was given last: thousands of alike ones are not counted from the first.
        self._last: dict[str, int] = {}

    def name(self, stem: str, extension: str) -> str:
        """`stem.extension`, with a number where that is taken."""
        name = f"{stem}.{extension}"
        first = self._key(name)
        number = self._last.get(first, 1)
        while self._key(name) in self._taken:
            number += 1
            name = f"{stem}-{number}.{extension}"
        self._last[first] = number
        self._taken.add(self._key(name))
        return name

    @staticmethod
    def _key(name: str) -> str:
        return normalize("NFKD", normalize("NFKD", name).casefold())
