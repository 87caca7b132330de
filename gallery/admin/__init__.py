"""Django's admin, filled: what the gallery keeps is read here; what staff may do are listed actions."""

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group

from gallery.admin import (
    attempts,
    batches,
    catalog,
    collections,
    gates,
    generations,
    images,
    kept_answers,
    marks,
    prompts,
    searches,
    tags,
    uploads,
    users,
    workers,
)

__all__ = [
    "attempts",
    "batches",
    "catalog",
    "collections",
    "gates",
    "generations",
    "images",
    "kept_answers",
    "marks",
    "prompts",
    "searches",
    "tags",
    "uploads",
    "users",
    "workers",
]

# Tables that stay empty here: sign-ins are not logged twice, and roles come later.
for unused in (apps.get_model("axes", "AccessFailureLog"), apps.get_model("axes", "AccessLog"), Group):
    if admin.site.is_registered(unused):
        admin.site.unregister(unused)
