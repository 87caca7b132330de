"""What is wrong with a part of a search, in words that name what may have been meant."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

# So many names stand in a sentence: as many as there are operators, and some more.
MOST_NAMES = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a search, as it was typed, that is not searched, and why; no part when it is about the whole.

    `nearest` is the name and the value of an operator that may have been meant; empty where nothing is near.
    """

    part: str
    message: str
    nearest: tuple[str, str] | None = None


class Unreadable(ValueError):
    """Its words say why, to the person who typed; `nearest` is the value that may have been meant."""

    nearest = ""


class Missing(Unreadable):
    """`wanted` is none of those that exist; its words name the nearest, or some."""

    def __init__(self, message: str, wanted: str, existing: Iterable[str]) -> None:
        names = list(existing)
        self.nearest = _nearest(wanted, names)
        hint = f"The nearest is “{self.nearest}”." if self.nearest else _all_of(names)
        super().__init__(f"{message} {hint}".strip())


def _nearest(wanted: str, names: list[str]) -> str:
    """What begins so, the shortest first, or else is spelt nearly so; empty where nothing is near."""
    begun = sorted((name for name in names if wanted and name.startswith(wanted)), key=len)
    close = begun or get_close_matches(wanted, names, n=1)
    return close[0] if close else ""


def _all_of(names: list[str]) -> str:
    left = len(names) - MOST_NAMES
    some = ", ".join(names[:MOST_NAMES]) + (f" and {left} more" if left > 0 else "")
    return f"There are: {some}." if names else ""
