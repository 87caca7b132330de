"""Every parameter of a request, once: Venice's name for it, the words in which people read it, and its bounds.

Forms, lists of a request's details, prefills, tables for spreadsheets and the options of the command line are made from
this table. What one model takes of it stands in that model's entry in the catalogue: `offer` and `own_default` tell
where.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from venice.catalog import Model

MAX_SIDE = 1280
MAX_SEED = 999_999_999
MAX_CFG_SCALE = 20
MAX_VARIANTS = 4
FORMATS = ("webp", "png", "jpeg")
MIN_SCALE, MAX_SCALE = 2, 4
DEFAULT_SCALE = 2
#: Venice's own side where no size is asked for.
DEFAULT_SIDE = 1024
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
    #: What Venice takes where it is left out, whatever the model that takes it.
    default: str | float | bool | None = None
    #: Of models that make images from text, those sized so take it; None: however they are sized.
    sizing: Literal["pixels", "ratio"] | None = None
    #: The field of a `Model` with its choices of this, or whether it takes it; empty: every model does.
    offer: str = ""
    #: The fields of a `Model` with its own default, and with the most that it takes.
    own_default: str = ""
    own_most: str = ""
    #: Whether it decides how many pixels there are, side by side.
    is_shape: bool = False
    #: Whether the price depends on it.
    is_priced: bool = False
    #: Whether it has to do with what is seen: neither how an answer comes nor in whose name it is asked for has.
    is_seen: bool = True
    #: The parameter that it is, for a name that some bodies have for another one.
    stands_for: str = ""
    #: Whether what it asks for comes out otherwise each time, whatever the seed.
    is_drawn_anew: bool = False
    #: What it is called in the middle of a line, if not by its label.
    in_line: str = ""
    #: What is told of a model that takes it, with its `{count}` choices, the `{first}` and `{last}`, the `{most}`.
    tells: str = ""
    #: What is told of one that does not, if not that it takes none.
    lacks: str = ""

    @property
    def is_text(self) -> bool:
        """Whether its values are texts."""
        return self.kind in ("text", "name", "choice")

    @property
    def option(self) -> str:
        """Its name on a command line."""
        return f"--{self.name.replace('_', '-')}"

    def offered_by(self, model: "Model") -> Any:
        """The choices of it that the model has, or whether it takes it at all; true where every model does."""
        return getattr(model, self.offer) if self.offer else True

    def taken_by(self, model: "Model") -> bool:
        """Whether a model that makes images from text takes it."""
        return self.sizing in (None, model.sizing) and bool(self.offered_by(model))

    def words_about(self, model: "Model") -> str:
        """What is told of a model that takes it; empty of others, and where there is nothing to choose."""
        offered = self.offered_by(model)
        choices = offered if isinstance(offered, tuple) else ("",) * 2
        if not self.taken_by(model) or len(choices) < 2:
            return ""
        most = getattr(model, self.own_most) if self.own_most else self.high
        return self.tells.format(count=len(choices), first=choices[0], last=choices[-1], most=most)

    @property
    def refusal(self) -> str:
        """What is told of a model that does not take it: `takes no steps`."""
        return self.lacks or f"takes no {self.label.lower()}"

    def default_of(self, model: "Model") -> Any:
        """What is taken where it is left out; None where nobody tells."""
        return getattr(model, self.own_default) if self.own_default else self.default


#: In the order in which people read them.
PARAMETERS: tuple[Parameter, ...] = (
    Parameter("prompt", "Prompt", "text", "What is to be seen."),
    Parameter(
        "negative_prompt",
        "Negative prompt",
        "text",
        "What must not be in the picture.",
        advanced=True,
        default="",
        offer="uses_negative_prompt",
        tells="negative prompt",
    ),
    Parameter("model", "Model", "name"),
    Parameter("modelId", "Model", "name", stands_for="model"),
    Parameter(
        "seed",
        "Seed",
        "integer",
        "The same seed with the same values makes the same picture.",
        low=-MAX_SEED,
        high=MAX_SEED,
    ),
    Parameter(
        "width",
        "Width",
        "integer",
        "In pixels.",
        low=1,
        high=MAX_SIDE,
        default=DEFAULT_SIDE,
        sizing="pixels",
        is_shape=True,
        tells="any size to {most} px",
    ),
    Parameter(
        "height",
        "Height",
        "integer",
        "In pixels.",
        low=1,
        high=MAX_SIDE,
        default=DEFAULT_SIDE,
        sizing="pixels",
        is_shape=True,
    ),
    Parameter(
        "aspect_ratio",
        "Aspect ratio",
        "choice",
        sizing="ratio",
        offer="aspect_ratios",
        own_default="default_aspect_ratio",
        is_shape=True,
        in_line="ratio",
        tells="{count} shapes",
    ),
    Parameter(
        "resolution",
        "Resolution",
        "choice",
        sizing="ratio",
        offer="resolutions",
        own_default="default_resolution",
        is_shape=True,
        is_priced=True,
        tells="up to {last}",
    ),
    Parameter(
        "quality",
        "Quality",
        "choice",
        sizing="ratio",
        offer="qualities",
        own_default="default_quality",
        is_priced=True,
        tells="quality {first} to {last}",
    ),
    Parameter(
        "steps",
        "Steps",
        "integer",
        "More is slower and finer.",
        advanced=True,
        low=1,
        high=1000,
        offer="uses_steps",
        own_default="steps_default",
        own_most="steps_max",
        tells="steps to {most}",
    ),
    Parameter(
        "cfg_scale",
        "CFG scale",
        "number",
        f"Above 0, at most {MAX_CFG_SCALE}; higher follows the prompt more closely.",
        advanced=True,
        low=0,
        high=MAX_CFG_SCALE,
        in_line="cfg",
    ),
    Parameter("style_preset", "Style", "name", default="", in_line="style"),
    Parameter("lora_strength", "LoRA strength", "integer", advanced=True, low=0, high=100),
    Parameter(
        "scale",
        "Scale",
        "number",
        "How many times the sides.",
        low=MIN_SCALE,
        high=MAX_SCALE,
        default=DEFAULT_SCALE,
        is_priced=True,
    ),
    Parameter(
        "creativity",
        "Creativity",
        "number",
        f"How much is invented, 0 to {MAX_CREATIVITY}.",
        advanced=True,
        low=0,
        high=MAX_CREATIVITY,
        default=0,
    ),
    Parameter(
        "variants",
        "Variants",
        "integer",
        "Each is paid for, and only the first can be re-run by its seed.",
        low=1,
        high=MAX_VARIANTS,
        default=1,
        is_priced=True,
        in_line="pictures in one call",
    ),
    Parameter("format", "Format", "choice", advanced=True, choices=FORMATS, default=FORMATS[0]),
    Parameter("output_format", "Format", "choice", advanced=True, choices=("png", "jpeg", "webp")),
    Parameter("safe_mode", "Safe mode", "flag", "Adult pictures come blurred.", advanced=True, default=True),
    Parameter("hide_watermark", "Hide watermark", "flag", advanced=True, default=False),
    Parameter(
        "embed_exif_metadata",
        "Embed EXIF metadata",
        "flag",
        "Venice writes the prompt into the file.",
        advanced=True,
        default=False,
    ),
    Parameter(
        "enhance_prompt",
        "Enhance prompt",
        "flag",
        "Venice rewrites the prompt first: up to 30 s more.",
        advanced=True,
        default=False,
        is_priced=True,
        is_drawn_anew=True,
    ),
    Parameter(
        "enable_web_search",
        "Search the web",
        "flag",
        "The model may look up what is current.",
        advanced=True,
        default=False,
        offer="supports_web_search",
        is_drawn_anew=True,
        tells="searches the web",
        lacks="searches no web",
    ),
    Parameter(
        "disable_prompt_optimization_thinking",
        "Prompt optimization without thinking",
        "flag",
        advanced=True,
        default=False,
        offer="supports_prompt_thinking",
        lacks="thinks of no prompt",
    ),
    Parameter("return_binary", "Binary answer", "flag", advanced=True, default=False, is_seen=False),
    Parameter("anon_user_id", "Anonymous user", "name", advanced=True, is_seen=False),
)

PARAMETER = {parameter.name: parameter for parameter in PARAMETERS}
#: What people write in sentences.
TEXTS = frozenset(parameter.name for parameter in PARAMETERS if parameter.kind == "text")
#: The sides, where they are asked for as such.
PIXELS = tuple(parameter.name for parameter in PARAMETERS if parameter.sizing == "pixels")
#: What is chosen at a price: one of the model's own.
TIERS = tuple(each for each in PARAMETERS if each.kind == "choice" and each.is_priced)
#: What decides how many pixels there are, side by side.
SHAPE = frozenset(parameter.name for parameter in PARAMETERS if parameter.is_shape)


def of_kind(kind: Kind, names: Iterable[str]) -> tuple[Parameter, ...]:
    """Those of `names` that are of this kind, in their order."""
    return tuple(PARAMETER[name] for name in names if name in PARAMETER and PARAMETER[name].kind == kind)


def ranges(names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """The lowest and the highest value of each whole number among `names` that has bounds, by its name."""
    return {
        parameter.name: (int(parameter.low), int(parameter.high))
        for parameter in of_kind("integer", names)
        if parameter.low is not None and parameter.high is not None
    }
