"""What may be varied in a request, and how its values are typed: lists, ranges, words to exchange."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TypeAlias

from gallery.formats import read_sides, sides
from gallery.text import clean_text
from venice import Model
from venice.operations import MAX_CFG_SCALE, MAX_PROMPT, MAX_SEED, MAX_SIDE, PARAMETER
from venice.operations.ratio import read_ratio

#: No axis has more values, and no matrix more cells.
MOST = 500
# A value as JSON keeps it; None is the model's own.
Value: TypeAlias = int | float | str | None

# Not the table's parameters: a size is several of them, words are a part of one, and most others are not worth varying.
SEED, CFG, STEPS, STYLE, SIZE, MODEL, PROMPT = (
    "seed",
    "cfg_scale",
    "steps",
    "style_preset",
    "size",
    "model",
    "prompt",
)
#: In the order in which they are taken for columns, rows and pages.
NAMES = (SEED, CFG, STEPS, STYLE, SIZE, MODEL, PROMPT)
LABELS = {name: PARAMETER[name].label for name in NAMES if name in PARAMETER} | {
    SIZE: "Size",
    PROMPT: "Words",
}
HINTS = {
    SEED: "1..8",
    CFG: "5..9 step 2",
    STEPS: "10, 20, 30",
    SIZE: "1024x768, 16:9",
    PROMPT: "fog | rain | snow",
}
#: How no style is typed and shown.
NONE = "none"

_NUMBER = r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,6})?"
_RANGE = re.compile(
    rf"({_NUMBER})\s*(?:\.\.|…)\s*({_NUMBER})(?:\s*(?:step|by)\s*({_NUMBER}))?", re.ASCII | re.IGNORECASE
)
_ONE = re.compile(_NUMBER, re.ASCII)


class WrongValues(ValueError):
    """What is wrong with what was typed, for people, with the piece in question."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that is varied and its values, each once, in the order typed.

    The values of words are what the first of them is exchanged for in the prompt, itself among them.
    """

    name: str
    values: tuple[Value, ...]

    @property
    def label(self) -> str:
        return LABELS[self.name]

    @property
    def labels(self) -> tuple[str, ...]:
        """Each value as people read it."""
        return tuple(written(self.name, value) for value in self.values)


def written(name: str, value: Value) -> str:
    """A value of the axis `name` as people read it."""
    if value is None:
        return NONE if name == STYLE else "the model’s own"
    if value == "":
        return "(left out)"
    return f"{value:g}" if isinstance(value, float) else str(value)


def read_axis(
    name: str,
    text: str,
    *,
    models: Mapping[str, Model],
    styles: Sequence[str],
    prompt: str,
    withdrawn: Mapping[str, str] = MappingProxyType({}),
) -> Axis | None:
    """The axis as it was typed; None when nothing was. WrongValues with the piece that is wrong.

    `models` by id and `styles` are what is offered; `prompt` is what words are exchanged in, and
    `withdrawn` the names of models that were offered, by their ids.
    """
    readers: dict[str, Callable[[], Iterable[Value]]] = {
        SEED: lambda: _whole(text, -MAX_SEED, MAX_SEED),
        STEPS: lambda: _whole(text, 1, max((each.steps_max for each in models.values()), default=1)),
        CFG: lambda: _decimals(text),
        STYLE: lambda: [_style(piece, styles) for piece in _pieces(text)],
        SIZE: lambda: [_size(piece) for piece in _pieces(text)],
        MODEL: lambda: [_model(piece, models, withdrawn) for piece in _pieces(text)],
        PROMPT: lambda: _words(text, prompt),
    }
    if not text.strip():
        return None
    values = tuple(dict.fromkeys(readers[name]()))
    if len(values) > MOST:
        raise WrongValues(f"These are {len(values)} values; at most {MOST} have a place.")
    return Axis(name, values) if values else None


def _pieces(text: str) -> list[str]:
    return [piece.strip() for piece in re.split(r"[,;|\n]", text) if piece.strip()]


def _quoted(piece: str) -> str:
    return f"“{piece if len(piece) <= 40 else piece[:39] + '…'}”"


def _numbers(text: str) -> list[Decimal]:
    """All that lists and ranges name, counted before any of them is written down."""
    numbers: list[Decimal] = []
    for piece in _pieces(text):
        if match := _RANGE.fullmatch(piece):
            start, end, step = Decimal(match[1]), Decimal(match[2]), Decimal(match[3] or 1)
            numbers += _steps_of(piece, start, end, step, MOST - len(numbers))
        else:
            # Numbers alone may be parted by spaces.
            parts = piece.split()
            if wrong := next((part for part in parts if not _ONE.fullmatch(part)), None):
                raise WrongValues(
                    f"{_quoted(wrong)} is no number. Type values as 5, 7, 9 or as a range: 1..8, 5..9 step 2."
                )
            numbers += [Decimal(part) for part in parts]
    return numbers


def _steps_of(piece: str, start: Decimal, end: Decimal, step: Decimal, room: int) -> list[Decimal]:
    if step <= 0:
        raise WrongValues(f"The step of {_quoted(piece)} must be above 0.")
    count = int(abs(end - start) / step) + 1
    if count > room:
        raise WrongValues(f"{_quoted(piece)} is {count} values; at most {MOST} have a place.")
    way = step if end >= start else -step
    return [start + way * number for number in range(count)]


def _whole(text: str, low: int, high: int) -> list[int]:
    numbers = _numbers(text)
    for number in numbers:
        if number != number.to_integral_value() or not low <= number <= high:
            raise WrongValues(f"{_quoted(f'{number:f}')}: must be a whole number from {low} to {high}.")
    return [int(number) for number in numbers]


def _decimals(text: str) -> list[float]:
    numbers = _numbers(text)
    for number in numbers:
        if not 0 < number <= MAX_CFG_SCALE:
            raise WrongValues(f"{_quoted(f'{number:f}')}: must be above 0 and at most {MAX_CFG_SCALE}.")
    return [float(number) for number in numbers]


def _style(piece: str, styles: Sequence[str]) -> str | None:
    if piece.casefold() == NONE:
        return None
    return _named(piece, {style.casefold(): style for style in styles}, "There is no style")


def _model(piece: str, models: Mapping[str, Model], withdrawn: Mapping[str, str]) -> str:
    names = {model.name.casefold(): model.id for model in models.values()} | {
        each.casefold(): each for each in models
    }
    gone = {each.casefold(): name for pk, name in withdrawn.items() for each in (pk, name)}
    if piece.casefold() in gone.keys() - names.keys():
        raise WrongValues(f"Model {gone[piece.casefold()]} is no longer offered.")
    return _named(piece, names, "There is no model")


def _named(piece: str, names: Mapping[str, str], nothing: str) -> str:
    if same := names.get(piece.casefold()):
        return same
    near = difflib.get_close_matches(piece[:100].casefold(), names, n=1)
    hint = f" Did you mean {names[near[0]]}?" if near else ""
    raise WrongValues(f"{nothing} {_quoted(piece)}.{hint}")


def _size(piece: str) -> str:
    if pixels := read_sides(piece):
        if not 1 <= min(pixels) <= max(pixels) <= MAX_SIDE:
            raise WrongValues(f"{_quoted(piece)}: a side has 1 to {MAX_SIDE} pixels.")
        return sides(*pixels, "×")
    if ratio := read_ratio(piece):
        return f"{ratio[0]}:{ratio[1]}"
    if piece.casefold() == "auto":
        return "auto"
    raise WrongValues(f"{_quoted(piece)} is no size. Type pixels, 1024x768, or a ratio, 16:9.")


def _words(text: str, prompt: str) -> list[str]:
    words = [clean_text(piece) for piece in re.split(r"[|\n]", text.strip().strip("|"))]
    first = words[0] if words else ""
    if not first:
        raise WrongValues(
            "Begin with words of the prompt, then what comes in their place: fog | rain | snow."
        )
    if first not in prompt:
        raise WrongValues(f"{_quoted(first)} does not stand in the prompt, letter for letter.")
    if len(words) < 2:
        raise WrongValues(f"Nothing comes in the place of {_quoted(first)}: fog | rain | snow.")
    # Computed, since a word that stands in a prompt a thousand times makes gigabytes of a long one.
    places = prompt.count(first)
    for word in words:
        if len(prompt) + places * (len(word) - len(first)) > MAX_PROMPT:
            raise WrongValues(f"With {_quoted(word)} the prompt has more than {MAX_PROMPT:,} characters.")
        if not word and not clean_text(prompt.replace(first, word)):
            raise WrongValues(f"Without {_quoted(first)} the prompt has no words.")
    return words
