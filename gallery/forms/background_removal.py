"""The form of what takes the background away."""

from collections.abc import Mapping
from typing import Any

from django import forms

from gallery.formats import whole_size
from gallery.forms.operation_form import OperationForm
from venice import Model
from venice.operations import Operation, RemoveBackground
from venice.sources import MAX_FILE


class RemoveBackgroundForm(OperationForm):
    """Nothing to choose."""

    kind = "remove-background"
    verb = "Remove background"

    @staticmethod
    def takes(model: Model) -> bool:
        return model.takes_background_removal

    def drawn(self, spec: Model | None) -> dict[str, forms.Field]:
        return {}

    def asked(self, values: Mapping[str, Any]) -> Operation:
        return RemoveBackground(image=self.own.reference)

    @property
    def limits(self) -> str:
        return f"Takes pictures up to {whole_size(MAX_FILE)}. A PNG with a transparent background comes out."
