"""What is told of collections: in which a picture is, which are offered, and from which some have gone."""

from collections.abc import Collection as Sized
from dataclasses import dataclass

from gallery.formats import counted
from gallery.models import Collection, Image

# So many are one click away, and so many names are offered while one types.
BUTTONS, NAMES = 6, 50


@dataclass(frozen=True, slots=True)
class Collecting:
    """The collections that a picture is in, the latest others, and names to choose from."""

    within: list[Collection]
    latest: list[Collection]
    names: list[str]


def collecting(image: Image) -> Collecting:
    """Of one picture; four queries."""
    within = list(Collection.objects.filter(entries__image=image).order_by("folded"))
    offered = [each for each in Collection.objects.used_last(NAMES) if each not in within]
    return Collecting(within, offered[:BUTTONS], [each.name for each in offered])


def no_longer_in(collections: Sized[Collection]) -> str:
    """A sentence for who has thrown pictures away that were put into these; empty for none."""
    if not collections:
        return ""
    first = min(collections, key=lambda each: each.folded)
    more = len(collections) - 1
    others = f" and {counted(more, 'other collection')}" if more else ""
    return f"No longer shown in “{first}”{others}."
