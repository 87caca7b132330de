"""The whole create form under a name."""

from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from gallery.models.draft import settings_of
from gallery.models.label import checked
from gallery.models.user import User
from gallery.text import clean_label, label_key


class PresetQuerySet(models.QuerySet["Preset"]):
    def seen_by(self, user: User) -> Self:
        """Their own, and what others share."""
        return self.filter(Q(owner=user) | Q(is_shared=True)).select_related("owner")

    def named(self, owner: User, text: str) -> "Preset | None":
        """That member's own of that name, in any case and form; None when there is none."""
        return self.filter(owner=owner, folded=label_key(clean_label(text))).first()


class Preset(models.Model):
    """Values of the form by the names of its fields; its owner's alone, or there for the team."""

    MAX_NAME = 60

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="presets")
    name = models.CharField(max_length=MAX_NAME)
    folded = models.CharField(
        max_length=MAX_NAME, editable=False, help_text="The name without case and Unicode form."
    )
    is_shared = models.BooleanField(default=False, help_text="Every member sees it and may fill from it.")
    values = models.JSONField(default=dict, help_text="Of the create form, by name.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = PresetQuerySet.as_manager()

    class Meta:
        ordering = ("folded", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "folded"],
                name="preset_name_once",
                violation_error_message="You have a preset of that name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def checked_name(cls, text: str) -> str:
        """As it is kept. ValidationError, in words, for what cannot be one."""
        return checked(text, cls.MAX_NAME, noun="The name of a preset", blank="A preset needs a name.")

    @property
    def settings(self) -> str:
        return settings_of(self.values)

    def keep(self, name: str) -> None:
        """Save it under that name. ValidationError, in words, for what is no name and for one that is taken."""
        self.name = self.checked_name(name)
        self.folded, self.updated_at = label_key(self.name), timezone.now()
        try:
            with transaction.atomic():
                self.save()
        except IntegrityError as error:
            raise ValidationError(f"There is a preset called “{self.name}” already.", code="taken") from error
