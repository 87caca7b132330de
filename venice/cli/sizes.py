"""A size that was asked for in the other way than the model's is turned into the model's, never dropped."""

import dataclasses

from venice.catalog import Model
from venice.cli.output import say
from venice.errors import InvalidRequest
from venice.formats import sides
from venice.operations import Generate
from venice.operations.ratio import nearest_ratio, pixels_of

_SIDE = 1024


def sized(operation: Generate, model: Model) -> Generate:
    """The same request with the size in the model's terms. InvalidRequest for what cannot be turned into them."""
    if operation.resolution is not None and not model.resolutions:
        raise _wrong("resolution", f"{model.name} has no choice of resolution; leave it out.")
    if model.sizing == "pixels":
        return _in_pixels(operation, model)
    return _as_ratio(operation, model)


def _in_pixels(operation: Generate, model: Model) -> Generate:
    ratio = operation.aspect_ratio
    if ratio is None:
        return operation
    if operation.width is not None or operation.height is not None:
        raise _wrong("aspect_ratio", f"{model.name} is sized in pixels; give a ratio or sides, not both.")
    size = pixels_of(ratio, model.divisor)
    if size is None:
        raise _wrong("aspect_ratio", f"{model.name} is sized in pixels; give --width and --height.")
    say(f"{model.name} is sized in pixels: {ratio} becomes {sides(size.width, size.height)}.")
    return dataclasses.replace(operation, width=size.width, height=size.height, aspect_ratio=None)


def _as_ratio(operation: Generate, model: Model) -> Generate:
    if operation.width is None and operation.height is None:
        return operation
    width, height = operation.width or _SIDE, operation.height or _SIDE
    ratio = operation.aspect_ratio or nearest_ratio(width, height, model.aspect_ratios)
    if ratio is None:
        offered = ", ".join(model.aspect_ratios) or "no choice of ratio"
        raise _wrong("width", f"{model.name} is sized by aspect ratio, and offers {offered}.")
    say(f"{model.name} is sized by aspect ratio: {sides(width, height)} becomes {ratio}.")
    return dataclasses.replace(operation, width=None, height=None, aspect_ratio=ratio)


def _wrong(field: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, field_errors={field: message})
