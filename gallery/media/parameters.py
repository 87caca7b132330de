"""How a picture from anywhere says it was made, as the fields of our form: ours, A1111's, ComfyUI's, InvokeAI's.

Pure, and safe for hostile files: nothing is decoded, every text and every walk is bounded, nothing fails.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gallery.formats import read_sides, sides
from gallery.media.node_graph import read_graph
from gallery.media.texts import COMMENT, texts
from gallery.text import clean_text, storable
from venice.operations import MAX_PROMPT, PARAMETER

#: Of what Venice has no field for, so many are told, each so long.
MOST_UNUSED, LONGEST_VALUE = 60, 300

Value = str | int | float
#: Names in people's words with their values, as a reader finds them; one that is a key of `PARAMETER` is Venice's.
Pairs = Iterator[tuple[str, Any]]

# In the line of values: a name, then words in quotes or all up to the next comma. Bounded, so that none is tried long.
_PAIR = re.compile(r'\s*(\w[\w \-/]{0,60}):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)')
_NEGATIVE = "Negative prompt:"
_FEWEST_PAIRS = 3
# Words in a prompt that load something which Venice does not have.
_LOADS = re.compile(r" ?<(lora|lyco|hypernet):([^<>]{1,200})>")
_OURS = "Venice Gallery"
# Names of their format, and not our labels, though these are alike now.
_NAMES = {
    "Steps": "steps",
    "CFG scale": "cfg_scale",
    "Seed": "seed",
    "Model": "model",
    "Style": "style_preset",
}


@dataclass(frozen=True, slots=True)
class Parameters:
    """`fields` by Venice's names, `unused` are names and values that Venice has no field for, `source` who wrote it."""

    source: str
    fields: dict[str, Value]
    unused: tuple[tuple[str, str], ...]


def read(data: bytes) -> Parameters | None:
    """What the file says of how it was made; None when it says nothing that is known."""
    entries = texts(data)
    for name, source, reader in _READERS:
        if name in entries and (pairs := reader(entries[name])):
            return _sorted(source, pairs)
    comment = entries.get("parameters") or entries.get(COMMENT) or ""
    # Some write the whole graph as one comment.
    graph = _json(comment) if comment.lstrip().startswith("{") else {}
    if pairs := list(read_graph(graph.get("prompt"), graph.get("workflow"))):
        return _sorted("ComfyUI", pairs)
    if pairs := _read_infotext(comment):
        is_ours = ("Version", _OURS) in pairs
        return _sorted(_OURS if is_ours else "AUTOMATIC1111 or alike", pairs)
    pairs = list(read_graph(_json(entries.get("prompt", "")), _json(entries.get("workflow", ""))))
    return _sorted("ComfyUI", pairs) if pairs else None


def _sorted(source: str, pairs: list[tuple[str, Any]]) -> Parameters:
    """What Venice has a field for and may take, and the rest."""
    fields: dict[str, Value] = {}
    unused: list[tuple[str, str]] = []
    for name, value in pairs:
        taken = _taken(name, value)
        if taken is not None and name not in fields:
            fields[name] = taken
        elif len(unused) < MOST_UNUSED and (words := _words(value)):
            label = PARAMETER[name].label if name in PARAMETER else _words(name)
            unused.append((label, words))
    return Parameters(source, fields, tuple(unused))


def _taken(name: str, value: Any) -> Value | None:
    """The value as a field of ours has it; None when it has none, or it is beyond what Venice takes."""
    parameter = PARAMETER.get(name)
    if parameter is None or value is None or isinstance(value, bool):
        return None
    if parameter.kind in ("integer", "number"):
        return _number(value, parameter.kind == "integer", parameter.low, parameter.high)
    if not isinstance(value, str):
        return None
    text = clean_text(storable(value)) if len(value) <= 2 * MAX_PROMPT else ""
    return text if text and len(text) <= (MAX_PROMPT if parameter.kind == "text" else 200) else None


def _number(value: Any, is_whole: bool, low: float | None, high: float | None) -> int | float | None:
    try:
        number = float(str(value).strip()[:30])
    except ValueError:
        return None
    if not (low is None or number >= low) or not (high is None or number <= high):
        return None
    if is_whole:
        return int(number) if number == int(number) else None
    # To follow the prompt not at all is what no model takes.
    return number or None


def _words(value: Any) -> str:
    """A value in one line, short enough to be read; empty when there is nothing to say."""
    if value is None or value in ("", [], {}):
        return ""
    text = value if isinstance(value, str) else json.dumps(storable(value), ensure_ascii=False, default=str)
    text = " ".join(clean_text(storable(text[: 4 * LONGEST_VALUE])).split())
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _read_infotext(text: str) -> list[tuple[str, Any]]:
    """The prompt, the negative one, and a last line of `Name: value, …`, as A1111 and many after it write them."""
    lines = text.strip().split("\n")
    pairs = _PAIR.findall(lines[-1]) if len(lines[-1]) <= MAX_PROMPT else []
    if len(pairs) < _FEWEST_PAIRS:
        return []
    prompt, negative = list[str](), list[str]()
    for line in lines[:-1]:
        if not negative and line.strip().startswith(_NEGATIVE):
            negative.append(line.strip().removeprefix(_NEGATIVE))
        else:
            (negative or prompt).append(line)
    return [*_prompts("\n".join(prompt), "\n".join(negative)), *_values(pairs)]


def _prompts(prompt: Any, negative: Any) -> Pairs:
    if isinstance(prompt, str):
        yield "prompt", _LOADS.sub("", prompt).strip()
        yield from _LOADS.findall(prompt)[:MOST_UNUSED]
    if isinstance(negative, str) and negative.strip():
        yield "negative_prompt", negative.strip()


def _values(pairs: list[tuple[str, str]]) -> Pairs:
    for name, raw in pairs:
        value = _unquoted(raw.strip())
        size = read_sides(value) if name == "Size" else None
        if size:
            yield from _size(*size)
        else:
            yield _NAMES.get(name, name), value


def _size(width: Any, height: Any) -> Pairs:
    """Both sides, or neither where one is beyond what Venice takes."""
    both = {"width": width, "height": height}
    if all(_taken(name, value) is not None for name, value in both.items()):
        yield from both.items()
    elif width is not None and height is not None:
        yield "Size", sides(_words(width), _words(height))


def _unquoted(value: str) -> str:
    if value[:1] != '"':
        return value
    try:
        text = json.loads(value)
    except ValueError:
        return value.strip('"')
    return text if isinstance(text, str) else value


# InvokeAI's own names of what means the same here; which others are called alike, and mean something else, it decides.
_SIDES, _ALIKE = ("width", "height"), ("seed", "steps", "cfg_scale")


def _invoke(text: str) -> list[tuple[str, Any]]:
    """InvokeAI 3 and later: one flat object."""
    metadata = _json(text)
    if "positive_prompt" not in metadata and "seed" not in metadata:
        return []
    own = {"positive_prompt", "negative_prompt", *_SIDES, *_ALIKE}
    values = [(name, metadata.get(name)) for name in _ALIKE]
    rest = [(name, _named(value)) for name, value in metadata.items() if name not in own]
    prompts = _prompts(metadata.get("positive_prompt"), metadata.get("negative_prompt"))
    return [*prompts, *values, *_size(*map(metadata.get, _SIDES)), *_foreign(rest)]


def _invoke_before(text: str) -> list[tuple[str, Any]]:
    """InvokeAI 2: the model outside, the rest within `image`, the prompt as text or as weighted parts."""
    metadata = _json(text)
    image = metadata.pop("image", None)
    if not isinstance(image, dict) or "prompt" not in image:
        return []
    prompt = image["prompt"]
    if isinstance(prompt, list):
        parts = [each.get("prompt") for each in prompt[:20] if isinstance(each, Mapping)]
        prompt = ", ".join(each for each in parts if isinstance(each, str))
    own = {"prompt", *_SIDES, *_ALIKE}
    values = [(name, image.get(name)) for name in _ALIKE]
    rest = [(name, value) for name, value in {**metadata, **image}.items() if name not in own]
    return [
        *_prompts(prompt, None),
        *values,
        *_size(*map(image.get, _SIDES)),
        *_foreign(rest),
    ]


def _foreign(values: list[tuple[str, Any]]) -> Pairs:
    """Fields of another program are none of Venice's, though they may be called alike."""
    for name, value in values:
        yield name.replace("_", " ").capitalize() if name in PARAMETER else str(name).replace("_", " "), value


def _named(value: Any) -> Any:
    """What stands for a model by its name."""
    if isinstance(value, Mapping):
        return next((value[key] for key in ("name", "model_name") if isinstance(value.get(key), str)), value)
    return value


_READERS: tuple[tuple[str, str, Callable[[str], list[tuple[str, Any]]]], ...] = (
    ("invokeai_metadata", "InvokeAI", _invoke),
    ("sd-metadata", "InvokeAI", _invoke_before),
)
