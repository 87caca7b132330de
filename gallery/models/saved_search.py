"""A search that a member has kept under a name."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from gallery.search import MAX_QUERY

NAME_TAKEN = "You have a search of that name already."


class SavedSearch(models.Model):
    """A text of the search language and its name, which is its member's own."""

    MAX_NAME = 60

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=MAX_NAME)
    text = models.CharField(max_length=MAX_QUERY)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "saved searches"
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="saved_search_name_once",
                violation_error_message=NAME_TAKEN,
            )
        ]

    def __str__(self) -> str:
        return self.name
