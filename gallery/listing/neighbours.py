"""Where a picture stands in the list that it was opened from: its neighbours, its place, and the way back."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from gallery.formats import number, read_id
from gallery.listing import walk
from gallery.listing.count import up_to
from gallery.listing.listing import Listing
from gallery.listing.order import Rows, write
from gallery.models import Image
from gallery.models.image import ImageQuerySet

#: Pictures of the filmstrip on each side of the one that is shown.
SIDE = 7
#: Nobody counts further: "more than 1 000".
FARTHEST = 1000

_PROMPT = "prompt:"
# What the filmstrip shows of a picture.
_COLUMNS = ("id", "sha256", "width", "height", "recipe")


@dataclass(frozen=True, slots=True)
class Scope:
    """The pictures among which one steps: all of a prompt, or every stack's cover when it names none."""

    prompt_id: int | None = None

    @classmethod
    def read(cls, request: HttpRequest) -> "Scope":
        """What `in=` names; the whole gallery where that is nothing that we have written."""
        kind, colon, number = request.GET.get("in", "").partition(":")
        return cls(read_id(number) if kind + colon == _PROMPT else None)

    @property
    def text(self) -> str:
        """As `in=` names it; empty for the whole gallery."""
        return "" if self.prompt_id is None else f"{_PROMPT}{self.prompt_id}"

    @property
    def path(self) -> str:
        """The page that lays these pictures out."""
        return reverse("gallery") if self.prompt_id is None else reverse("prompt", args=[self.prompt_id])

    def pictures(self) -> ImageQuerySet:
        """Its rows, in no order yet."""
        every = Image.objects.all()
        return every.covers() if self.prompt_id is None else every.filter(prompt=self.prompt_id)

    def within(self, listing: Listing) -> str:
        """`?q=…&in=…`, or nothing for the whole gallery: makes a picture's page step among these."""
        own = urlencode({"in": self.text}, safe=":") if self.text else ""
        return f"{listing.within}{'&' if listing.within else '?'}{own}" if own else listing.within


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The pictures around one, as the list has them; `cover` stands in the list for the variants of its stack.

    `place` counts from 1; it and `count` are in words, empty where the picture is none of the list's.
    """

    cover: int
    before: int | None
    after: int | None
    strip: list[Image]
    place: str
    count: str
    within: str
    back: str

    @classmethod
    def read(cls, request: HttpRequest, image: Image) -> "Neighbours":
        """Around `image`, in the list that the address of `request` names; nine queries at most beside its search's."""
        listing, scope = Listing.read(request, size=1), Scope.read(request)
        order, pictures = listing.order, scope.pictures().matching(listing.query)
        cover = image if image.is_cover or scope.prompt_id else _cover(image)
        cursor = order.cursor(cover)
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
            place=number(passed + 1) if is_listed and passed <= FARTHEST else "",
            count=up_to(total, FARTHEST) if is_listed else "",
            within=scope.within(listing),
            back=f"{scope.path}{listing.within}{'&' if listing.within else '?'}from={write(cursor)}",
        )


def _drawn(rows: Rows) -> list[Image]:
    return list(rows.only(*_COLUMNS))


def _count(rows: Rows, known: list[Image], asked: int) -> int:
    """How many `rows` there are, up to one more than the farthest; asks only when as many came as were asked for."""
    return len(known) if len(known) < asked else rows.order_by()[: FARTHEST + 1].count()


def _cover(image: Image) -> Image:
    """The picture that stands in the gallery for its stack."""
    return Image.objects.covers().filter(generation=image.generation_id).first() or image


def mates(image: Image) -> list[Image]:
    """The pictures of the same click, in its order: variants, and other seeds; nothing when it is alone.

    Of very many those around the one that is shown; two queries.
    """
    together = Image.objects.filter(generation__batch=image.generation.batch_id)
    ids = list(together.order_by("generation_id", "index", "pk").values_list("pk", flat=True)[:FARTHEST])
    if len(ids) < 2 or image.pk not in ids:
        return []
    at = ids.index(image.pk)
    near = ids[max(0, at - SIDE) : at + SIDE + 1]
    found = Image.objects.only(*_COLUMNS).in_bulk(near)
    return [found[pk] for pk in near if pk in found]
