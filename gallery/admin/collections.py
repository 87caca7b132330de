"""Collections in the admin: renamed, archived, deleted without a loss of pictures."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from gallery.admin.columns import CAP, column, picture_count, thumbnail
from gallery.admin.filters import SetFilter
from gallery.admin.labels import NamedAdmin, NamedForm
from gallery.listing.count import Capped
from gallery.models import Collection, CollectionImage
from gallery.models.collection import CollectionQuerySet


class CollectionForm(NamedForm):
    """Its name, unique in any case and form; its notes; whether menus offer it."""

    archived = forms.BooleanField(required=False, help_text="It is in no menu, and stays at its address.")

    class Meta:
        model = Collection
        fields = ("name", "notes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["archived"].initial = self.instance.archived_at is not None

    def clean(self) -> dict[str, Any]:
        """With `archived_at`: now, where the box is ticked; what was archived already keeps its moment."""
        cleaned = super().clean() or {}
        if "archived" in self.changed_data:
            is_archived = cleaned.get("archived", False)
            self.instance.archived_at = (self.instance.archived_at or timezone.now()) if is_archived else None
        return cleaned


class ArchivedFilter(SetFilter):
    """Whether menus offer it."""

    title = parameter_name = "archived"
    sets: ClassVar = {
        "no": ("No", CollectionQuerySet.active),
        "yes": ("Yes", lambda rows: rows.exclude(archived_at=None)),
    }


@admin.register(Collection)
class CollectionAdmin(NamedAdmin):
    """Sets of pictures; deleting one keeps its pictures."""

    form = CollectionForm
    set_by_field: ClassVar[dict[str, tuple[str, ...]]] = NamedAdmin.set_by_field | {
        "notes": ("notes",),
        "archived": ("archived_at",),
    }
    list_display = ("name", "picture", "pictures", "created_by", "created_at", "archived_at")
    list_filter = (ArchivedFilter, "created_by")
    list_select_related = ("created_by", "cover")
    sortable_by = ()
    search_fields = ("name", "notes")
    fields = ("name", "notes", "archived", "picture", "pictures", "created_by", "created_at", "archived_at")
    readonly_fields = ("picture", "pictures", "created_by", "created_at", "archived_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        """With the number of pictures, counted no further than anybody cares."""
        entries = CollectionImage.objects.filter(collection=OuterRef("pk")).order_by().values("pk")
        return Collection.objects.order_by(*self.ordering).annotate(size=Capped(entries[: CAP + 1]))

    picture = column("Cover", lambda collection: thumbnail(collection.cover))
    pictures = picture_count("entries__collection__id__exact")
