"""The form that edits several pictures together."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from gallery.formats import counted
from gallery.forms.edit import EditForm
from gallery.forms.sources import name_of, page_of
from gallery.models.stored import StoredPicture
from venice import Model
from venice.operations import MultiEdit, Operation


class Listed(NamedTuple):
    """A picture of several: what names it in the form, and the address of its page."""

    picture: StoredPicture
    name: str
    address: str


class MultiEditForm(EditForm):
    """Several pictures made into one: the first is changed, the others are laid over it."""

    kind = "multi-edit"
    verb = "Edit together"
    picture_field = "input"
    other_names: ClassVar = {
        **dict.fromkeys(("image", "image_url", "images"), ("input", "say “input”, once for each picture")),
        "modelId": ("model", "say “model”"),
    }

    def facts_of(self, model: Model) -> str:
        return counted(model.max_input_images, "picture")

    @property
    def sent(self) -> Sequence[StoredPicture]:
        return self.sources

    def asked(self, values: Mapping[str, Any]) -> Operation:
        images = [picture.reference for picture in self.sent]
        return MultiEdit(images=images, **self.values(values))

    @property
    def listed(self) -> list[Listed]:
        """The pictures in their order."""
        return [Listed(picture, name_of(picture), page_of(picture)) for picture in self.sources]

    @property
    def own_name(self) -> str:
        """What names the page's own picture in a form."""
        return name_of(self.own)

    @property
    def most(self) -> int:
        """How many pictures the chosen model takes."""
        return self.spec.max_input_images if self.spec else 1

    @property
    def limits(self) -> str:
        name = self.spec.name if self.spec else "The model"
        return f"{name} takes up to {self.most} at a time. {super().limits} Together at most 26 MB."
