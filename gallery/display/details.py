"""The rows and the bar that tell all about a request: parameters in people's words, and where its time went."""

from dataclasses import dataclass
from typing import NamedTuple

from gallery.models import Generation, Kind, State

# Venice's own names, in the order and the words in which people read them. The prompts have their own place.
LABELS = {
    "kind": "Operation",
    "model": "Model",
    "modelId": "Model",
    "seed": "Seed",
    "width": "Width",
    "height": "Height",
    "aspect_ratio": "Aspect ratio",
    "resolution": "Resolution",
    "quality": "Quality",
    "steps": "Steps",
    "cfg_scale": "CFG scale",
    "style_preset": "Style",
    "style_references": "Style references",
    "scale": "Scale",
    "creativity": "Creativity",
    "variants": "Variants",
    "format": "Format asked for",
    "output_format": "Format asked for",
    "safe_mode": "Safe mode",
    "hide_watermark": "Hide watermark",
    "embed_exif_metadata": "Embed metadata",
    "enhance_prompt": "Enhance prompt",
    "enable_web_search": "Web search",
}
# So are its pictures.
_ELSEWHERE = {"prompt", "negative_prompt", "image", "images"}


class Row(NamedTuple):
    """One line of the list; `name` is Venice's own."""

    name: str
    label: str
    value: str


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
    known = [name for name in LABELS if name in request]
    rest = [name for name in request if name not in LABELS and name not in _ELSEWHERE]
    return [Row(name, LABELS.get(name, name), _words(request[name])) for name in (*known, *rest)]


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


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        # Style references: each is shown as a picture, and told here by how closely it is followed.
        strengths = [each.get("strength") if isinstance(each, dict) else each for each in value]
        return ", ".join("usual strength" if each is None else f"strength {each}" for each in strengths)
    return str(value)
