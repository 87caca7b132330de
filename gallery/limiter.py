"""How many images may be asked of a model right now: one query over the ledger, no state of its own."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Now

from gallery.models import Attempt, Generation
from gallery.models.attempt import Outcome

WINDOW = timedelta(minutes=1)


def with_room(queued: QuerySet[Generation]) -> QuerySet[Generation]:
    """Of `queued`, those that fit into their model's minute; a variant counts as one, unsent calls as none.

    A request for more images than a whole minute allows goes when the minute is empty.
    """
    spent = (
        Attempt.objects.filter(model=OuterRef("model"), sent_at__gt=Now() - WINDOW)
        .exclude(outcome=Outcome.UNSENT)
        .order_by()
        .values("model")
        .annotate(total=Sum("images_asked"))
        .values("total")
    )
    limit = settings.VENICE_REQUESTS_PER_MINUTE
    found = queued.annotate(spent=Coalesce(Subquery(spent, output_field=IntegerField()), Value(0)))
    return found.filter(spent__lte=limit - F("variants")) | found.filter(spent=0)
