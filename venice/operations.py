"""What Venice can be asked for: frozen values that know their path and their JSON body."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Self

from venice.errors import InvalidRequest

if TYPE_CHECKING:
    from venice.catalog import Model

MAX_SIDE = 1280
MAX_SEED = 999_999_999
MAX_CFG_SCALE = 20
MAX_VARIANTS = 4
FORMATS = ("webp", "png", "jpeg")

_INTEGERS = {
    "width": (1, MAX_SIDE),
    "height": (1, MAX_SIDE),
    "steps": (1, 1000),
    "seed": (-MAX_SEED, MAX_SEED),
    "variants": (1, MAX_VARIANTS),
    "lora_strength": (0, 100),
}
_TEXTS = ("negative_prompt", "aspect_ratio", "resolution", "quality", "style_preset", "format")
_FLAGS = (
    "safe_mode",
    "hide_watermark",
    "embed_exif_metadata",
    "enhance_prompt",
    "enable_web_search",
    "disable_prompt_optimization_thinking",
    "return_binary",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generate:
    """POST /image/generate: an image, or up to four variants, from text. None means: not sent.

    Raises InvalidRequest, with a message for each field, for what Venice refuses whatever the model.
    """

    path: ClassVar[str] = "/image/generate"

    model: str
    prompt: str
    negative_prompt: str | None = None
    width: int | None = None
    height: int | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    quality: str | None = None
    steps: int | None = None
    cfg_scale: float | None = None
    seed: int | None = None
    style_preset: str | None = None
    variants: int | None = None
    format: str | None = None
    safe_mode: bool | None = None
    hide_watermark: bool | None = None
    embed_exif_metadata: bool | None = None
    enhance_prompt: bool | None = None
    enable_web_search: bool | None = None
    disable_prompt_optimization_thinking: bool | None = None
    lora_strength: int | None = None
    return_binary: bool | None = None

    def __post_init__(self) -> None:
        if self.format == "jpg":
            object.__setattr__(self, "format", "jpeg")
        if isinstance(self.cfg_scale, Decimal):
            object.__setattr__(self, "cfg_scale", float(self.cfg_scale))
        wrong = self._wrong_for_every_model()
        if wrong:
            text = "; ".join(f"{field}: {message}" for field, message in wrong.items())
            raise InvalidRequest(text, field_errors=wrong)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """The inverse of `payload`. TypeError for a key that is unknown or missing."""
        return cls(**payload)

    def payload(self) -> dict[str, Any]:
        """The JSON body, without what is None."""
        pairs = ((field.name, getattr(self, field.name)) for field in dataclasses.fields(self))
        return {name: value for name, value in pairs if value is not None}

    @property
    def image_count(self) -> int:
        """How many images are asked for; each is billed and counts against the rate limit."""
        return self.variants or 1

    def for_model(self, model: "Model") -> Self:
        """The same request without the fields that the model does not take. The seed is always kept."""
        unwanted: set[str] = set()
        if model.sizing == "pixels":
            unwanted |= {"aspect_ratio", "resolution", "quality"}
        else:
            unwanted |= {"width", "height"}
        unwanted |= {
            field
            for field, taken in (
                ("aspect_ratio", model.aspect_ratios),
                ("resolution", model.resolutions),
                ("quality", model.qualities),
                ("steps", model.uses_steps),
                ("negative_prompt", model.uses_negative_prompt),
                ("enable_web_search", model.supports_web_search),
                ("disable_prompt_optimization_thinking", model.supports_prompt_thinking),
            )
            if not taken
        }
        changes: dict[str, Any] = {"model": model.id, **dict.fromkeys(unwanted)}
        return dataclasses.replace(self, **changes)

    def problems(self, model: "Model") -> dict[str, str]:
        """What this model refuses: field -> message in plain words. Empty means: may be sent.

        Lengths are counted in code points, as Venice does.
        """
        found: dict[str, str] = {}
        if not model.takes_generate:
            found["model"] = f"{model.name} does not make images from text."
        for field in ("prompt", "negative_prompt"):
            length = len(getattr(self, field) or "")
            if length > model.prompt_limit:
                found[field] = (
                    f"{model.name} takes at most {model.prompt_limit} characters; this has {length}."
                )
        for field in ("width", "height"):
            if message := _side_problem(getattr(self, field), model):
                found[field] = message
        if self.steps is not None and model.uses_steps and self.steps > model.steps_max:
            found["steps"] = f"{model.name} takes 1 to {model.steps_max} steps."
        for field, choices in (
            ("aspect_ratio", model.aspect_ratios),
            ("resolution", model.resolutions),
            ("quality", model.qualities),
        ):
            value = getattr(self, field)
            if value is not None and choices and value not in choices:
                found[field] = f"{model.name} offers {', '.join(choices)}."
        return found

    def _wrong_for_every_model(self) -> dict[str, str]:
        wrong: dict[str, str] = {}
        for field in ("model", "prompt"):
            value = getattr(self, field)
            if not isinstance(value, str) or not value.strip():
                wrong[field] = "is required."
        for field, (low, high) in _INTEGERS.items():
            value = getattr(self, field)
            if value is not None and not (_is_whole(value) and low <= value <= high):
                wrong[field] = f"must be a whole number from {low} to {high}."
        for field in _TEXTS:
            if not isinstance(getattr(self, field), str | None):
                wrong[field] = "must be text."
        for field in _FLAGS:
            if not isinstance(getattr(self, field), bool | None):
                wrong[field] = "must be yes or no."
        if self.cfg_scale is not None and not _is_cfg_scale(self.cfg_scale):
            wrong["cfg_scale"] = f"must be a number above 0 and at most {MAX_CFG_SCALE}."
        if self.format is not None and self.format not in FORMATS:
            wrong["format"] = f"must be one of {', '.join(FORMATS)}."
        if self.return_binary and self.variants is not None:
            wrong["variants"] = "cannot be asked for together with a binary answer."
        for field in ("model", "prompt", *_TEXTS):
            value = getattr(self, field)
            if isinstance(value, str) and not _is_unicode(value):
                wrong[field] = "holds characters that are not valid text."
        return wrong


def _side_problem(value: int | None, model: "Model") -> str:
    if value is None:
        return ""
    if model.sizing != "pixels":
        return f"{model.name} is sized by aspect ratio, not by pixels."
    if value % model.divisor:
        return f"{model.name} needs a multiple of {model.divisor}, at most {MAX_SIDE}."
    return ""


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_cfg_scale(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 < value <= MAX_CFG_SCALE


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
