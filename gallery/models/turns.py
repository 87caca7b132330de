"""Whose turn it is: round robin over the members; of one member's, single pictures before batches, older first."""

from typing import Any

from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import FirstValue, Now, RowNumber

IS_BATCH = ExpressionWrapper(Q(variants__gt=1), output_field=BooleanField())
# Enough to find the next one; the whole line takes turns, which needs each member's own order as well.
NEXT = (F("owner__served_at").asc(nulls_first=True), IS_BATCH, "id")

RUNNING, LEASED, DUE, HELD = range(4)


def in_line(generations: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate `standing` and put in order: what is sent or stored, what is leased, what is due by turns, what is held.

    The due ones stand as they would be claimed one after the other, so that the first of them is that of NEXT.
    """
    standing = Case(
        When(~Q(state="queued"), then=Value(RUNNING)),
        When(token__isnull=False, then=Value(LEASED)),
        When(Q(not_before__gt=Now()) | Q(owner__is_active=False), then=Value(HELD)),
        default=Value(DUE),
    )
    own: dict[str, Any] = {"partition_by": [F("owner_id"), F("standing")], "order_by": [IS_BATCH, "id"]}
    known: QuerySet[Any] = generations.annotate(standing=standing).annotate(
        turn=Window(RowNumber(), **own),
        # Members who were never served take their first turns by their first ones.
        head_is_batch=Window(FirstValue(IS_BATCH), **own),
        head=Window(FirstValue("id"), **own),
    )
    turn = (_if_due("turn"), _if_due("owner__served_at").asc(nulls_first=True))
    return known.order_by("standing", *turn, _if_due("head_is_batch"), _if_due("head"), "id")


def _if_due(name: str) -> Case:
    return Case(When(standing=DUE, then=F(name)))
