"""Images from images and an instruction: POST /image/edit and POST /image/multi-edit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from venice.operations.checks import EDIT_PIXELS, MAX_PROMPT, MAX_RESOLUTION, Checks, not_offered, too_long
from venice.operations.parameters import PARAMETER, of_kind
from venice.operations.payloads import Input, OneImage, Supply, fields_from, given, inputs_of, sent
from venice.operations.style import too_heavy
from venice.sources import ImageSource, InputImage

if TYPE_CHECKING:
    from venice.catalog import Model

#: Venice's own default.
DEFAULT_EDIT_MODEL = "firered-image-edit"
EDIT_FORMATS = PARAMETER["output_format"].choices
#: More than any model takes.
MAX_EDIT_IMAGES = 10
_SENT = (
    "prompt",
    "aspect_ratio",
    "resolution",
    "output_format",
    "safe_mode",
    "enhance_prompt",
    "disable_prompt_optimization_thinking",
    "anon_user_id",
)
_FLAGS = tuple(parameter.name for parameter in of_kind("flag", _SENT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(OneImage):
    """POST /image/edit: one image changed as the prompt says. None means: not sent.

    The image is read at once. Raises InvalidRequest, with a message for each field, for what Venice refuses
    whatever the model: an image under 64 pixels a side or 65 536 in all, above 7680 x 4320 or 25 MB.
    """

    kind: ClassVar[str] = "edit"
    path: ClassVar[str] = "/image/edit"

    prompt: str
    model: str = DEFAULT_EDIT_MODEL
    aspect_ratio: str | None = None
    resolution: str | None = None
    output_format: str | None = None
    enhance_prompt: bool | None = None
    disable_prompt_optimization_thinking: bool | None = None
    safe_mode: bool | None = None
    anon_user_id: str | None = None
    #: Fields that are newer than we are, sent as they are. What they cost is in no catalogue.
    extra: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = field(default=True, compare=False, repr=False)

    def __post_init__(self) -> None:
        checks = Checks(self)
        _check_common(self, checks)
        checks.replace("image", checks.image("image", self.image, **EDIT_PIXELS))
        checks.raise_problems()

    def payload(self, *, images: bool = True) -> dict[str, Any]:
        """The JSON body, without what is None; an image that is no URL in base64, or left out without `images`."""
        return self.sent_image(images=images) | given(self, ("model", *_SENT)) | dict(self.extra)

    def problems(self, model: "Model") -> dict[str, str]:
        """What this model refuses: field -> message in plain words. Empty means: may be sent."""
        problems = _common_problems(self, model)
        if self.resolution is not None and model.type == "inpaint" and not model.resolutions:
            problems["resolution"] = f"{model.name} has no choice of resolution; leave it out."
        return problems


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiEdit:
    """POST /image/multi-edit: several images made into one, as the prompt says. None means: not sent.

    The images are read at once, with the bounds of `Edit`, and may be 35 MB together. A resolution is
    silently dropped by a model without a choice of it.
    """

    kind: ClassVar[str] = "multi-edit"
    path: ClassVar[str] = "/image/multi-edit"

    images: Sequence[ImageSource]
    prompt: str
    model: str = DEFAULT_EDIT_MODEL
    aspect_ratio: str | None = None
    resolution: str | None = None
    quality: str | None = None
    output_format: str | None = None
    enhance_prompt: bool | None = None
    disable_prompt_optimization_thinking: bool | None = None
    safe_mode: bool | None = None
    anon_user_id: str | None = None
    #: Fields that are newer than we are, sent as they are. What they cost is in no catalogue.
    extra: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = field(default=True, compare=False, repr=False)

    def __post_init__(self) -> None:
        checks = Checks(self)
        _check_common(self, checks)
        checks.choices({"quality": ("low", "medium", "high")})
        self._read_images(checks)
        checks.raise_problems()

    @property
    def pictures(self) -> tuple[InputImage, ...]:
        return cast("tuple[InputImage, ...]", self.images)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The images whose bytes it carries: the first is changed, the others are laid over it."""
        first, *others = self.pictures
        return inputs_of("source", first) + inputs_of("layer", *others)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any], images: Iterable[ImageSource] = ()) -> Self:
        """The inverse of `payload`; `images` are those that it left out. What is unknown becomes `extra`."""
        fields, supply = fields_from(payload, cls, "modelId"), Supply(images)
        if not isinstance(entries := fields.get("images"), list):
            raise TypeError("the payload has no list of images")
        fields["images"] = [supply.image(entry) for entry in entries]
        supply.close()
        if "modelId" in fields:
            fields["model"] = fields.pop("modelId")
        return cls(**fields)

    def payload(self, *, images: bool = True) -> dict[str, Any]:
        """The JSON body, without what is None; images that are no URL in base64, or null without `images`."""
        layers = [sent(picture, images=images) for picture in self.pictures]
        body = {"images": layers, "modelId": self.model, **given(self, (*_SENT, "quality"))}
        return body | dict(self.extra)

    @property
    def image_count(self) -> int:
        return 1

    def problems(self, model: "Model") -> dict[str, str]:
        """What this model refuses: field -> message in plain words. Empty means: may be sent."""
        problems = _common_problems(self, model)
        problems |= not_offered(self, {"quality": model.qualities}, model)
        if words := too_many_images(len(self.images), model):
            problems["images"] = words
        return problems

    def _read_images(self, checks: Checks) -> None:
        sources = self.images
        if isinstance(sources, str | bytes) or not isinstance(sources, Sequence):
            checks.wrong["images"] = "must be a list of images."
            return
        if not sources or (self.strict and len(sources) > MAX_EDIT_IMAGES):
            checks.wrong["images"] = f"takes 1 to {MAX_EDIT_IMAGES} images; these are {len(sources)}."
            return
        images = []
        for number, source in enumerate(sources, start=1):
            images.append(checks.image("images", source, **EDIT_PIXELS))
            if "images" in checks.wrong:
                checks.wrong["images"] = f"image {number} {checks.wrong['images']}"
                return
        if self.strict and too_heavy(images):
            checks.wrong["images"] = "are together larger than Venice takes in one request."
        checks.replace("images", tuple(images))


def _check_common(operation: Edit | MultiEdit, checks: Checks) -> None:
    if operation.output_format == "jpg":
        checks.replace("output_format", "jpeg")
    checks.required("model", "prompt")
    checks.texts("aspect_ratio", "resolution")
    checks.lengths({"prompt": MAX_PROMPT, "resolution": MAX_RESOLUTION, "aspect_ratio": MAX_RESOLUTION})
    checks.choices({"output_format": EDIT_FORMATS})
    checks.flags(*_FLAGS)
    checks.anonymous_user()
    checks.extra_fields("modelId")


def _common_problems(operation: Edit | MultiEdit, model: "Model") -> dict[str, str]:
    if model.type != "inpaint":
        return {"model": f"{model.name} does not edit images."}
    choices = {"aspect_ratio": model.aspect_ratios, "resolution": model.resolutions}
    problems = too_long(operation, ("prompt",), model) | not_offered(operation, choices, model)
    if operation.aspect_ratio == "auto" and "aspect_ratio" in problems:
        problems["aspect_ratio"] += " Leave it out to have the model choose."
    return problems


def too_many_images(count: int, model: "Model") -> str:
    """Why this model does not join so many; empty when it does, or joins none at all."""
    most = model.max_input_images
    if model.type != "inpaint" or count <= most:
        return ""
    return f"{model.name} takes at most {_counted(most)} at a time; these are {count}."


def _counted(number: int) -> str:
    return "1 image" if number == 1 else f"{number} images"
