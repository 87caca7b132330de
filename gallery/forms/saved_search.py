"""A search that a member keeps under a name."""

from typing import Any

from django import forms

from gallery.models import SavedSearch, User
from gallery.search import cleaned
from gallery.text import clean_text

#: Nobody finds anything among more.
MOST = 50


class RenameForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name alone."""

    class Meta:
        model = SavedSearch
        fields: tuple[str, ...] = ("name",)
        error_messages = {"name": {"required": "It needs a name."}}

    def clean_name(self) -> str:
        """In one line, and something that can be seen."""
        name = " ".join(clean_text(self.cleaned_data["name"], SavedSearch.MAX_NAME).split())
        if not name:
            raise forms.ValidationError("It needs a name.")
        return name

    def _get_validation_exclusions(self) -> set[str]:
        # The name is its member's own: the constraint on both is checked, though the form has one of them.
        return super()._get_validation_exclusions() - {"user"}  # type: ignore[no-any-return, misc]


class SaveForm(RenameForm):
    """A name for a search; without one, the search itself is its name."""

    class Meta(RenameForm.Meta):
        fields = ("name", "text")

    def __init__(self, user: User, data: Any) -> None:
        data = data.copy()
        data["text"] = cleaned(data.get("text", ""))
        if not data.get("name", "").strip():
            data["name"] = data["text"][: SavedSearch.MAX_NAME]
        super().__init__(data, instance=SavedSearch(user=user))

    def clean_text(self) -> str:
        """Something that can be seen."""
        text: str = self.cleaned_data["text"]
        if not clean_text(text):
            raise forms.ValidationError("There is nothing to search for.")
        return text

    def clean(self) -> dict[str, Any]:
        """At most `MOST` of them."""
        if self.instance.user.saved_searches.count() >= MOST:
            raise forms.ValidationError(f"There are {MOST} saved searches; delete one first.")
        values: dict[str, Any] = super().clean() or self.cleaned_data
        return values
