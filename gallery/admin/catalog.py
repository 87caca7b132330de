"""What Venice offers, as of the last sync, with the button that asks again."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from gallery import catalog
from gallery.admin.columns import column, pretty_json
from gallery.admin.read_only import ReadOnlyAdmin
from gallery.formats import counted
from gallery.models import CatalogModel, CatalogStyle
from venice import VeniceError


class CatalogAdmin(ReadOnlyAdmin):
    """Read only; `Sync now` fetches models and styles, which is free."""

    change_list_template = "admin/catalog_change_list.html"
    ordering = ("position",)

    def get_urls(self) -> list[URLPattern]:
        """The list, the entries, and the button's address."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_sync"
        return [path("sync/", self.admin_site.admin_view(self.sync), name=name), *super().get_urls()]

    @method_decorator(require_POST)
    def sync(self, request: HttpRequest) -> HttpResponse:
        """Fetch the catalogue now and say how it went; what was there is kept when Venice is silent."""
        try:
            report = catalog.sync()
        except (VeniceError, catalog.CatalogueUnusable) as error:
            messages.error(request, f"The catalogue was not fetched; the last one is kept. {error}")
        else:
            models, styles = counted(report.models, "model"), counted(report.styles, "style")
            messages.success(request, f"Venice offers {models} and {styles}.")
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


@admin.register(CatalogModel)
class CatalogModelAdmin(CatalogAdmin):
    list_display = ("name", "model_id", "type", "makes_images", "privacy", "offline", "listed", "synced_at")
    list_filter = ("listed", "makes_images", "offline", "privacy", "type")
    search_fields = ("name", "model_id")
    fields = (
        *("name", "model_id", "type", "privacy", "makes_images", "offline", "listed"),
        *("position", "synced_at", "entry"),
    )

    entry = column("As Venice sent it", lambda model: pretty_json(model.raw))


@admin.register(CatalogStyle)
class CatalogStyleAdmin(CatalogAdmin):
    list_display = ("name", "listed", "synced_at")
    list_filter = ("listed",)
    search_fields = ("name",)
