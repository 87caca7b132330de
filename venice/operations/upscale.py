"""What is done to a finished image without a prompt: POST /image/upscale and /image/background-remove."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from venice.operations.checks import Checks
from venice.operations.parameters import DEFAULT_SCALE, MAX_CREATIVITY, MAX_SCALE, MIN_SCALE
from venice.operations.payloads import OneImage, given
from venice.sources import MIN_PIXELS

if TYPE_CHECKING:
    from venice.catalog import Model

#: The most pixels of an upscaled image: the scale is lowered to fit.
MAX_UPSCALED = 16_777_216


@dataclass(frozen=True, slots=True, kw_only=True)
class Upscale(OneImage):
    """POST /image/upscale: the image with 2 to 4 times the sides, as a PNG. None means: not sent.

    The image is read at once; a URL is refused, for Venice takes the bytes only. Raises InvalidRequest, with
    a message for each field, for what Venice refuses. The scale is lowered by Venice where the result would
    have more than 16 777 216 pixels: see `effective_scale`.
    """

    kind: ClassVar[str] = "upscale"
    path: ClassVar[str] = "/image/upscale"
    #: The one model that upscales; it is not sent.
    model: ClassVar[str] = "upscaler"

    scale: float | None = None
    creativity: float | None = None
    #: Fields that are newer than we are, sent as they are. What they cost is in no catalogue.
    extra: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = field(default=True, compare=False, repr=False)

    def __post_init__(self) -> None:
        checks = Checks(self)
        image = checks.image("image", self.image, least=MIN_PIXELS, most=MAX_UPSCALED)
        if image.url:
            checks.wrong["image"] = "must be a file: upscaling takes no URL."
        checks.replace("image", image)
        checks.number("scale", MIN_SCALE, MAX_SCALE)
        checks.number("creativity", 0, MAX_CREATIVITY)
        checks.extra_fields()
        checks.raise_problems()

    @property
    def effective_scale(self) -> float:
        """The scale after Venice has lowered it; as asked for when the size of the image is not known."""
        asked = float(self.scale or DEFAULT_SCALE)
        pixels = self.picture.pixels
        return min(asked, math.sqrt(MAX_UPSCALED / pixels)) if pixels else asked

    def payload(self, *, images: bool = True) -> dict[str, Any]:
        """The JSON body, without what is None; the image in base64 without a prefix, or left out without `images`."""
        return self.sent_image(images=images) | given(self, ("scale", "creativity")) | dict(self.extra)

    def problems(self, model: "Model") -> dict[str, str]:
        """What this model refuses: field -> message in plain words. Empty means: may be sent."""
        return {} if model.type == "upscale" else {"model": f"{model.name} does not upscale images."}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveBackground(OneImage):
    """POST /image/background-remove: the image as a PNG whose background is transparent.

    The image is read at once; one at a URL is fetched by Venice. Raises InvalidRequest for what Venice refuses.
    """

    kind: ClassVar[str] = "remove-background"
    path: ClassVar[str] = "/image/background-remove"
    #: The one model that removes backgrounds; it is not sent, for Venice refuses the field.
    model: ClassVar[str] = "bria-bg-remover"
    url_field: ClassVar[str] = "image_url"

    anon_user_id: str | None = None
    #: Fields that are newer than we are, sent as they are. What they cost is in no catalogue.
    extra: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = field(default=True, compare=False, repr=False)

    def __post_init__(self) -> None:
        checks = Checks(self)
        checks.replace("image", checks.image("image", self.image))
        checks.anonymous_user()
        checks.extra_fields("image_url")
        checks.raise_problems()

    def payload(self, *, images: bool = True) -> dict[str, Any]:
        """The JSON body: `image_url` for a URL, else `image` in base64, or neither without `images`."""
        return self.sent_image(images=images) | given(self, ("anon_user_id",)) | dict(self.extra)

    def problems(self, model: "Model") -> dict[str, str]:
        """What this model refuses: field -> message in plain words. Empty means: may be sent."""
        if model.takes_background_removal:
            return {}
        return {"model": f"{model.name} does not remove backgrounds."}
