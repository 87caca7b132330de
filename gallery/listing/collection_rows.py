"""Cards of collections with their first pictures; and a collection's pictures as cards to be arranged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery

from gallery.listing.listing import Listing, Page
from gallery.listing.order import Order, by_name
from gallery.models import Collection, CollectionImage, Image, User
from gallery.models.collection import CollectionQuerySet
from gallery.models.image import ImageQuerySet

PAGE = 60
PICTURES = 4
NEWEST = by_name([Order("newest", "Newest")])
_SHOWN = ("sha256", "recipe", "width", "height", "color", "is_sensitive")


@dataclass(frozen=True, slots=True)
class CollectionCard:
    """What `collections/_card.html` is drawn from: a collection with its first pictures, its cover before all.

    `count` is how many it shows to who looks.
    """

    collection: Collection
    count: int
    pictures: list[Image]


def page(listing: Listing, collections: CollectionQuerySet, member: User) -> Page[CollectionCard]:
    """The collections of `listing`, with what is listed for `member`; always as many queries."""
    rows = list(listing.rows(_with_pictures(collections, member).select_related("created_by")))
    return listing.page(
        collections, _cards(rows[: listing.size], member), [listing.order.cursor(row) for row in rows]
    )


def _with_pictures(collections: CollectionQuerySet, member: User) -> CollectionQuerySet:
    # As conditions of the pictures that are met: a list of all that are listed would be made for every page.
    listed: dict[str, Any] = {"image__trashed_at": None}
    if member.hides_sensitive:
        listed["image__is_sensitive"] = False
    shown = CollectionImage.objects.filter(collection=OuterRef("pk"), **listed)
    first = shown.order_by("position", "image").values("image")
    return collections.annotate(
        count=Count("entries", filter=Q(**{f"entries__{name}": value for name, value in listed.items()})),
        # One that is in it no more covers nothing.
        picture_cover=Subquery(shown.filter(image=OuterRef("cover")).values("image")),
        **{f"picture_{n}": Subquery(first[n : n + 1]) for n in range(PICTURES)},
    )


def _cards(rows: Sequence[Collection], member: User) -> list[CollectionCard]:
    chosen = {
        row.pk: [getattr(row, f"picture_{which}") for which in ("cover", *range(PICTURES))] for row in rows
    }
    wanted = {pk for pks in chosen.values() for pk in pks if pk}
    listed = Image.objects.kept().listed_for(member)
    images = listed.only(*_SHOWN).in_bulk(wanted) if wanted else {}
    return [
        CollectionCard(
            row,
            getattr(row, "count", 0),
            [images[pk] for pk in dict.fromkeys(chosen[row.pk]) if pk in images][:PICTURES],
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture of a collection; who put it there, empty when they are gone, and when."""

    image: Image
    added_by: str
    added_at: datetime


def entries(listing: Listing, images: ImageQuerySet) -> Page[Entry]:
    """The pictures of `listing`, which is in the collection's own order, to be moved."""
    annotated = images.annotate(added_by=F("entries__added_by__username"), added_at=F("entries__added_at"))
    rows = list(listing.rows(annotated.select_related("prompt", "generation")))
    shown = [Entry(row, row.added_by or "", row.added_at) for row in rows[: listing.size]]
    return listing.page(images, shown, [listing.order.cursor(row) for row in rows])
