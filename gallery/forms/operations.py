"""All that can be done with a picture, each with its form, and the models for it."""

from typing import NamedTuple

from django.urls import reverse

from gallery.forms.background_removal import RemoveBackgroundForm
from gallery.forms.edit import EditForm
from gallery.forms.multi_edit import MultiEditForm
from gallery.forms.operation_form import OperationForm
from gallery.forms.upscale import UpscaleForm
from gallery.models import CatalogModel, Kind, Upload
from gallery.models.stored import StoredPicture
from venice import Model

FORMS: dict[str, type[OperationForm]] = {
    form.kind: form for form in (EditForm, MultiEditForm, UpscaleForm, RemoveBackgroundForm)
}


class Offered(NamedTuple):
    """An operation on one picture: its name, its label, where its form is, and whether that takes words and a model."""

    kind: str
    label: str
    address: str
    takes_words: bool


def offered(picture: StoredPicture) -> list[Offered]:
    """All that can be done with a picture."""
    return [
        Offered(kind, str(Kind(kind).label), address_of(picture, kind), issubclass(form, EditForm))
        for kind, form in FORMS.items()
    ]


def address_of(picture: StoredPicture, kind: str) -> str:
    """Where the form of that operation on this picture is."""
    name = "upload-operation" if isinstance(picture, Upload) else "operation"
    return reverse(name, args=[picture.pk, kind])


def models() -> list[Model]:
    """The listed models that start from a picture, in Venice's order."""
    rows = CatalogModel.objects.listed().filter(makes_images=False)
    return [row.spec for row in rows]
