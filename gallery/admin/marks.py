"""Members' marks in the admin: who thinks what of which picture."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from gallery.admin.read_only import NOTHING, ReadOnlyAdmin, thumbnail, words
from gallery.models import Mark
from gallery.models.mark import HIGHEST_RATING

_SAYS: dict[str, dict[str, Any]] = {
    "favourite": {"is_favourite": True},
    "rated": {"rating__gt": 0},
    **{str(number): {"rating": number} for number in range(HIGHEST_RATING, 0, -1)},
    "nothing": {"is_favourite": False, "rating": 0},
}
_NAMES = {"favourite": "Favourite", "rated": "Rated", "nothing": "Taken back"}


class SaysFilter(admin.SimpleListFilter):
    """What a mark says; with a member chosen too, out of that member's index."""

    title = "what it says"
    parameter_name = "says"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """A favourite, any rating, each rating, and marks that were taken back."""
        return [(name, _NAMES.get(name, f"{name} of {HIGHEST_RATING}")) for name in _SAYS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**_SAYS.get(self.value() or "", {}))


@admin.register(Mark)
class MarkAdmin(ReadOnlyAdmin):
    """By picture, the newest first, as the indexes of marks are; nothing is changed: a mark is its member's own."""

    list_display = ("says", "picture", "prompt_start", "user", "marked_at")
    list_filter = (SaysFilter, "user")
    list_select_related = ("user", "image__prompt", "image__generation")
    sortable_by = ()
    # As the index of a picture's marks has them: to be read from its end, without sorting.
    ordering = ("-image_id", "-id")
    fields = ("says", "picture", "prompt_start", "user", "is_favourite", "rating", "marked_at")

    @admin.display(description="Mark")
    def says(self, mark: Mark) -> str:
        """A star, a rating, both, or nothing any more."""
        said = ["★"] if mark.is_favourite else []
        if mark.rating:
            said.append(f"{mark.rating} of {HIGHEST_RATING}")
        return ", ".join(said) or NOTHING

    @admin.display(description="Picture")
    def picture(self, mark: Mark) -> SafeString | str:
        return thumbnail(mark.image)

    @admin.display(description="Prompt")
    def prompt_start(self, mark: Mark) -> SafeString | str:
        return words(mark.image.title)
