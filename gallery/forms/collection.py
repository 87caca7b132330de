"""What people say of a collection: its name and its notes."""

import hashlib

from django import forms
from django.http import QueryDict

from gallery.models import Collection
from gallery.text import clean_text


class CollectionForm(forms.Form):
    """Name and notes of one that is there; a valid form has changed `collection`, which is not saved yet.

    What was not sent, or is as the form was drawn, stays as it is by now. What was changed here, and by another since
    the form was drawn, is an error that says so; the form that is drawn with it takes the words of who presses again.
    """

    # As short as a collection's, or refused by it in its own words.
    name = forms.CharField(error_messages={"required": "A collection needs a name."}, strip=False)
    notes = forms.CharField(required=False, strip=False)

    def __init__(self, collection: Collection, sent: QueryDict) -> None:
        self.collection = collection
        self._contested: set[str] = set()
        names = drawn(collection).keys()
        # Who sends none of them has sent no form of ours.
        super().__init__({name: self._meant(name, sent) for name in names} if names & sent.keys() else {})

    def _meant(self, name: str, sent: QueryDict) -> str:
        now: str = getattr(self.collection, name)
        said, before = sent.get(name), sent.get(f"{name}-drawn")
        if said is None or _mark(said) == before:
            return now
        if before is not None and _mark(now) not in (before, _mark(said)):
            self._contested.add(name)
        return said

    def clean_name(self) -> str:
        """The name as the collection keeps it."""
        now = self.collection.name
        self.collection.rename(self.cleaned_data["name"])
        if "name" in self._contested:
            raise forms.ValidationError(
                f"It was named “{now}” meanwhile. Save again to name it as you have typed."
            )
        return self.collection.name

    def clean_notes(self) -> str:
        """Plain text with its line ends."""
        notes = clean_text(self.cleaned_data["notes"], Collection.MAX_NOTES)
        if len(notes) > Collection.MAX_NOTES:
            limit = f"{Collection.MAX_NOTES:,}".replace(",", " ")
            raise forms.ValidationError(f"Notes have at most {limit} characters; these have {len(notes)}.")
        if "notes" in self._contested:
            change = "changed: they stand above now" if self.collection.notes else "emptied"
            raise forms.ValidationError(f"The notes were {change}. Save again to have these in their place.")
        self.collection.notes = notes
        return notes


def drawn(collection: Collection) -> dict[str, str]:
    """What a form sends as `name-drawn` and `notes-drawn`: by it one knows whether they are still as it shows them."""
    return {"name": _mark(collection.name), "notes": _mark(collection.notes)}


def _mark(text: str) -> str:
    clean = clean_text(text, Collection.MAX_NOTES)
    return hashlib.sha256(clean.encode("utf-8", "surrogatepass")).hexdigest()[:20]
