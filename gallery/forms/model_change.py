"""What becomes of a form's values on another model: a ratio and pixels stand for one another, the rest is said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from gallery import formats
from gallery.forms.fields import said
from venice import Model
from venice.operations import MAX_SIDE, PARAMETER, PARAMETERS, TIERS
from venice.operations.ratio import Size, read_ratio, sides_of
from venice.operations.ratio import nearest_ratio as nearest_shape

# What a model takes as it is, or not at all.
_WHOLE = tuple(parameter for parameter in PARAMETERS if parameter.offer and not parameter.own_default)
_SIZE = frozenset(parameter.name for parameter in PARAMETERS if parameter.sizing)


@dataclass(frozen=True, slots=True)
class Carried:
    """The values for the other model, and a few words for each that is not as it was."""

    values: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def proportion(ratio: str) -> float | None:
    """Width by height of `16:9`; None for what is no ratio, as `auto`."""
    numbers = read_ratio(ratio)
    return numbers[0] / numbers[1] if numbers else None


def nearest_ratio(width: int, height: int, ratios: Iterable[str]) -> str | None:
    """That of `ratios` whose shape is nearest to width × height; None when none of them is a shape."""
    return nearest_shape(width, height, filter(proportion, ratios), near=inf)


def nearest_pixels(ratio: str, divisor: int = 1) -> Size | None:
    """Width and height of that shape in multiples of `divisor`, within what Venice takes; None for no shape."""
    shape = proportion(ratio)
    return sides_of(shape, divisor) if shape is not None else None


def nearest_sides(width: int, height: int, model: Model) -> Size:
    """The sides that `model`, which is sized in pixels, takes in place of these."""
    step = min(model.divisor, MAX_SIDE)
    return Size(_fitted(width, step), _fitted(height, step))


def carried(values: Mapping[str, Any], source: Model, target: Model) -> Carried:
    """`values` of a form of `source`, by Venice's names, as far as `target` takes them.

    What is only a default of the one becomes the default of the other, without a word.
    """
    if source.id == target.id:
        return Carried(dict(values))
    kept = {name: value for name, value in values.items() if name not in _SIZE | {"model"}}
    notes: list[str] = []
    size = (
        _pixels(values, source, target, notes) if target.sizing == "pixels" else _ratio(values, target, notes)
    )
    kept |= size | _tiers(values, source, target, notes)
    _steps(kept, source, target, notes)
    for parameter in _WHOLE:
        if said(kept.get(parameter.name)) is not None and not parameter.taken_by(target):
            notes.append(parameter.refusal)
            del kept[parameter.name]
    return Carried(kept, tuple(notes))


def _pixels(values: Mapping[str, Any], source: Model, target: Model, notes: list[str]) -> dict[str, int]:
    width, height = values.get("width"), values.get("height")
    if width and height:
        sides = nearest_sides(width, height, target)
        if sides != (width, height):
            notes.append(f"{formats.sides(width, height)} becomes {formats.sides(*sides)}")
    else:
        ratio = values.get("aspect_ratio") or source.default_aspect_ratio or ""
        nearest = nearest_pixels(ratio, target.divisor)
        sides = nearest or nearest_pixels("1:1", target.divisor) or Size(target.divisor, target.divisor)
        if values.get("aspect_ratio"):
            notes.append(f"{ratio} becomes {formats.sides(*sides)}")
    return {"width": sides[0], "height": sides[1]}


def _fitted(side: int, step: int) -> int:
    return min(max(step, round(side / step) * step), MAX_SIDE - MAX_SIDE % step)


def _ratio(values: Mapping[str, Any], target: Model, notes: list[str]) -> dict[str, str]:
    if not target.aspect_ratios:
        return {}
    width, height, before = values.get("width"), values.get("height"), values.get("aspect_ratio") or ""
    if before in target.aspect_ratios:
        return {"aspect_ratio": before}
    if not (width and height):
        shape = nearest_pixels(before)
        width, height = shape or (0, 0)
    ratio = nearest_ratio(width, height, target.aspect_ratios) if width and height else None
    ratio = ratio or target.default_aspect_ratio
    said = before or (formats.sides(values["width"], values["height"]) if values.get("width") else "")
    # A square is a square.
    if said and ratio and proportion(ratio) != (width / height if width and height else 0):
        notes.append(f"{said} becomes {ratio}")
    return {"aspect_ratio": ratio} if ratio else {}


def _tiers(values: Mapping[str, Any], source: Model, target: Model, notes: list[str]) -> dict[str, str]:
    """Resolution and quality: the same where they are offered, otherwise the model's own."""
    tiers = {}
    for parameter in TIERS:
        name, offered = parameter.name, parameter.offered_by(target)
        own, default = parameter.default_of(target), parameter.default_of(source)
        value = values.get(name)
        same = next((each for each in offered if value and each.lower() == value.lower()), None)
        if same and value != default:
            tiers[name] = same
            continue
        if offered and own:
            tiers[name] = own
        if value and value != default and not same:
            notes.append(f"{name} {value} becomes {own}" if offered else parameter.refusal)
    return tiers


def _steps(kept: dict[str, Any], source: Model, target: Model, notes: list[str]) -> None:
    steps = kept.pop("steps", None)
    if not target.uses_steps:
        if steps and steps != source.steps_default:
            notes.append(PARAMETER["steps"].refusal)
        return
    if steps is None or (source.uses_steps and steps == source.steps_default):
        kept["steps"] = target.steps_default
        return
    kept["steps"] = min(steps, target.steps_max)
    if kept["steps"] != steps:
        notes.append(f"{steps} steps become {kept['steps']}")
