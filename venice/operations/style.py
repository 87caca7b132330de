"""Pictures whose style a generation follows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, cast

from venice.operations.checks import Checks
from venice.operations.payloads import Supply, sent
from venice.sources import MAX_BODY, MAX_PIXELS, ImageSource, InputImage

MAX_STYLE_FILE = 8 * 1024 * 1024
#: What Venice takes where none is given.
DEFAULT_STRENGTH = 0.5
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
        checks.raise_problems()

    @property
    def picture(self) -> InputImage:
        return cast(InputImage, self.image)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any], supply: Supply | None = None) -> Self:
        """The inverse of `payload`. TypeError for a key that is unknown or missing."""
        if not isinstance(payload, Mapping):
            raise TypeError("a style reference in a payload is an object")
        fields = dict(payload)
        fields["image"] = (supply or Supply(())).image(fields.get("image"))
        return cls(**fields)

    def payload(self, *, images: bool = True) -> dict[str, Any]:
        """Its entry in a JSON body; without `images` also without its bytes."""
        entry = {"image": sent(self.picture, images=images), "strength": self.strength}
        return {name: value for name, value in entry.items() if value is not None}


def too_heavy(images: Iterable[InputImage]) -> bool:
    """Whether the images together, in base64, pass what Venice takes as one request."""
    return sum(image.encoded_size for image in images) > MAX_BODY - _REST_OF_BODY
