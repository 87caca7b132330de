"""Pictures as people choose among them to start others from: what is at hand, or what a search finds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from gallery.forms.sources import name_of
from gallery.listing import walk
from gallery.listing.listing import Listing
from gallery.listing.order import Rows
from gallery.models import Image, Mark, Upload, User
from gallery.models.stored import StoredPicture

#: So many under each heading, and of a search.
SHOWN, MOST_MATCHES = 18, 60
# Some of these stand under a heading above.
_READ = 3 * SHOWN
# Characters of its words.
_TITLE = 60


@dataclass(frozen=True, slots=True)
class PictureCard:
    """One picture: what names it in a form, and what it is called; `is_fixed`: it cannot be taken away."""

    name: str
    picture: StoredPicture
    title: str
    is_sensitive: bool = False
    is_chosen: bool = False
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Cards under one heading; `more` is a search for all of them."""

    title: str
    cards: tuple[PictureCard, ...]
    more: str = ""


def groups(
    member: User,
    chosen: Sequence[StoredPicture],
    near: Sequence[StoredPicture],
    listing: Listing,
    *,
    fixed: StoredPicture | None = None,
) -> list[Group]:
    """What is chosen in its order, then what `listing` finds; without a search what is at hand.

    That is what is `near`, liked, made or brought lately, and the newest of all: a newcomer has nothing else. Each
    picture once; as `member` has them in lists, and of uploads their own alone.
    """
    parts: list[tuple[str, Iterable[StoredPicture], str]] = [("Chosen", chosen, "")]
    if listing.query:
        parts += [("Found", _matches(member, listing), "")]
    else:
        parts += [
            ("Gathered to compare, or selected", near, ""),
            ("Your favourites", _favourites(member), "is:favourite"),
            ("Made by you lately", _made(member), "by:me"),
            ("Your uploads", Upload.objects.of(member)[:SHOWN], ""),
            ("Newest in the gallery", _newest(member), ""),
        ]
    seen: set[str] = set()
    drawn = []
    for title, pictures, more in parts:
        fresh = _cards(pictures, seen, is_chosen=pictures is chosen, fixed=fixed)
        if cards := tuple(islice(fresh, SHOWN if more else MOST_MATCHES)):
            drawn.append(Group(title, cards, more if len(cards) == SHOWN else ""))
    return drawn


def _cards(
    pictures: Iterable[StoredPicture], seen: set[str], *, is_chosen: bool, fixed: StoredPicture | None
) -> Iterable[PictureCard]:
    for picture in pictures:
        if (name := name_of(picture)) in seen:
            continue
        seen.add(name)
        sensitive = isinstance(picture, Image) and picture.is_sensitive
        title = (
            f"{picture.pk} {picture.title}"[:_TITLE] if isinstance(picture, Image) else f"Upload {picture.pk}"
        )
        yield PictureCard(name, picture, title, sensitive, is_chosen, picture == fixed)


def _listed(member: User) -> Rows:
    return Image.objects.kept().usable().listed_for(member).select_related("prompt", "generation")


def _favourites(member: User) -> list[Image]:
    """Those of the newest pictures, by the index of a member's own marks."""
    marks = Mark.objects.filter(user=member, is_favourite=True).order_by("-image")
    rows = _listed(member).in_bulk(list(marks.values_list("image", flat=True)[:_READ]))
    return sorted(rows.values(), key=lambda image: -image.pk)


def _made(member: User) -> Rows:
    return _listed(member).filter(owner=member).order_by("-pk")[:_READ]


def _newest(member: User) -> Rows:
    return _listed(member).filter(is_cover=True).order_by("-pk")[:SHOWN]


def _matches(member: User, listing: Listing) -> list[Image]:
    """Every picture by itself, also one that lies in a stack."""
    images = Image.objects.kept().matching(listing.query).listed_for(member)
    read: Callable[[Rows], list[Image]] = lambda rows: list(rows.select_related("prompt", "generation"))  # noqa: E731
    return walk.first(listing.order, images, listing.arranged, read, listing.size)
