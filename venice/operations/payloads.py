"""How the images of an operation stand in its JSON body, and how they leave it where a file is named instead."""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeAlias, cast

from venice.sources import ImageSource, InputImage

#: What an image is to its operation: the one that is changed, one more laid over it, or one whose style is followed.
Role: TypeAlias = Literal["source", "layer", "style-reference"]


class Input(NamedTuple):
    """One image whose bytes an operation carries. An image at a URL is none: its address stays in the body."""

    role: Role
    image: InputImage


def inputs_of(role: Role, *images: InputImage) -> tuple[Input, ...]:
    """Those of `images` that are bytes and no URL, in order."""
    return tuple(Input(role, image) for image in images if not image.url)


def sent(image: InputImage, *, images: bool) -> str | None:
    """The image as the body holds it; None for bytes when the body is to go without `images`."""
    return image.sent() if images or image.url else None


def given(operation: object, names: Iterable[str]) -> dict[str, Any]:
    """The fields of `operation` that are not None, in the order of `names`."""
    pairs = ((name, getattr(operation, name)) for name in names)
    return {name: value for name, value in pairs if value is not None}


#: Fields of every operation that are ours and never sent.
OWN_FIELDS = ("strict", "extra")


def fields_from(payload: Mapping[str, Any], operation: Any, *aliases: str) -> dict[str, Any]:
    """A body as the fields to make an operation of that class from; what the class does not know becomes `extra`.

    `aliases` are names in the body of what the class calls otherwise. TypeError for what is ours and never sent.
    """
    if ours := [name for name in OWN_FIELDS if name in payload]:
        raise TypeError(f"{ours[0]} is no field of a payload")
    names = {entry.name for entry in dataclasses.fields(operation)} | set(aliases)
    fields = {name: value for name, value in payload.items() if name in names}
    extra = {name: value for name, value in payload.items() if name not in names}
    return fields | ({"extra": extra} if extra else {})


class Extra(Mapping[str, Any]):
    """Fields that are newer than we are. Frozen to the ground: what is read from it is a copy.

    ValueError and TypeError for what JSON cannot hold.
    """

    __slots__ = ("_text",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._text = json.dumps(dict(fields), ensure_ascii=False, allow_nan=False)
        self._text.encode()

    def __getitem__(self, name: str) -> Any:
        return self._fields()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields())

    def __len__(self) -> int:
        return len(self._fields())

    def __hash__(self) -> int:
        return hash(frozenset(self))

    def __repr__(self) -> str:
        return repr(self._fields())

    def _fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = json.loads(self._text)
        return fields


class Supply:
    """The images of a body: those that stand in it, and for each that was left out the next that is handed in."""

    def __init__(self, images: Iterable[ImageSource]) -> None:
        self._images = iter(images)

    def image(self, text: Any) -> ImageSource:
        """The image that `text` holds, or the next one for None. TypeError when there is none left."""
        if text is None:
            try:
                return next(self._images)
            except StopIteration:
                raise TypeError("the payload needs more images than were given") from None
        if not isinstance(text, str):
            raise TypeError("an image in a payload is text")
        is_marked = text.startswith(("http:", "https:", "data:"))
        return text if is_marked else f"data:;base64,{text}"

    def close(self) -> None:
        """TypeError when more images were handed in than the body had places for."""
        if next(self._images, None) is not None:
            raise TypeError("more images were given than the payload has places for")


@dataclass(frozen=True, slots=True, kw_only=True)
class OneImage:
    """What the operations on one image have in common: how it is read from their body, and stands there.

    `image` is what was handed in; an operation that was made holds what was read of it, its `picture`.
    """

    #: What an image at a URL is called in the body.
    url_field: ClassVar[str] = "image"

    image: ImageSource

    @property
    def picture(self) -> InputImage:
        return cast(InputImage, self.image)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The image whose bytes it carries; none when it is at a URL."""
        return inputs_of("source", self.picture)

    @property
    def image_count(self) -> int:
        return 1

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any], images: Iterable[ImageSource] = ()) -> Self:
        """The inverse of `payload`; `images` holds what it left out. What is unknown becomes `extra`."""
        fields, supply = fields_from(payload, cls, cls.url_field), Supply(images)
        fields["image"] = supply.image(fields.pop(cls.url_field, fields.get("image")))
        supply.close()
        return cls(**fields)

    def sent_image(self, *, images: bool) -> dict[str, str]:
        """The image's part of the JSON body: empty for bytes when the body is to go without `images`."""
        image = sent(self.picture, images=images)
        return {} if image is None else {self.url_field if self.picture.url else "image": image}
