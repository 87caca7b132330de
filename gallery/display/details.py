"""The rows and the bar that tell all about a request: parameters in people's words, and where its time went."""

from dataclasses import dataclass
from typing import NamedTuple

from gallery.display.word_diff import Difference, difference
from gallery.models import Generation, Kind, State
from venice.operations import PARAMETERS, TEXTS

# Parameters in the order and the words of their table, but for what Venice answers with too, and what has no field.
_OTHER_LABELS = {
    "format": "Format asked for",
    "output_format": "Format asked for",
    "style_references": "Style references",
}
#: What each is called.
LABELS = {"kind": "Operation"} | {parameter.name: parameter.label for parameter in PARAMETERS} | _OTHER_LABELS
# These have a place of their own on the page.
_ELSEWHERE = TEXTS | {"image", "images"}


class Row(NamedTuple):
    """One line of the list; `name` is Venice's own."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words of a request: `name` stands in ids, and `what` says what a button copies."""

    name: str
    title: str
    what: str
    words: str


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of the bar, in milliseconds from its left edge."""

    name: str
    start: int
    length: int


def request_rows(generation: Generation) -> list[Row]:
    """What was asked for, in full; a parameter that is new to us comes last under its own name."""
    request = generation.request
    if generation.kind != Kind.GENERATE:
        request = {"kind": generation.label, **request}
    listed = [name for name in LABELS if name in request and name not in _ELSEWHERE]
    rest = [name for name in request if name not in LABELS and name not in _ELSEWHERE]
    return [Row(name, LABELS.get(name, name), value_words(request[name])) for name in (*listed, *rest)]


def texts(generation: Generation) -> list[Text]:
    """What was asked for in words, and what Venice made of it; those that are there."""
    prompt = generation.prompt.text if generation.prompt else ""
    every = (
        Text("prompt", "Prompt", "prompt", prompt),
        Text("negative", "Negative prompt", "negative prompt", generation.negative_prompt),
        Text("enhanced", "As Venice enhanced it", "enhanced prompt", generation.enhanced_prompt),
    )
    return [text for text in every if text.words]


def enhancement(generation: Generation) -> Difference | None:
    """What Venice has made of the prompt, word by word; None where it left it as it was, or told nothing."""
    before, after = generation.request.get("prompt", ""), generation.enhanced_prompt
    return difference(str(before), after) if after and after != before else None


def slices(generation: Generation) -> list[Slice]:
    """Venice's times and ours, end to end; empty when none is known, and for what did not end well.

    Venice's preprocessing time holds its inference time, as a rule: then only what is left of it is preparing.
    """
    if generation.state != State.DONE:
        return []
    ours = generation.stored_after
    preparing, inference = generation.preprocessing_ms, generation.inference_ms
    if preparing is not None and inference is not None and preparing >= inference:
        preparing -= inference
    times = (
        ("queue", generation.queue_ms),
        ("preparing", preparing),
        ("inference", inference),
        ("ours", max(0, round(ours.total_seconds() * 1000)) if ours is not None else None),
    )
    bar, start = [], 0
    for name, length in times:
        if length is not None:
            bar.append(Slice(name, start, length))
            start += length
    return bar


def value_words(value: object) -> str:
    """A value of a request as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        # Style references: each is shown as a picture, and described here by how closely it is followed.
        strengths = [each.get("strength") if isinstance(each, dict) else each for each in value]
        return ", ".join("usual strength" if each is None else f"strength {each}" for each in strengths)
    return str(value)
