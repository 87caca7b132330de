"""Generations in the admin: read, cancelled, dismissed, run again; never edited."""

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest

from gallery import search
from gallery.admin.actions import cancel, declare_interrupted, dismiss, run_again
from gallery.admin.columns import (
    column,
    pretty_json,
    side_by_side,
    stored_thumbnail,
    thumbnail,
    time_taken,
    usd_of,
    whole_text,
    words,
)
from gallery.admin.filters import AttentionFilter, ModelFilter, StyleFilter
from gallery.admin.read_only import ReadOnlyAdmin
from gallery.formats import read_id
from gallery.models import Generation, Image, Prompt
from gallery.models.image_search import FEW_PROMPTS


@admin.register(Generation)
class GenerationAdmin(ReadOnlyAdmin):
    """The list to look for what went wrong, and the page that shows everything known of one."""

    list_display = (
        *("picture", "number", "prompt_start", "state", "kind", "model", "seed", "style_preset"),
        *("owner", "price", "took", "created_at"),
    )
    list_display_links = ("number",)
    list_filter = (
        *(AttentionFilter, "state", "kind", ("created_at", admin.DateFieldListFilter)),
        *("emulated", "owner", ModelFilter, StyleFilter),
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

    picture = column("Cover", lambda generation: thumbnail(next(iter(generation.covers), None)))
    pictures = column(
        "Pictures", lambda generation: side_by_side(map(thumbnail, generation.images.order_by("index")))
    )
    sources = column(
        "Starts from", lambda generation: side_by_side(map(stored_thumbnail, generation.inputs.all()))
    )
    number = column("Number", str, ordering="pk")
    prompt_start = column("Prompt", lambda generation: words(generation.title))
    prompt_text = column("Prompt", lambda generation: whole_text(generation.title))
    request_json = column("Request", lambda generation: pretty_json(generation.request))
    enhanced_text = column("Enhanced prompt", lambda generation: whole_text(generation.enhanced_prompt))
    error_words = column("Venice's words", lambda generation: whole_text(generation.error_message))
    price = usd_of("price_estimate")
    # From the click to the stored pictures.
    took = column("Took", lambda generation: time_taken(generation.created_at, generation.finished_at))
