"""What a member sets for themselves."""

from zoneinfo import available_timezones

from django import forms

from gallery.models import User


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """The time zone in which a member reads every moment; without one, the browser's."""

    time_zone = forms.ChoiceField(
        required=False,
        label="Time zone",
        choices=lambda: [
            ("", "As this browser says"),
            *((zone, zone) for zone in sorted(available_timezones())),
        ],
        widget=forms.Select(attrs={"autocomplete": "off"}),
        error_messages={"invalid_choice": "There is no such time zone. Choose one from the list."},
    )

    class Meta:
        model = User
        fields = ("time_zone",)
