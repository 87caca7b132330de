"""Stored pictures in the admin."""

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from gallery import search
from gallery.admin import image_actions
from gallery.admin.columns import NOTHING, column, named, thumbnail, words
from gallery.admin.filters import ModelFilter, StyleFilter, TrashFilter
from gallery.admin.read_only import ReadOnlyAdmin
from gallery.formats import mean, sides
from gallery.models import CollectionImage, Image, ImageTag
from gallery.models.image import ImageQuerySet

# What the lists of collections and of tags ask for.
_LED_HERE = ("entries__collection__id__exact", "tag_links__tag__id__exact")


@admin.register(Image)
class ImageAdmin(ReadOnlyAdmin):
    """Pictures by prompt, model, style and maker; each leads to its page."""

    list_display = (
        *("picture", "__str__", "prompt_start", "model", "seed", "style_preset", "size", "format", "owner"),
        *("marks", "tags", "collections", "is_sensitive", "trashed_at"),
    )
    list_display_links = ("__str__",)
    list_filter = (
        *(TrashFilter, "is_sensitive", "is_moderated", "is_cover", "emulated"),
        *("owner", ModelFilter, StyleFilter),
    )
    actions = image_actions.ACTIONS
    list_select_related = ("owner", "prompt", "generation")
    sortable_by = ()
    search_fields = ("prompt__text",)
    search_help_text = "Words of the prompt."
    fieldsets = (
        (None, {"fields": ("picture", "prompt", "owner", "generation", "attempt")}),
        (
            "Asked",
            {"fields": ("model", "style_preset", "seed", "number", "stack_size", "is_cover", "emulated")},
        ),
        ("File", {"fields": ("size", "format", "bytes", "color", "name", "created_at")}),
        ("Put on it", {"fields": ("marks", "tags", "tagged", "collections")}),
        ("Not for every eye", {"fields": ("is_moderated", "is_sensitive", "sensitive_set_by")}),
        ("Trash", {"fields": ("trashed_at", "trashed_by")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        """With what people put on them, in a query for each kind of thing."""
        tags = Prefetch(
            "tag_links", ImageTag.objects.select_related("tag", "tagged_by").order_by("tag__folded")
        )
        entries = CollectionImage.objects.select_related("collection").order_by("collection__folded")
        return super().get_queryset(request).prefetch_related(tags, Prefetch("entries", entries))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Those of a collection or a tag too, to which their lists lead."""
        return lookup in _LED_HERE or super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Image], search_term: str
    ) -> tuple[QuerySet[Image], bool]:
        """By the full-text index; what is in the trash has left it, and is looked through."""
        assert isinstance(queryset, ImageQuerySet)  # noqa: S101 - for the type checker
        query = search.parse(search_term)
        chosen = request.GET.get(TrashFilter.parameter_name)
        if chosen == "yes":
            return queryset.matching_unindexed(query), False
        if chosen == "no":
            return queryset.matching(query), False
        kept, trashed = queryset.matching(query).values("pk"), queryset.trashed().matching_unindexed(query)
        return queryset.filter(Q(pk__in=kept) | Q(pk__in=trashed.values("pk"))), False

    def view_on_site(self, image: Image) -> str:
        return reverse("image", args=[image.pk])

    picture = column("Picture", thumbnail)
    prompt_start = column("Prompt", lambda image: words(image.title))
    # From 1, as everywhere where people read it.
    number = column("Number in its request", lambda image: image.index + 1)
    size = column("Size", lambda image: sides(image.width, image.height))
    tags = column("Tags", lambda image: named(link.tag for link in image.tag_links.all()))
    collections = column(
        "Collections", lambda image: named(entry.collection for entry in image.entries.all())
    )

    @admin.display(description="Marks")
    def marks(self, image: Image) -> str:
        """Favourites, and the mean of the ratings with their number."""
        said = [f"★ {image.favourite_count}"] if image.favourite_count else []
        if image.rating_count:
            said.append(f"{mean(image.mean_rating)} of {image.rating_count}")
        return ", ".join(said) or NOTHING

    @admin.display(description="Tagged by")
    def tagged(self, image: Image) -> str:
        """Each of them: who put it there, and when."""
        said = (
            (
                words(link.tag.name),
                words(str(link.tagged_by or "")),
                localize(timezone.localtime(link.tagged_at)),
            )
            for link in image.tag_links.all()
        )
        return format_html_join(mark_safe("<br>"), "{}: {}, {}", said) or NOTHING
