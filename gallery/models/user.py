"""Members of the team."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.db import models
from django.db.models.functions import Lower

from gallery.text import MAX_NAME, clean_name


class UserManager(DjangoUserManager["User"]):
    """Finds people whatever the case they type their name in."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user of that name; DoesNotExist otherwise, for unusable input as well."""
        name = clean_name(username or "")
        if "\0" in name or len(name) > MAX_NAME:
            raise self.model.DoesNotExist
        return self.get(username__iexact=name)


class User(AbstractUser):
    """A member. Staff administer; everyone signed in sees everything."""

    username = models.CharField(
        max_length=MAX_NAME,
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

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """The name as it is stored, so that two spellings of it cannot be two people; Django asks before it saves."""
        return clean_name(username)
