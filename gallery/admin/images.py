"""Stored pictures in the admin."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from gallery import search
from gallery.admin.filters import ModelFilter, StyleFilter
from gallery.admin.reading import ReadOnlyAdmin, thumbnail, words
from gallery.models import Image
from gallery.models.image import ImageQuerySet


@admin.register(Image)
class ImageAdmin(ReadOnlyAdmin):
    """Pictures by prompt, model, style and maker; each leads to its page."""

    list_display = (
        "picture",
        "__str__",
        "prompt_start",
        "model",
        "seed",
        "style_preset",
        "size",
        "format",
        "owner",
    )
    list_display_links = ("__str__",)
    list_filter = ("is_cover", "emulated", "owner", ModelFilter, StyleFilter)
    list_select_related = ("owner", "prompt", "generation")
    sortable_by = ()
    search_fields = ("prompt__text",)
    search_help_text = "Words of the prompt."
    fields = (
        "picture",
        "prompt",
        "owner",
        "generation",
        "attempt",
        "model",
        "style_preset",
        "seed",
        "number",
        "stack_size",
        "is_cover",
        "emulated",
        "size",
        "format",
        "bytes",
        "color",
        "name",
        "created_at",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Image], search_term: str
    ) -> tuple[QuerySet[Image], bool]:
        """By the full-text index."""
        assert isinstance(queryset, ImageQuerySet)  # noqa: S101 - for the type checker
        return queryset.matching(search.parse(search_term)), False

    def view_on_site(self, image: Image) -> str:
        """Its page."""
        return reverse("image", args=[image.pk])

    @admin.display(description="Picture")
    def picture(self, image: Image) -> SafeString | str:
        """Its thumbnail."""
        return thumbnail(image)

    @admin.display(description="Prompt")
    def prompt_start(self, image: Image) -> SafeString | str:
        """Enough to know it by."""
        return words(image.title)

    @admin.display(description="Number in its request")
    def number(self, image: Image) -> int:
        """From 1, as everywhere where people read it."""
        return image.index + 1

    @admin.display(description="Size")
    def size(self, image: Image) -> str:
        """In pixels."""
        return f"{image.width} x {image.height}"
