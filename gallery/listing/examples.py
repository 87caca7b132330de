"""A picture of the team's own for each model and each style: what people choose them by."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, F, IntegerField, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from gallery.models import CatalogModel, CatalogStyle, Image
from gallery.models.sets import PRIOR_RATING

# From this score on a picture is liked. One that was rated low recommends nothing: the newest unrated is shown sooner.
_LIKED = 1000 * PRIOR_RATING
_SHOWN = ("sha256", "recipe", "width", "height", "color", "name", "format")


def of_models(names: Iterable[str]) -> dict[str, Image]:
    """By the model's id: the best rated picture that it made, else the newest; none that is not for every eye."""
    return _examples(CatalogModel.objects.filter(model_id__in=list(names)), "model_id", "model")


def of_styles(names: Iterable[str]) -> dict[str, Image]:
    """As `of_models`, by the style's exact name."""
    return _examples(CatalogStyle.objects.filter(name__in=list(names)), "name", "style_preset")


def sought(entries: QuerySet[Any], key: str, column: str) -> QuerySet[Any]:
    """`entries` with the id of the example of each: a seek in the index of its own, or some more.

    What the emulator has painted stands for something only where nothing else does.
    """
    made = Image.objects.covers().usable().filter(is_sensitive=False, **{column: OuterRef(key)})
    best = made.order_by("-score", "-id").values("pk")
    seeks = []
    for emulated in (False, True):
        # As a list: SQLite seeks no column that is only named.
        whose = best.filter(emulated__in=[emulated])
        # No condition on a rank: PostgreSQL would walk all rated pictures for a model that has none.
        liked = whose.annotate(liked=Case(When(score__gte=_LIKED, then=F("pk")))).values("liked")
        seeks += [liked, whose.filter(score=0), whose]
    example = Coalesce(*(Subquery(rows[:1]) for rows in seeks), output_field=IntegerField())
    annotated: QuerySet[Any] = entries.order_by().annotate(example=example)
    return annotated


def _examples(entries: QuerySet[Any], key: str, column: str) -> dict[str, Image]:
    """Two queries: one that seeks, then the rows that were found."""
    examples = dict(sought(entries, key, column).values_list(key, "example"))
    rows = Image.objects.only(*_SHOWN).in_bulk([pk for pk in examples.values() if pk is not None])
    return {name: rows[pk] for name, pk in examples.items() if pk in rows}
