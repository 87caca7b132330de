"""Images from text: POST /image/generate."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from venice.operations.checks import Checks, not_offered, too_long
from venice.operations.parameters import FORMATS, MAX_CFG_SCALE, MAX_SIDE, PARAMETER, of_kind, ranges
from venice.operations.payloads import Input, Supply, fields_from, given, inputs_of
from venice.operations.style import StyleReference, too_heavy
from venice.sources import ImageSource

if TYPE_CHECKING:
    from venice.catalog import Model

_FIELDS = (
    "model",
    "prompt",
    "negative_prompt",
    "width",
    "height",
    "aspect_ratio",
    "resolution",
    "quality",
    "steps",
    "cfg_scale",
    "seed",
    "style_preset",
    "variants",
    "format",
    "safe_mode",
    "hide_watermark",
    "embed_exif_metadata",
    "enhance_prompt",
    "enable_web_search",
    "disable_prompt_optimization_thinking",
    "lora_strength",
    "return_binary",
    "anon_user_id",
)
_PARAMETERS = tuple(PARAMETER[name] for name in _FIELDS)
_INTEGERS = ranges(_FIELDS)
_FLAGS = tuple(parameter.name for parameter in of_kind("flag", _FIELDS))
_TEXTS = ("negative_prompt", "aspect_ratio", "resolution", "quality", "style_preset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Generate:
    """POST /image/generate: an image, or up to four variants, from text. None means: not sent.

    Raises InvalidRequest, with a message for each field, for what Venice refuses whatever the model.
    """

    kind: ClassVar[str] = "generate"
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
    style_references: Sequence[StyleReference] | None = None
    anon_user_id: str | None = None
    #: Fields that are newer than we are, sent as they are. What they cost is in no catalogue.
    extra: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = field(default=True, compare=False, repr=False)

    def __post_init__(self) -> None:
        checks = Checks(self)
        if self.format == "jpg":
            checks.replace("format", "jpeg")
        checks.required("model", "prompt")
        checks.integers(_INTEGERS)
        checks.texts(*_TEXTS)
        checks.flags(*_FLAGS)
        checks.number("cfg_scale", 0, MAX_CFG_SCALE, above=True)
        checks.choices({"format": FORMATS})
        checks.anonymous_user()
        self._check_references(checks)
        checks.extra_fields()
        if self.strict and self.return_binary and self.variants is not None:
            checks.wrong["variants"] = "cannot be asked for together with a binary answer."
        checks.raise_problems()

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any], images: Iterable[ImageSource] = ()) -> Self:
        """The inverse of `payload`; `images` are those that it left out. What is unknown becomes `extra`."""
        fields, supply = fields_from(payload, cls), Supply(images)
        if isinstance(references := fields.get("style_references"), list):
            fields["style_references"] = [StyleReference.from_payload(entry, supply) for entry in references]
        supply.close()
        return cls(**fields)

    def payload(self, *, images: bool = True) -> dict[str, Any]:
        """The JSON body, without what is None; without `images` also without the bytes of the style references."""
        body = given(self, _FIELDS)
        if self.style_references is not None:
            body["style_references"] = [entry.payload(images=images) for entry in self.style_references]
        return body | dict(self.extra)

    @property
    def inputs(self) -> tuple[Input, ...]:
        return inputs_of("style-reference", *(entry.picture for entry in self.style_references or ()))

    @property
    def image_count(self) -> int:
        """How many images are asked for; each is billed and counts against the rate limit."""
        return self.variants or 1

    def for_model(self, model: "Model") -> Self:
        """The same request without the fields that the model does not take. The seed is always kept."""
        unwanted = {each.name for each in _PARAMETERS if not each.taken_by(model)}
        if not model.supports_style_references:
            unwanted.add("style_references")
        changes: dict[str, Any] = {"model": model.id, **dict.fromkeys(unwanted)}
        if self.style_references and model.supports_style_references and not model.supports_style_strength:
            plain = [dataclasses.replace(entry, strength=None) for entry in self.style_references]
            changes["style_references"] = plain
        return dataclasses.replace(self, **changes)

    def problems(self, model: "Model") -> dict[str, str]:
        """What this model refuses: field -> message in plain words. Empty means: may be sent.

        Lengths are counted in code points, as Venice does.
        """
        problems: dict[str, str] = {}
        if not model.takes_generate:
            problems["model"] = f"{model.name} does not make images from text."
        problems |= too_long(self, ("prompt", "negative_prompt"), model)
        for side in ("width", "height"):
            if message := _side_problem(getattr(self, side), model):
                problems[side] = message
        if self.steps is not None and model.uses_steps and self.steps > model.steps_max:
            problems["steps"] = f"{model.name} takes 1 to {model.steps_max} steps."
        choices = [each for each in _PARAMETERS if each.kind == "choice" and each.offer]
        offers = {each.name: each.offered_by(model) for each in choices}
        problems |= not_offered(self, offers, model)
        count = len(self.style_references or ())
        if count and not model.supports_style_references:
            problems["style_references"] = f"{model.name} takes no style references."
        elif count > model.max_style_references:
            most = model.max_style_references
            problems["style_references"] = (
                f"{model.name} takes at most {most} style references; these are {count}."
            )
        return problems

    def _check_references(self, checks: Checks) -> None:
        references = self.style_references
        if references is None:
            return
        many = isinstance(references, Sequence) and not isinstance(references, str | bytes)
        if not many or not all(isinstance(entry, StyleReference) for entry in references):
            checks.wrong["style_references"] = "must be a list of style references."
            return
        checks.replace("style_references", tuple(references))
        if self.strict and too_heavy(entry.picture for entry in references):
            checks.wrong["style_references"] = "are together larger than Venice takes in one request."


def _side_problem(value: int | None, model: "Model") -> str:
    if value is None:
        return ""
    if model.sizing != "pixels":
        return f"{model.name} is sized by aspect ratio, not by pixels."
    if value % model.divisor:
        return f"{model.name} needs a multiple of {model.divisor}, at most {MAX_SIDE}."
    return ""
