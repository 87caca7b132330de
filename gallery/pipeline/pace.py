"""How many images may be asked of a model right now: one query over the ledger, no state of its own."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q, Sum
from django.db.models.functions import Now

from gallery.models import Attempt, CatalogModel, Generation

# Venice counts what arrives within a minute; the rest covers what a request spends between ledger and arrival.
WINDOW = timedelta(seconds=61.5)


def images_a_minute(rate_limit: int | None) -> int:
    """How many may be asked of a model: what Venice told of it (None: nothing), or ours when that is lower."""
    ours: int = settings.VENICE_REQUESTS_PER_MINUTE
    return min(ours, rate_limit or ours)


def spent_by_model() -> dict[str, int]:
    """Images asked of each model within the window, by the database's clock; unsent calls count as none."""
    recent = Attempt.objects.left().filter(sent_at__gt=Now() - WINDOW)
    return dict(recent.order_by().values_list("model").annotate(Sum("images_asked")))


def without_room() -> Q:
    """Which waiting generations do not fit into their model's minute; a variant counts as one.

    To be asked inside the transaction that claims. What is leased but not begun counts as spent; a request
    for more images than a whole minute allows goes when the minute is empty.
    """
    leased = Generation.objects.leased()
    # The leased first: one that is begun between the two questions is counted twice, not never.
    spent = dict(leased.order_by().values_list("model").annotate(Sum("variants")))
    for model, images in spent_by_model().items():
        spent[model] = spent.get(model, 0) + images
    lower = dict(CatalogModel.objects.filter(rate_limit__isnull=False).values_list("model_id", "rate_limit"))
    no_room = Q(pk__in=[])
    for model, images in spent.items():
        no_room |= Q(model=model, variants__gt=images_a_minute(lower.get(model)) - images)
    return no_room
