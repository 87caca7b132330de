"""What Venice can be asked for: frozen values that know their path and their JSON body."""

from typing import TypeAlias

from venice.operations.checks import MAX_PROMPT
from venice.operations.edit import DEFAULT_EDIT_MODEL, EDIT_FORMATS, Edit, MultiEdit
from venice.operations.finishing import MAX_CREATIVITY, MAX_SCALE, MIN_SCALE, RemoveBackground, Upscale
from venice.operations.generate import FORMATS, MAX_CFG_SCALE, MAX_SEED, MAX_SIDE, MAX_VARIANTS, Generate
from venice.operations.generations import OpenAIGenerate
from venice.operations.style import StyleReference

__all__ = [
    "DEFAULT_EDIT_MODEL",
    "EDIT_FORMATS",
    "FORMATS",
    "MAX_CFG_SCALE",
    "MAX_CREATIVITY",
    "MAX_PROMPT",
    "MAX_SCALE",
    "MAX_SEED",
    "MAX_SIDE",
    "MAX_VARIANTS",
    "MIN_SCALE",
    "Edit",
    "Generate",
    "MultiEdit",
    "OpenAIGenerate",
    "Operation",
    "RemoveBackground",
    "StyleReference",
    "Upscale",
]

Operation: TypeAlias = Generate | OpenAIGenerate | Edit | MultiEdit | Upscale | RemoveBackground
