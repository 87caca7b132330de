"""The prompt history in the admin."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from gallery import search
from gallery.admin.columns import column, whole_text, words
from gallery.admin.read_only import ReadOnlyAdmin
from gallery.models import Prompt
from gallery.models.prompt import PromptQuerySet


@admin.register(Prompt)
class PromptAdmin(ReadOnlyAdmin):
    """Each distinct prompt with its counters."""

    list_display = ("start", "generation_count", "picture_count", "spent", "last_used_at")
    list_display_links = ("start",)
    ordering = ("-last_generation_id",)
    sortable_by = ()
    search_fields = ("text",)
    search_help_text = "Words of the prompt."
    fields = (
        *("whole", "generation_count", "picture_count", "spent", "pretended"),
        *("last_used_at", "created_at", "sha256"),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Prompt], search_term: str
    ) -> tuple[QuerySet[Prompt], bool]:
        """By the full-text index."""
        assert isinstance(queryset, PromptQuerySet)  # noqa: S101 - for the type checker
        return queryset.matching(search.parse(search_term)), False

    def view_on_site(self, prompt: Prompt) -> str:
        return reverse("prompt", args=[prompt.pk])

    start = column("Prompt", lambda prompt: words(prompt.text, 160))
    whole = column("Prompt", lambda prompt: whole_text(prompt.text))
