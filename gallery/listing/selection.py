"""Pictures that somebody has selected: named one by one, or all that a list shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gallery.formats import MAX_ID, number, read_id
from gallery.http import MemberRequest
from gallery.listing.listing import Listing
from gallery.listing.order import ORDERS, OWN
from gallery.listing.scope import COLLECTION, Scope
from gallery.models import Image, User
from gallery.models.sets import PORTION

#: Pictures that a form may name, and those of a whole list: their ids are kept while they are worked through.
MOST_NAMED, MOST_MATCHES = 5_000, 250_000


class NotSelected(Exception):
    """There is nothing to do, or too much; the message says it to a person."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Ids as they stood when it was asked for, each once: what changes a list meanwhile changes no selection."""

    ids: tuple[int, ...]

    @classmethod
    def read(cls, request: MemberRequest) -> "Selection":
        """What a form names by `image`, by `all` with a list's `q` and `in`, or by the moment `trashed`.

        An `image` may hold several ids with commas between. Raises NotSelected.
        """
        sent = request.POST
        if sent.get("trashed"):
            return cls(_thrown_at(sent["trashed"], request.user))
        if sent.get("all") == "1":
            if request.GET.keys() & {"q", "in"}:
                raise NotSelected(
                    "“q” and “in” belong into the form, not into its address. Nothing was done."
                )
            return cls(_matches(request))
        texts = [text for value in sent.getlist("image") for text in value.split(",") if text.strip()]
        if not texts:
            raise NotSelected("No picture is selected.")
        if len(texts) > MOST_NAMED:
            most = number(MOST_NAMED)
            raise NotSelected(
                f"At most {most} pictures can be named one by one. Select all that match instead."
            )
        # What is no number is no picture of ours: it is counted as one that is not there.
        return cls(tuple(dict.fromkeys(read_id(text.strip()) or MAX_ID for text in texts)))

    def portions(self, size: int = PORTION) -> Iterator[list[int]]:
        """Ids in their order, `size` at a time: as many as one transaction changes."""
        for start in range(0, len(self.ids), size):
            yield list(self.ids[start : start + size])


def _matches(request: MemberRequest) -> tuple[int, ...]:
    """All pictures of a list, the oldest first; those of a collection in its own order.

    Raises NotSelected where any of it is not understood: what a page shows then is more than was meant.
    """
    scope, within = Scope.read(request.POST), request.POST.get("in", "")
    if within and not scope.kind:
        raise NotSelected(f"There is no list “{within[:40]}”. Nothing was done.")
    query = Listing.read(request, size=MOST_MATCHES, orders=scope.orders, sent=request.POST).query
    if query.problems:
        problem = query.problems[0]
        part = f"“{problem.part}” was not searched. " if problem.part else ""
        raise NotSelected(f"{part}{problem.message} Nothing was done: correct the search, then select again.")
    pictures = scope.listed(query, request.user)
    order = OWN if scope.kind == COLLECTION else ORDERS["oldest"]
    ids = tuple(order.sorted(pictures).values_list("pk", flat=True)[: MOST_MATCHES + 1])
    if not ids:
        raise NotSelected("No picture matches this search any more.")
    if len(ids) > MOST_MATCHES:
        raise NotSelected(
            f"More than {number(MOST_MATCHES)} pictures match. Search for fewer, then select again."
        )
    return ids


def _thrown_at(text: str, member: User) -> tuple[int, ...]:
    """What this member threw away by the one click of that moment."""
    try:
        moment = datetime.fromisoformat(text[:40])
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 1970 < moment.year < 9999:
        raise NotSelected("That is no moment of the trash.")
    rows = Image.objects.filter(trashed_at=moment, trashed_by=member).order_by("pk")
    ids = tuple(rows.values_list("pk", flat=True)[:MOST_MATCHES])
    if not ids:
        raise NotSelected("Nothing of it is in the trash any more.")
    return ids
