"""What a member sets for themselves."""

from typing import Any, ClassVar

from django import forms

from gallery.downloads import names
from gallery.models import User
from gallery.models.user import HIGHEST_ROW, LOWEST_ROW, ROW_STEP, CopiesCarry
from gallery.web import zones


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """Columns of a member's row that they set: a subclass names them.

    The row as the request has read it is older than what a draft, a destination or an administrator writes meanwhile.
    """

    def save(self, commit: bool = True) -> Any:
        """Write its own columns alone."""
        if commit:
            self.instance.save(update_fields=list(self.fields))
        return self.instance


class DensityForm(SettingsForm):
    """How high a row of the grid is, in pixels: set at the grid itself, and among all settings."""

    row_height = forms.IntegerField(
        label="Height of rows in the grid",
        min_value=LOWEST_ROW,
        max_value=HIGHEST_ROW,
        step_size=ROW_STEP,
        widget=forms.NumberInput(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = User
        fields = ("row_height",)


class SensitiveForm(SettingsForm):
    """What a member sees of pictures that are not for every eye."""

    class Meta:
        model = User
        fields = ("sensitive",)


class AccountForm(DensityForm):
    """The zone of moments (without one, the browser's), the grid's rows, sensitive pictures, names of downloads."""

    time_zone = forms.ChoiceField(
        required=False,
        label="Time zone",
        choices=lambda: [
            ("", "As this browser says"),
            *((zone, zone) for zone in sorted(zones.names())),
        ],
        widget=forms.Select(attrs={"autocomplete": "off"}),
        error_messages={"invalid_choice": "There is no such time zone. Choose one from the list."},
    )

    download_name = forms.CharField(
        required=False,
        max_length=120,
        label="Names of downloads",
        help_text=f"Of {' '.join(f'{{{field}}}' for field in names.FIELDS)}; the ending is put behind it.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    copies_carry = forms.ChoiceField(
        required=False,
        label="Downloads carry",
        choices=CopiesCarry.choices,
        widget=forms.Select(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = User
        fields = ("time_zone", "row_height", "sensitive", "download_name", "copies_carry")
        widgets: ClassVar[dict[str, Any]] = {"sensitive": forms.Select(attrs={"autocomplete": "off"})}
        labels: ClassVar[dict[str, Any]] = {"sensitive": "Sensitive pictures"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["row_height"].required = False
        self.fields["sensitive"].required = False

    def clean_download_name(self) -> str:
        """As it was, where nothing is given."""
        try:
            return names.check(self.cleaned_data["download_name"] or self.instance.download_name)
        except names.BadPattern as problem:
            raise forms.ValidationError(str(problem)) from None

    def clean_copies_carry(self) -> str:
        """As it was, where nothing is given."""
        carry: str = self.cleaned_data["copies_carry"] or self.instance.copies_carry
        return carry

    def clean_row_height(self) -> int:
        """As it was, where nothing is given."""
        height: int = self.cleaned_data["row_height"] or self.instance.row_height
        return height

    def clean_sensitive(self) -> str:
        """As it was, where nothing is given."""
        chosen: str = self.cleaned_data["sensitive"] or self.instance.sensitive
        return chosen
