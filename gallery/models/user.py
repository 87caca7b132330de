"""Members of the team."""

import unicodedata
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.db import models
from django.db.models.functions import Lower


class UserManager(DjangoUserManager["User"]):
    """Finds people whatever the case they type their name in."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user of that name; DoesNotExist otherwise, for unusable input as well."""
        name = unicodedata.normalize("NFKC", username or "").replace("\0", "")
        return self.get(username__iexact=name[:150])


class User(AbstractUser):
    """A member. Staff administer; everyone signed in sees everything."""

    username = models.CharField(
        max_length=150,
        unique=True,
        validators=[ASCIIUsernameValidator()],
        help_text="At most 150 letters, digits and @ . + - _. Upper and lower case are the same person.",
        error_messages={"unique": "There is a member of that name already."},
    )

    served_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When a worker last took something of theirs: the queue is fair.",
    )

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_any_case",
                violation_error_message="There is a member of that name already.",
            )
        ]

    def clean(self) -> None:
        """Normalise the name, so that two spellings of it cannot be two people."""
        super().clean()
        self.username = unicodedata.normalize("NFKC", self.username)
