"""What a picture's page tells of collections: in which it is, and which are offered."""

from dataclasses import dataclass

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
