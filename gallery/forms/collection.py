"""What people say of a collection: its name and its notes."""

from typing import Any

from django import forms

from gallery.models import Collection
from gallery.text import clean_text


class CollectionForm(forms.Form):
    """Name and notes of one that is there; a valid form has changed `collection`, which is not saved yet."""

    # As short as a collection's, or refused by it in its own words.
    name = forms.CharField(error_messages={"required": "A collection needs a name."}, strip=False)
    notes = forms.CharField(required=False, strip=False)

    def __init__(self, collection: Collection, data: Any) -> None:
        super().__init__(data)
        self.collection = collection

    def clean_name(self) -> str:
        """The name as the collection keeps it."""
        self.collection.rename(self.cleaned_data["name"])
        return self.collection.name

    def clean_notes(self) -> str:
        """Plain text with its line ends."""
        notes = clean_text(self.cleaned_data["notes"], Collection.MAX_NOTES)
        if len(notes) > Collection.MAX_NOTES:
            limit = f"{Collection.MAX_NOTES:,}".replace(",", " ")
            raise forms.ValidationError(f"Notes have at most {limit} characters; these have {len(notes)}.")
        self.collection.notes = notes
        return notes
