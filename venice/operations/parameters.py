"""Every parameter of a request, once: Venice's name for it, the words in which people read it, and its bounds.

Forms, lists of a request's details and the options of the command line are made from this table. What one model
takes of it stands in that model's entry in the catalogue.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

MAX_SIDE = 1280
MAX_SEED = 999_999_999
MAX_CFG_SCALE = 20
MAX_VARIANTS = 4
FORMATS = ("webp", "png", "jpeg")
MIN_SCALE, MAX_SCALE = 2, 4
#: Above it Venice clamps; so much invention is all there is.
MAX_CREATIVITY = 0.02

#: `text` may have many lines, `name` is one; `choice` is one of the model's own or of `choices`.
Kind: TypeAlias = Literal["text", "name", "choice", "integer", "number", "flag"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field of a request. Bounds hold whatever the model; those of a choice stand in `choices`, if anywhere."""

    name: str
    label: str
    kind: Kind
    help: str = ""
    advanced: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """Its name on a command line."""
        return f"--{self.name.replace('_', '-')}"


#: In the order in which people read them.
PARAMETERS: tuple[Parameter, ...] = (
    Parameter("prompt", "Prompt", "text", "What is to be seen."),
    Parameter(
        "negative_prompt", "Negative prompt", "text", "What must not be in the picture.", advanced=True
    ),
    Parameter("model", "Model", "name"),
    Parameter("modelId", "Model", "name"),
    Parameter(
        "seed",
        "Seed",
        "integer",
        "The same seed with the same values makes the same picture.",
        low=-MAX_SEED,
        high=MAX_SEED,
    ),
    Parameter("width", "Width", "integer", "In pixels.", low=1, high=MAX_SIDE),
    Parameter("height", "Height", "integer", "In pixels.", low=1, high=MAX_SIDE),
    Parameter("aspect_ratio", "Aspect ratio", "choice"),
    Parameter("resolution", "Resolution", "choice"),
    Parameter("quality", "Quality", "choice"),
    Parameter("steps", "Steps", "integer", "More is slower and finer.", advanced=True, low=1, high=1000),
    Parameter(
        "cfg_scale",
        "CFG scale",
        "number",
        f"Above 0, at most {MAX_CFG_SCALE}; higher follows the prompt more closely.",
        advanced=True,
        low=0,
        high=MAX_CFG_SCALE,
    ),
    Parameter("style_preset", "Style", "name"),
    Parameter("lora_strength", "LoRA strength", "integer", advanced=True, low=0, high=100),
    Parameter("scale", "Scale", "number", "How many times the sides.", low=MIN_SCALE, high=MAX_SCALE),
    Parameter(
        "creativity",
        "Creativity",
        "number",
        f"How much is invented, 0 to {MAX_CREATIVITY}.",
        advanced=True,
        low=0,
        high=MAX_CREATIVITY,
    ),
    Parameter(
        "variants",
        "Variants",
        "integer",
        "Each is paid for, and only the first can be re-run by its seed.",
        low=1,
        high=MAX_VARIANTS,
    ),
    Parameter("format", "Format", "choice", advanced=True, choices=FORMATS),
    Parameter("output_format", "Format", "choice", advanced=True, choices=("png", "jpeg", "webp")),
    Parameter("safe_mode", "Safe mode", "flag", "Adult pictures come blurred.", advanced=True),
    Parameter("hide_watermark", "Hide watermark", "flag", advanced=True),
    Parameter(
        "embed_exif_metadata",
        "Embed EXIF metadata",
        "flag",
        "Venice writes the prompt into the file.",
        advanced=True,
    ),
    Parameter(
        "enhance_prompt",
        "Enhance prompt",
        "flag",
        "Venice rewrites the prompt first: up to 30 s more.",
        advanced=True,
    ),
    Parameter(
        "enable_web_search",
        "Search the web",
        "flag",
        "The model may look up what is current.",
        advanced=True,
    ),
    Parameter(
        "disable_prompt_optimization_thinking",
        "Prompt optimization without thinking",
        "flag",
        advanced=True,
    ),
    Parameter("return_binary", "Binary answer", "flag", advanced=True),
    Parameter("anon_user_id", "Anonymous user", "name", advanced=True),
)

PARAMETER = {parameter.name: parameter for parameter in PARAMETERS}


def of_kind(kind: Kind, names: Iterable[str]) -> tuple[Parameter, ...]:
    """Those of `names` that are of this kind, in their order."""
    return tuple(PARAMETER[name] for name in names if name in PARAMETER and PARAMETER[name].kind == kind)


def ranges(names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """The bounds of the whole numbers among `names`."""
    return {
        parameter.name: (int(parameter.low), int(parameter.high))
        for parameter in of_kind("integer", names)
        if parameter.low is not None and parameter.high is not None
    }
