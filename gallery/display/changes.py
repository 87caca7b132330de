"""What has become of one request in another, in a few words: `seed`, `+ fog`, `cfg 7 → 5`, `upscaled ×2`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gallery.display.details import LABELS, value_words
from gallery.display.word_diff import Piece, difference
from gallery.models import Generation, Kind
from venice.operations import PARAMETER, PIXELS, TEXTS

#: Characters of a value where it only says what has changed.
LONGEST = 40
# Words that came or went are named while they are so few; more make another prompt.
_FEW = 3
# A tree has two hundred of these: texts beyond are only said to differ.
_MOST_CHARACTERS, _STEPS = 4000, 2000
# Said in words of their own, or beside the thumbnail as pictures; a scale is part of what an upscaled one is called.
_OWN = TEXTS | {*PIXELS, "seed", "image", "images", "scale"}
_DONE = {
    Kind.EDIT: "edited",
    Kind.MULTI_EDIT: "edited together",
    Kind.REMOVE_BACKGROUND: "background removed",
}


def changes(before: Generation, after: Generation) -> list[str]:
    """How `after`, which was made from `before` or its pictures, was asked for otherwise; never empty."""
    if after.run_again_of_id == before.pk:
        return ["run again"]
    if after.kind not in (Kind.GENERATE, Kind.OPENAI_GENERATE):
        return _operation(before, after)
    if before.kind != after.kind:
        return ["generated from it"]
    return [*_texts(before, after), *_values(before.request, after.request)] or ["the same request"]


def _operation(before: Generation, after: Generation) -> list[str]:
    """What was done to a picture; where the same was done before, how it was done otherwise."""
    done = _DONE.get(Kind(after.kind)) if after.kind in Kind.values else None
    if after.kind == Kind.UPSCALE:
        done = f"upscaled{after.label.removeprefix('Upscale')}"
    words = after.prompt.text if after.prompt else ""
    said = done or after.label.lower()
    return [f"{said}: {cut(words)}" if words else said]


def _texts(before: Generation, after: Generation) -> Iterator[str]:
    old, new = (each.request.get("prompt", "") for each in (before, after))
    if old != new:
        yield from words_changed(str(old), str(new)) or ["another prompt"]
    old, new = (each.request.get("negative_prompt", "") for each in (before, after))
    if old != new:
        said = words_changed(str(old), str(new))
        yield from [f"negative {each}" for each in said] or ["another negative prompt"]


def words_changed(old: str, new: str) -> list[str]:
    """`+ fog`, `− rain`, `red → blue`; empty where so much has changed that it is another text."""
    if max(len(old), len(new)) > _MOST_CHARACTERS:
        return []
    words = [set(re.findall(r"\w+", each)) for each in (old, new)]
    if 3 * len(words[0] & words[1]) < min(map(len, words)):
        # Texts that have little in common take longest to be compared.
        return []
    diff = difference(old, new, _STEPS)
    if diff.is_coarse:
        return []
    said = list(_said([each for each in diff.pieces if each.text.strip() or each.kind == "same"]))
    same = sum(len(each.text) for each in diff.pieces if each.kind == "same")
    is_another = len(said) > _FEW or (same * 3 < min(len(old), len(new)))
    return [] if is_another else said


def _said(pieces: list[Piece]) -> Iterator[str]:
    at = 0
    while at < len(pieces):
        kind, text = pieces[at]
        following = pieces[at + 1] if at + 1 < len(pieces) else None
        if kind == "removed" and following and following.kind == "added":
            yield f"{cut(_bare(text))} → {cut(_bare(following.text))}"
            at += 1
        elif kind != "same":
            yield f"{'+' if kind == 'added' else '−'} {cut(_bare(text))}"
        at += 1


def _bare(text: str) -> str:
    """Without what only parts it from its neighbours, if there is more to it."""
    return " ".join(text.split()).strip(",;. ") or text.strip()


def _values(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old.get("model") != new.get("model"):
        yield f"model: {_value(old, 'model')} → {_value(new, 'model')}"
    if old.get("seed") != new.get("seed"):
        yield "seed"
    sizes = [_size(old), _size(new)]
    if sizes[0] != sizes[1]:
        yield f"size {sizes[0]} → {sizes[1]}"
    for name in dict.fromkeys([*(name for name in LABELS if name in new or name in old), *new, *old]):
        if name in _OWN or name == "model":
            continue
        values = [_value(old, name), _value(new, name)]
        if values[0] != values[1]:
            in_line = PARAMETER[name].in_line if name in PARAMETER else ""
            label = in_line or LABELS.get(name, name)[:LONGEST].lower()
            yield f"{label} {values[0]} → {values[1]}"


def _value(request: Mapping[str, Any], name: str) -> str:
    return cut(value_words(request[name])) if name in request else "none"


def _size(request: Mapping[str, Any]) -> str:
    sides = [request.get("width"), request.get("height")]
    return "none" if sides == [None, None] else " × ".join(cut(str(each or "none")) for each in sides)


def cut(words: str) -> str:
    """At most LONGEST characters of it, as stand beside a thumbnail."""
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
