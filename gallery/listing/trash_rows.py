"""A page of the trash: its pictures, newest first, with who threw each away, and when."""

from dataclasses import dataclass

from gallery import access
from gallery.listing.listing import Listing, Page
from gallery.models import Image, User
from gallery.models.image import ImageQuerySet

PAGE = 60


@dataclass(frozen=True, slots=True)
class Thrown:
    """One picture in the trash, and whether who looks may bring it back."""

    image: Image
    may_restore: bool


def page(listing: Listing, images: ImageQuerySet, member: User) -> Page[Thrown]:
    """The pictures of `listing` among `images`, each with whether `member` may bring it back."""
    detailed = images.select_related("trashed_by", "prompt", "generation")
    rows: list[Image] = list(listing.rows(detailed))
    shown = [Thrown(row, access.may_throw_away(member, row)) for row in rows[: listing.size]]
    return listing.page(images, shown, [listing.order.cursor(row) for row in rows])
