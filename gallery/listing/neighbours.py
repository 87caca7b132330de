"""Where a picture stands in the list that it was opened from: its neighbours, its place, and the way back."""

from dataclasses import dataclass, replace

from gallery.formats import number
from gallery.http import MemberRequest
from gallery.listing import walk
from gallery.listing.count import up_to
from gallery.listing.listing import Listing
from gallery.listing.order import Rows
from gallery.listing.scope import Scope
from gallery.models import Image, User

#: Pictures of the filmstrip on each side of the one that is shown.
SIDE = 7
#: Nobody counts further: "more than 1 000".
FARTHEST = 1000

# What the filmstrip shows of a picture.
_COLUMNS = ("id", "sha256", "width", "height", "recipe", "is_sensitive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The pictures around one, as the list has them; `cover` stands in the list for the variants of its stack.

    `position` counts from 1; it and `count` are in words, empty where the picture is none of the list's.
    """

    cover: int
    before: int | None
    after: int | None
    strip: list[Image]
    position: str
    count: str
    within: str
    back: str

    @classmethod
    def read(cls, request: MemberRequest, image: Image) -> "Neighbours":
        """Around `image`, in the list that the address of `request` names; nine queries at most beside its search's."""
        scope = Scope.read(request.GET)
        listing = Listing.read(request, size=1, orders=scope.orders)
        order, pictures = listing.order, scope.listed(listing.query, request.user)
        is_stacked = scope.is_stacked and not listing.query.is_of_chosen
        cover = image if image.is_cover or not is_stacked else _cover(image)
        cursor = scope.cursor(order, cover)
        earlier = listing.before(pictures, cursor)
        later = listing.after(pictures, cursor, inclusive=True)
        ahead = walk.first(
            order, pictures, lambda rows: listing.before(rows, cursor), _drawn, SIDE, backwards=True
        )
        behind = walk.first(
            order, pictures, lambda rows: listing.after(rows, cursor, inclusive=True), _drawn, SIDE + 1
        )
        is_listed = bool(behind) and behind[0].pk == cover.pk
        following = behind[1:] if is_listed else behind[:SIDE]
        passed = _count(earlier, ahead, SIDE) if is_listed else 0
        left = _count(later, behind, SIDE + 1) if is_listed else 0
        total = FARTHEST + 1 if max(passed, left) > FARTHEST else passed + left
        return cls(
            cover=cover.pk,
            before=ahead[0].pk if ahead else None,
            after=following[0].pk if following else None,
            strip=[*reversed(ahead), *behind[:1], *following] if is_listed else [],
            position=number(passed + 1) if is_listed and passed <= FARTHEST else "",
            count=up_to(total, FARTHEST) if is_listed else "",
            within=scope.within(listing),
            back=replace(listing, path=scope.path).address(cursor),
        )


def _drawn(rows: Rows) -> list[Image]:
    return list(rows.only(*_COLUMNS))


def _count(rows: Rows, taken: list[Image], asked: int) -> int:
    """How many `rows` there are, up to one more than the farthest; asks only when as many came as were asked for."""
    return len(taken) if len(taken) < asked else rows.order_by()[: FARTHEST + 1].count()


def _cover(image: Image) -> Image:
    """The picture that stands in the gallery for its stack."""
    return Image.objects.covers().filter(generation=image.generation_id).first() or image


def mates(image: Image, member: User) -> list[Image]:
    """The pictures of the same click that `member` has in lists, in its order: variants, and other seeds.

    Nothing when it is alone. Of very many those around the one that is shown; two queries.
    """
    together = Image.objects.kept().filter(generation__batch=image.generation.batch_id)
    rows = together.order_by("generation_id", "index", "pk").values_list("pk", "is_sensitive")[:FARTHEST]
    ids = [pk for pk, hidden in rows if pk == image.pk or not (hidden and member.hides_sensitive)]
    if len(ids) < 2 or image.pk not in ids:
        return []
    at = ids.index(image.pk)
    near = ids[max(0, at - SIDE) : at + SIDE + 1]
    images = Image.objects.only(*_COLUMNS).in_bulk(near)
    return [images[pk] for pk in near if pk in images]
