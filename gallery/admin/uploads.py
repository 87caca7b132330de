"""Pictures from outside in the admin."""

from django.contrib import admin
from django.utils.safestring import SafeString

from gallery.admin.reading import ReadOnlyAdmin, stored_thumbnail
from gallery.models import Upload


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    """What people brought; the worker removes what nothing was made from for 30 days."""

    list_display = ("picture", "__str__", "owner", "size", "format", "bytes", "used_at")
    list_display_links = ("__str__",)
    list_filter = ("owner",)
    list_select_related = ("owner",)
    sortable_by = ()
    fields = ("picture", "owner", "size", "format", "bytes", "name", "created_at", "used_at")

    @admin.display(description="Picture")
    def picture(self, upload: Upload) -> SafeString:
        """Its thumbnail."""
        return stored_thumbnail(upload)

    @admin.display(description="Size")
    def size(self, upload: Upload) -> str:
        """In pixels."""
        return f"{upload.width} x {upload.height}"
