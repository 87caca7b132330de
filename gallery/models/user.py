"""Members of the team."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.validators import MaxValueValidator, MinValueValidator, StepValueValidator
from django.db import models
from django.db.models.functions import Lower

from gallery.text import MAX_NAME, clean_name

if TYPE_CHECKING:
    from gallery.models.collection import Collection

#: Heights of a row of pictures, in CSS pixels: the lowest, the highest, and what lies between two of them.
LOWEST_ROW, HIGHEST_ROW, ROW_STEP = 110, 360, 10
_RIGHTS = frozenset({"is_active", "is_staff", "is_superuser"})


class UserManager(DjangoUserManager["User"]):
    """Finds people whatever the case they type their name in."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user of that name; DoesNotExist otherwise, for unusable input as well."""
        name = clean_name(username or "")
        if "\0" in name or len(name) > MAX_NAME:
            raise self.model.DoesNotExist
        return self.get(username__iexact=name)


class Sensitive(models.TextChoices):
    """What a member sees of pictures that are not for every eye."""

    SHOW = "show", "Shown"
    BLUR = "blur", "Blurred until pointed at"
    HIDE = "hide", "Not in lists"


class CopiesCarry(models.TextChoices):
    """What stands beside the pixels of a copy that is taken home."""

    PARAMETERS = "parameters", "How it was made"
    NOTHING = "nothing", "Nothing but the picture"
    AS_SENT = "as-sent", "Exactly what Venice sent"


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

    time_zone = models.CharField(max_length=64, blank=True, help_text="Empty: as the browser says.")
    row_height = models.PositiveSmallIntegerField(
        default=180,
        validators=[
            MinValueValidator(LOWEST_ROW),
            MaxValueValidator(HIGHEST_ROW),
            StepValueValidator(ROW_STEP),
        ],
        help_text="Height of a row of pictures in the grid, in pixels: 110 to 360, in steps of 10.",
    )
    sensitive = models.CharField(
        max_length=10,
        choices=Sensitive.choices,
        default=Sensitive.BLUR,
        help_text="What is seen of pictures that are not for every eye.",
    )
    destination = models.ForeignKey(
        "gallery.Collection",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="All that is made goes there, until it is let go.",
    )
    download_name = models.CharField(
        max_length=120,
        default="{date}-{prompt}-{seed}",
        help_text="Of files that are taken home: {date} {time} {prompt} {seed} {model} {style} {id} {by}.",
    )
    copies_carry = models.CharField(
        max_length=12,
        choices=CopiesCarry.choices,
        default=CopiesCarry.PARAMETERS,
        help_text="What is written into copies that are taken home.",
    )
    click_limit = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(5000)],
        help_text="The most pictures that one click may ask for; empty: as MAX_PICTURES_PER_CLICK says.",
    )
    rights_changes = models.PositiveIntegerField(
        default=0, editable=False, help_text="How often rights changed: sessions of before are over."
    )

    draft_revision = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="Of what stands in their composer; every save is the next one."
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

    @property
    def shows_sensitive(self) -> bool:
        """Whether what is not for every eye is neither blurred nor left out."""
        return self.sensitive == Sensitive.SHOW

    @property
    def hides_sensitive(self) -> bool:
        """Whether lists leave out what is not for every eye."""
        return self.sensitive == Sensitive.HIDE

    @property
    def goes_to(self) -> "Collection | None":
        """The collection that all they make goes into; None while there is none, and when it is archived."""
        destination = self.destination if self.destination_id else None
        return destination if destination and destination.archived_at is None else None

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Who becomes staff, is none any more, or comes back begins a new session: all of theirs are over."""
        fields = kwargs.get("update_fields")
        if self.pk and (fields is None or _RIGHTS & set(fields)):
            before = type(self)._default_manager.filter(pk=self.pk).values(*_RIGHTS).first()
            if before and any(before[right] != getattr(self, right) for right in _RIGHTS):
                self.rights_changes += 1
                if fields is not None:
                    kwargs["update_fields"] = {*fields, "rights_changes"}
        super().save(*args, **kwargs)

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        plain: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        return f"{plain}.{self.rights_changes}" if self.rights_changes else plain

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """The name as it is stored, so that two spellings of it cannot be two people; Django asks before it saves."""
        return clean_name(username)
