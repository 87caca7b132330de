"""The sign-in form: names as they are stored, passwords as they were typed."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from gallery.text import MAX_NAME, clean_name

MAX_PASSWORD = 4096
WRONG = "That name and password do not belong together."


class SignInForm(AuthenticationForm):
    """A trimmed name in NFKC, and a password of up to 4096 characters that is taken verbatim."""

    # One message for an unknown name and for a wrong password: it tells nothing about who is a member.
    error_messages = dict.fromkeys(("invalid_login", "inactive"), WRONG)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        password = self.fields["password"]
        assert isinstance(password, forms.CharField)  # noqa: S101 - tells the type checker
        password.strip = False
        password.max_length = MAX_PASSWORD
        password.widget.attrs["maxlength"] = MAX_PASSWORD

    def clean_username(self) -> str:
        """The name as it is stored; what no name can be is refused before the database sees it."""
        name = clean_name(self.cleaned_data["username"]).strip()
        if "\0" in name or len(name) > MAX_NAME:
            raise ValidationError("That cannot be a name.", code="invalid")
        return name

    def clean_password(self) -> str:
        """The password, unchanged; a longer one is refused, never cut."""
        password: str = self.cleaned_data["password"]
        if len(password) > MAX_PASSWORD:
            raise ValidationError(f"At most {MAX_PASSWORD} characters.", code="max_length")
        return password
