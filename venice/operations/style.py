"""Pictures whose style a generation follows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, cast

from venice.operations.checks import Checks
from venice.sources import MAX_BODY, MAX_PIXELS, ImageSource, InputImage

MAX_STYLE_FILE = 8 * 1024 * 1024
#: Room for everything but the images in a request.
_REST_OF_BODY = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleReference:
    """A picture whose style is followed, with a strength from 0.1 to 1. The picture is read at once.

    Raises InvalidRequest for one that cannot be read, is no image, or has more than 8 MB or 7680 x 4320 pixels.
    """

    image: ImageSource
    strength: float | None = None
    strict: bool = field(default=True, compare=False, repr=False)

    def __post_init__(self) -> None:
        checks = Checks(self)
        image = checks.image("image", self.image, max_bytes=MAX_STYLE_FILE, most=MAX_PIXELS)
        checks.replace("image", image)
        checks.number("strength", 0.1, 1)
        checks.raise_found()

    @property
    def picture(self) -> InputImage:
        """The image as it was read."""
        return cast(InputImage, self.image)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """The inverse of `payload`. TypeError for a key that is unknown or missing."""
        fields = dict(payload)
        image = fields.get("image")
        if isinstance(image, str) and not image.startswith(("http:", "https:", "data:")):
            fields["image"] = f"data:;base64,{image}"
        return cls(**fields)

    def payload(self) -> dict[str, Any]:
        strength = {} if self.strength is None else {"strength": self.strength}
        return {"image": self.picture.sent(), **strength}


def too_heavy(images: Iterable[InputImage]) -> bool:
    """Whether the images together pass the size of a request."""
    return sum(image.encoded_size for image in images) > MAX_BODY - _REST_OF_BODY
