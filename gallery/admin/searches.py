"""Saved searches in the admin."""

from django.contrib import admin

from gallery.admin.read_only import ReadOnlyAdmin
from gallery.models import SavedSearch


@admin.register(SavedSearch)
class SavedSearchAdmin(ReadOnlyAdmin):
    """What members search for often; each is its member's own."""

    list_display = ("name", "text", "user", "created_at")
    list_filter = ("user",)
    list_select_related = ("user",)
    search_fields = ("name", "text")
    sortable_by = ()
    fields = ("name", "text", "user", "created_at")
