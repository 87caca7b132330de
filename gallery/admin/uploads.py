"""Pictures from outside in the admin."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from gallery.admin.columns import column, stored_thumbnail
from gallery.admin.read_only import ReadOnlyAdmin
from gallery.formats import sides
from gallery.models import Image, Input, Upload


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    """What people brought; the worker removes what nothing was made from for 30 days."""

    list_display = ("picture", "__str__", "owner", "size", "format", "bytes", "used_at")
    list_display_links = ("__str__",)
    list_filter = ("owner",)
    list_select_related = ("owner",)
    sortable_by = ()
    fields = ("picture", "owner", "size", "format", "bytes", "name", "created_at", "used_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        """With whether it is everybody's to see."""
        used = [Exists(table._default_manager.filter(sha256=OuterRef("sha256"))) for table in (Input, Image)]
        rows: QuerySet[Upload] = super().get_queryset(request)
        return rows.annotate(is_used=used[0] | used[1])

    # Its thumbnail, once something was made from it.
    picture = column("Picture", lambda row: stored_thumbnail(row) if row.is_used else "its member’s alone")
    size = column("Size", lambda row: sides(row.width, row.height))
