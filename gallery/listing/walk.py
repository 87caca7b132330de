"""The first rows of a searched list: what a short walk in its order meets, else what the index of the search gathers.

Databases choose between the two by what they suppose. PostgreSQL takes words for independent, and walks an order to
its end for two that never meet, and for one that stands nowhere. SQLite looks up and sorts all that match, where the
order is not the index's own.
"""

from collections.abc import Callable
from typing import TypeVar

from gallery.listing.order import Cursor, Order, Rows
from gallery.models.image import ImageQuerySet
from gallery.models.image_search import Choices

T = TypeVar("T")

#: So many rows of the unsearched list are walked; who is not met there is rare enough to be gathered. What one index
#: tells is walked quickly, and gathered slowly where it is not rare: further.
REACH, FAR_REACH = 2_000, 10_000


def first(
    order: Order,
    pictures: ImageQuerySet,
    arrange: Callable[[Rows], Rows],
    take: Callable[[Rows], list[T]],
    most: int,
    *,
    backwards: bool = False,
) -> list[T]:
    """Up to `most` of `pictures`, which `arrange` sorts from where they begin, `backwards` or not, and `take` reads."""
    search = pictures.choices(order.columns)
    if search is None:
        return take(arrange(pictures)[:most])
    if search.met is not None:
        edge = _edge(search, order, arrange)
        near: Rows = search.met
        if edge:
            near = (order.after if backwards else order.until)(near, edge)
        matches = take(arrange(near)[:most])
        if not edge or len(matches) == most:
            return matches
    # First which, then what is shown of them: a database looks up all that a row shows before it sorts.
    chosen = list(arrange(search.gathered).values_list("pk", flat=True)[:most])
    return take(arrange(search.among.filter(pk__in=chosen)))


def _edge(search: Choices[ImageQuerySet], order: Order, arrange: Callable[[Rows], Rows]) -> Cursor | None:
    """Up to where is walked; None: to the end."""
    if search.is_sorted:
        return None
    reach = FAR_REACH if search.is_plain else REACH
    return next(iter(arrange(search.among).values_list(*order.columns)[reach : reach + 1]), None)
