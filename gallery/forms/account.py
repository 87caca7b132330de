"""What a member sets for themselves."""

from django import forms

from gallery import zones
from gallery.models import User


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """The time zone in which a member reads every moment; without one, the browser's."""

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

    class Meta:
        model = User
        fields = ("time_zone",)
