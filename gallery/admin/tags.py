"""Tags in the admin: renamed, merged, deleted without a loss of pictures."""

from collections.abc import Sequence
from typing import cast

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet
from django.http import HttpRequest

from gallery.admin.actions import Plan, action, typed_word
from gallery.admin.columns import CAP, column, picture_count, words
from gallery.admin.labels import NamedAdmin, NamedForm
from gallery.listing.count import Capped
from gallery.models import ImageTag, Tag, User

_MOST_MERGED = 100


def _sized(tags: QuerySet[Tag]) -> QuerySet[Tag]:
    """With the number of pictures, counted no further than anybody cares."""
    links = ImageTag.objects.filter(tag=OuterRef("pk")).order_by().values("pk")
    return tags.annotate(size=Capped(links[: CAP + 1]))


def _most_used(chosen: Sequence[int]) -> str:
    """The name that most likely is to stay."""
    used = _sized(Tag.objects.filter(pk__in=chosen)).order_by(F("size").desc(), "pk")
    return used[0].name


def _merge_all(request: HttpRequest, chosen: list[int]) -> int:
    return Tag.objects.filter(pk__in=chosen).merge(typed_word(request), cast(User, request.user))


_MERGE = Plan(
    name="merge",
    question="Make one of {what}?",
    done="Merged: {count}.",
    most=_MOST_MERGED,
    act=_merge_all,
    noun="tag",
    label="Tag that stays",
    suggest=_most_used,
)


merge = action("Merge into one", _MERGE)


class TagForm(NamedForm):
    """Its name, unique in any case and form."""

    class Meta:
        model = Tag
        fields = ("name",)


@admin.register(Tag)
class TagAdmin(NamedAdmin):
    """Words on pictures; deleting one keeps its pictures."""

    form = TagForm
    actions = (merge,)
    list_display = ("label", "pictures", "created_by", "created_at")
    list_filter = ("created_by",)
    list_select_related = ("created_by",)
    sortable_by = ()
    ordering = ("folded",)
    search_fields = ("name", "folded")
    fields = ("name", "pictures", "created_by", "created_at")
    readonly_fields = ("pictures", "created_by", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        """With how many pictures have it."""
        return _sized(Tag.objects.order_by(*self.ordering))

    # As it was typed first.
    label = column("Name", lambda tag: words(tag.name))
    pictures = picture_count("tag_links__tag__id__exact")
