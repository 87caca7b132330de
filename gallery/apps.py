"""The app's configuration, and the admin with our own site header."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class GalleryConfig(AppConfig):
    """The gallery, the only app of this project."""

    name = "gallery"
    verbose_name = "Gallery"

    def ready(self) -> None:
        from gallery import accounts, checks  # noqa: F401 - registers signals and system checks
        from gallery.models import schema

        schema.watch()


class AdminConfig(DjangoAdminConfig):
    """Django's admin, signed in through the same pages as the gallery."""

    default_site = "gallery.admin_site.GalleryAdminSite"
