"""Members' marks in the admin: who thinks what of which picture."""

from operator import methodcaller
from typing import ClassVar

from django.contrib import admin

from gallery.admin.columns import NOTHING, column, thumbnail, words
from gallery.admin.filters import SetFilter
from gallery.admin.read_only import ReadOnlyAdmin
from gallery.models import Mark
from gallery.models.mark import HIGHEST_RATING


class SaysFilter(SetFilter):
    """What a mark says, or that it was taken back; with a member chosen too, out of that member's index."""

    title = "what it says"
    parameter_name = "says"
    sets: ClassVar = {
        "favourite": ("Favourite", methodcaller("filter", is_favourite=True)),
        "rated": ("Rated", methodcaller("filter", rating__gt=0)),
        **{
            str(number): (f"{number} of {HIGHEST_RATING}", methodcaller("filter", rating=number))
            for number in range(HIGHEST_RATING, 0, -1)
        },
        "nothing": ("Taken back", methodcaller("filter", is_favourite=False, rating=0)),
    }


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

    picture = column("Picture", lambda mark: thumbnail(mark.image))
    prompt_start = column("Prompt", lambda mark: words(mark.image.title))

    @admin.display(description="Mark")
    def says(self, mark: Mark) -> str:
        """A star, a rating, both, or nothing any more."""
        said = ["★"] if mark.is_favourite else []
        if mark.rating:
            said.append(f"{mark.rating} of {HIGHEST_RATING}")
        return ", ".join(said) or NOTHING
