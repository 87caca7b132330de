"""A search that a member has kept under a name."""

from collections.abc import Collection, Mapping

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from gallery import search
from gallery.search import MAX_QUERY

NAME_TAKEN = "You have a search of that name already."


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def follow(self, operator: str, names: Mapping[str, int], ids: Collection[int], new: str) -> None:
        """What asks by `operator` for one of `ids`, as `names` are until now, asks for it by its `new` name.

        So does its own name where it is but the search as typed. A search that would be too long stays as it is.
        """
        means = search.labelled(names)
        with transaction.atomic():
            # Of all members: whether a text names one of them no database can tell.
            rows = list(self.order_by("pk").select_for_update())
            taken = {(row.user_id, row.name) for row in rows}
            changed = []
            for row in rows:
                text = search.renamed(row.text, operator, lambda value: means(value) in ids, new)
                if text == row.text or len(text) > MAX_QUERY:
                    continue
                as_typed = row.name == row.text[: SavedSearch.MAX_NAME]
                name = text[: SavedSearch.MAX_NAME]
                if as_typed and (row.user_id, name) not in taken:
                    taken.add((row.user_id, name))
                    row.name = name
                row.text = text
                changed.append(row)
            self.bulk_update(changed, ["name", "text"])


class SavedSearch(models.Model):
    """A text of the search language and its name, which is its member's own."""

    MAX_NAME = 60

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=MAX_NAME)
    text = models.CharField(max_length=MAX_QUERY)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SavedSearchQuerySet.as_manager()

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
