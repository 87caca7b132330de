"""Images from text in the words of OpenAI: POST /images/generations."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from venice.operations.checks import Checks
from venice.operations.payloads import OWN_FIELDS, Input, Supply, fields_from, given
from venice.sources import ImageSource

if TYPE_CHECKING:
    from venice.catalog import Model

#: Whatever the model.
MAX_OPENAI_PROMPT = 1500
_CHOICES = {
    "size": (
        "auto",
        "256x256",
        "512x512",
        "1024x1024",
        "1536x1024",
        "1024x1536",
        "1792x1024",
        "1024x1792",
    ),
    "response_format": ("b64_json", "url"),
    "output_format": ("png", "jpeg", "webp"),
    "moderation": ("auto", "low"),
    "quality": ("auto", "high", "medium", "low", "hd", "standard"),
    "style": ("natural", "vivid"),
    "background": ("auto", "transparent", "opaque"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIGenerate:
    """POST /images/generations: one image, asked for in OpenAI's words. None means: not sent.

    Venice checks `quality`, `style`, `background` and `output_compression` and ignores them; `size` counts for
    models sized in pixels only; an unknown model is silently replaced by Venice's default one.
    Raises InvalidRequest, with a message for each field, for what Venice refuses.
    """

    kind: ClassVar[str] = "openai-generate"
    path: ClassVar[str] = "/images/generations"

    model: str
    prompt: str
    n: int | None = None
    size: str | None = None
    response_format: str | None = None
    output_format: str | None = None
    moderation: str | None = None
    quality: str | None = None
    style: str | None = None
    background: str | None = None
    output_compression: int | None = None
    user: str | None = None
    #: Fields that are newer than we are, sent as they are. What they cost is in no catalogue.
    extra: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = field(default=True, compare=False, repr=False)

    def __post_init__(self) -> None:
        checks = Checks(self)
        if self.output_format == "jpg":
            checks.replace("output_format", "jpeg")
        checks.required("model", "prompt")
        checks.lengths({"prompt": MAX_OPENAI_PROMPT})
        checks.integers({"n": (1, 1), "output_compression": (0, 100)})
        checks.choices(_CHOICES)
        checks.texts("user")
        checks.extra_fields()
        checks.raise_problems()

    @property
    def inputs(self) -> tuple[Input, ...]:
        """None: it starts from no image."""
        return ()

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any], images: Iterable[ImageSource] = ()) -> Self:
        """The inverse of `payload`; it takes no `images`. What is unknown becomes `extra`."""
        Supply(images).close()
        return cls(**fields_from(payload, cls))

    def payload(self, *, images: bool = True) -> dict[str, Any]:
        """The JSON body, without what is None."""
        names = (entry.name for entry in dataclasses.fields(self) if entry.name not in OWN_FIELDS)
        return given(self, names) | dict(self.extra)

    @property
    def image_count(self) -> int:
        return self.n or 1

    def problems(self, model: "Model") -> dict[str, str]:
        """What this model refuses: field -> message in plain words. Empty means: may be sent."""
        if not model.takes_generate:
            return {"model": f"{model.name} does not make images from text."}
        return {}
