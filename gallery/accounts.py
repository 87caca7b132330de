"""How people come in: password bounds, sign-in links, who tries from where, how long staff stay."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import base36_to_int, int_to_base36

from gallery import events

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

    from gallery.models import User

# A link is opened with the right of its user, no password being asked: the session belongs to this backend.
LINK_BACKEND = "django.contrib.auth.backends.ModelBackend"


class MaximumLengthValidator:
    """Refuses passwords so long that hashing is work for nothing. Within the bound each character counts."""

    def __init__(self, max_length: int = 4096) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: "AbstractBaseUser | None" = None) -> None:
        """Raise ValidationError for more than `max_length` code points."""
        if len(password) > self.max_length:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        """The rule in a sentence."""
        return f"Your password can have at most {self.max_length} characters."


class SigninTokenGenerator(PasswordResetTokenGenerator):
    """Tokens that die with the next sign-in, a new password, other rights, or PASSWORD_RESET_TIMEOUT.

    None is good while its user is deactivated, nor one that was made before or then when they come back.
    """

    key_salt = "gallery.accounts.SigninTokenGenerator"

    def _make_hash_value(self, user: "AbstractBaseUser", timestamp: int) -> str:
        # To the microsecond, unlike Django's: a link made in the second of a sign-in must die with the next.
        last = f"{user.last_login.astimezone(UTC):%Y%m%d%H%M%S%f}" if user.last_login else "never"
        changes = cast("User", user).rights_changes
        return f"{user.pk}|{user.password}|{last}|{user.is_active}|{changes}|{timestamp}"

    def _now(self) -> datetime:
        # UTC, so that a change to summer time neither lengthens nor shortens the day.
        return datetime.now(UTC).replace(tzinfo=None)


signin_tokens = SigninTokenGenerator()


def make_link(user: "User") -> str:
    """The absolute address that signs `user` in once, within SIGNIN_LINK_HOURS. Nothing is stored."""
    token = f"{int_to_base36(user.pk)}-{signin_tokens.make_token(user)}"
    events.link_made(user)
    return settings.PUBLIC_URL + reverse("signin", args=[token])


def user_for(token: str) -> "User | None":
    """Whom the token would sign in now; None for a wrong, spent or old one, and for who is deactivated."""
    from gallery.models import User

    number, _, rest = token.partition("-")
    try:
        user = User.objects.filter(pk=base36_to_int(number), is_active=True).first()
    except ValueError:
        return None
    return user if user and signin_tokens.check_token(user, rest) else None


def redeem(token: str) -> "User | None":
    """Use the token up; None for one that is no good, as for the second of two posts at once: `last_login` changed."""
    from gallery.models import User

    user = user_for(token)
    if user is None:
        return None
    now = timezone.now()
    unused = User.objects.filter(pk=user.pk, is_active=True, last_login=user.last_login)
    if not unused.update(last_login=now):
        return None
    user.last_login = now
    return user


@receiver(user_logged_in, dispatch_uid="gallery.accounts.limit_staff_session")
def limit_staff_session(request: HttpRequest, user: "User", **kwargs: Any) -> None:
    """Staff sign in again after 12 hours, whatever they do meanwhile; the age of others is the settings'."""
    request.session.set_expiry(settings.STAFF_SESSION_AGE if user.is_staff else None)
