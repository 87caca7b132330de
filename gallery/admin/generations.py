"""Generations in the admin: read, cancelled, dismissed, run again; never edited."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from gallery import search
from gallery.admin.actions import cancel, declare_interrupted, dismiss, run_again
from gallery.admin.filters import AttentionFilter, ModelFilter, StyleFilter
from gallery.admin.read_only import (
    ReadOnlyAdmin,
    pretty_json,
    stored_thumbnail,
    thumbnail,
    time_taken,
    whole_text,
    words,
)
from gallery.formats import read_id, usd
from gallery.models import Generation, Image, Prompt
from gallery.models.image import FEW_PROMPTS


@admin.register(Generation)
class GenerationAdmin(ReadOnlyAdmin):
    """The list to look for what went wrong, and the page that shows everything known of one."""

    list_display = (
        "picture",
        "number",
        "prompt_start",
        "state",
        "kind",
        "model",
        "seed",
        "style_preset",
        "owner",
        "price",
        "took",
        "created_at",
    )
    list_display_links = ("number",)
    list_filter = (
        AttentionFilter,
        "state",
        "kind",
        ("created_at", admin.DateFieldListFilter),
        "emulated",
        "owner",
        ModelFilter,
        StyleFilter,
    )
    list_select_related = ("owner", "prompt")
    # As good as by id, and the date filter's index gives this order.
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    search_fields = ("prompt__text",)
    search_help_text = "Words of the prompt, or #123 for a number."
    actions = (cancel, dismiss, run_again, declare_interrupted)
    fieldsets = (
        (None, {"fields": ("pictures", "state", "kind", "owner", "batch", "emulated", "sources")}),
        ("Asked", {"fields": ("prompt_text", "model", "seed", "variants", "price", "request_json")}),
        (
            "Queue",
            {"fields": ("tries", "worker", "token", "not_before", "hold", "hold_words", "dismissed_at")},
        ),
        ("Refused", {"fields": ("behind_until", "is_doubted")}),
        ("Times", {"fields": ("created_at", "sent_at", "headers_at", "received_at", "finished_at", "took")}),
        ("Venice's times, ms", {"fields": ("queue_ms", "preprocessing_ms", "inference_ms", "total_ms")}),
        ("Venice's answer", {"fields": ("venice_id", "is_blurred", "is_content_violation", "enhanced_text")}),
        ("Failure", {"fields": ("error_kind", "error_words", "error_advice")}),
        ("Made from", {"fields": ("origin", "run_again_of", "requested_by")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Generation]:
        """With the covers, in one query for the whole page."""
        covers = Prefetch("images", Image.objects.covers(), to_attr="covers")
        return super().get_queryset(request).prefetch_related(covers)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """By date; but by id where the small index of what waits is ordered so, or it would not be used."""
        return ("-id",) if AttentionFilter.parameter_name in request.GET else self.ordering

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Generation], search_term: str
    ) -> tuple[QuerySet[Generation], bool]:
        """By the full-text index; `icontains` would read every prompt."""
        term = search_term.strip()
        if term.startswith("#") and (number := read_id(term.removeprefix("#"))) is not None:
            return queryset.filter(pk=number), False
        query = search.parse(term)
        if not query:
            return queryset, False
        prompts = Prompt.objects.matching(query).values_list("pk", flat=True)
        few = list(prompts[: FEW_PROMPTS + 1])
        return queryset.filter(prompt__in=few if len(few) <= FEW_PROMPTS else prompts), False

    @admin.display(description="Cover")
    def picture(self, generation: Generation) -> SafeString | str:
        covers: list[Image] = getattr(generation, "covers", [])
        return thumbnail(covers[0] if covers else None)

    @admin.display(description="Pictures")
    def pictures(self, generation: Generation) -> SafeString | str:
        thumbnails = ((thumbnail(image),) for image in generation.images.order_by("index"))
        return format_html_join(" ", "{}", thumbnails) or "-"

    @admin.display(description="Starts from")
    def sources(self, generation: Generation) -> SafeString | str:
        thumbnails = ((stored_thumbnail(row),) for row in generation.inputs.all())
        return format_html_join(" ", "{}", thumbnails) or "-"

    @admin.display(description="Number", ordering="pk")
    def number(self, generation: Generation) -> str:
        return str(generation)

    @admin.display(description="Prompt")
    def prompt_start(self, generation: Generation) -> SafeString | str:
        return words(generation.title)

    @admin.display(description="Prompt")
    def prompt_text(self, generation: Generation) -> SafeString | str:
        return whole_text(generation.title)

    @admin.display(description="Request")
    def request_json(self, generation: Generation) -> SafeString:
        """The exact body."""
        return pretty_json(generation.request)

    @admin.display(description="Enhanced prompt")
    def enhanced_text(self, generation: Generation) -> SafeString | str:
        """What Venice made of the prompt."""
        return whole_text(generation.enhanced_prompt)

    @admin.display(description="Venice's words")
    def error_words(self, generation: Generation) -> SafeString | str:
        """Why it failed, in Venice's words."""
        return whole_text(generation.error_message)

    @admin.display(description="Price")
    def price(self, generation: Generation) -> str:
        """In USD, by the catalogue."""
        return usd(generation.price_estimate) or "-"

    @admin.display(description="Took")
    def took(self, generation: Generation) -> str:
        """From the click to the stored pictures."""
        ended: Any = generation.finished_at
        return time_taken(ended - generation.created_at if ended else None)
