"""What Venice can be asked for: frozen values that know their path and their JSON body."""

import dataclasses
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeAlias

from venice.operations.checks import MAX_PROMPT
from venice.operations.edit import DEFAULT_EDIT_MODEL, EDIT_FORMATS, Edit, MultiEdit
from venice.operations.generate import Generate
from venice.operations.generations import OpenAIGenerate
from venice.operations.parameters import (
    FORMATS,
    MAX_CFG_SCALE,
    MAX_CREATIVITY,
    MAX_SCALE,
    MAX_SEED,
    MAX_SIDE,
    MAX_VARIANTS,
    MIN_SCALE,
    PARAMETER,
    PARAMETERS,
    PIXELS,
    SHAPE,
    TEXTS,
    TIERS,
    Parameter,
)
from venice.operations.payloads import Input, Role
from venice.operations.style import StyleReference
from venice.operations.upscale import RemoveBackground, Upscale
from venice.sources import ImageSource

__all__ = [
    "DEFAULT_EDIT_MODEL",
    "EDIT_FORMATS",
    "FORMATS",
    "KINDS",
    "MAX_CFG_SCALE",
    "MAX_CREATIVITY",
    "MAX_PROMPT",
    "MAX_SCALE",
    "MAX_SEED",
    "MAX_SIDE",
    "MAX_VARIANTS",
    "MIN_SCALE",
    "PARAMETER",
    "PARAMETERS",
    "PIXELS",
    "SHAPE",
    "TEXTS",
    "TIERS",
    "Edit",
    "Generate",
    "Input",
    "MultiEdit",
    "OpenAIGenerate",
    "Operation",
    "Parameter",
    "RemoveBackground",
    "Role",
    "StyleReference",
    "Upscale",
    "operation_from",
    "parameters_of",
]

Operation: TypeAlias = Generate | OpenAIGenerate | Edit | MultiEdit | Upscale | RemoveBackground

_BY_KIND: dict[str, type[Operation]] = {
    operation.kind: operation
    for operation in (Generate, OpenAIGenerate, Edit, MultiEdit, Upscale, RemoveBackground)
}
#: The name of each operation, for columns and addresses.
KINDS = tuple(_BY_KIND)


@cache
def parameters_of(kind: str) -> tuple[Parameter, ...]:
    """Those that an operation of this kind has, in the order of the table; ValueError for an unknown kind."""
    names = {entry.name for entry in dataclasses.fields(_class_of(kind))}
    return tuple(parameter for parameter in PARAMETERS if parameter.name in names)


def operation_from(kind: str, payload: Mapping[str, Any], images: Iterable[ImageSource] = ()) -> Operation:
    """The operation of this kind whose `payload` it is; `images` are those that the payload left out, in order.

    ValueError for an unknown kind, TypeError for a payload with a missing key or image, and
    InvalidRequest for one that Venice would refuse.
    """
    return _class_of(kind).from_payload(payload, images)


def _class_of(kind: str) -> type[Operation]:
    if kind not in _BY_KIND:
        raise ValueError(f"there is no operation of the kind {kind[:40]!r}")
    return _BY_KIND[kind]
