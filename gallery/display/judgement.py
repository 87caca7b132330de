"""What a picture's page tells of judgements: the reader's own, the team's, and its tags."""

from collections.abc import Collection
from dataclasses import dataclass

from gallery.formats import mean
from gallery.models import Image, Mark, Tag, User

# So many tags are offered before anything is typed.
OFFERED = 50


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of `image`: `mean` is the team's, with one decimal, empty while none; `rating` the reader's own, 0 for none."""

    image: Image
    favourite: bool
    rating: int
    mean: str
    tags: list[Tag]
    offered: list[str]


def judgement(image: Image, member: User) -> Judgement:
    """Of one picture, whose sums are as they are now; three queries."""
    own = Mark.objects.filter(user=member, image=image).values_list("is_favourite", "rating").first()
    favourite, rating = own or (False, 0)
    tags = list(Tag.objects.filter(links__image=image))
    offered = [tag.name for tag in Tag.objects.order_by("-pk")[:OFFERED] if tag not in tags]
    return Judgement(image, favourite, rating, mean(image.mean_rating), tags, offered)


def judgements(images: Collection[Image], member: User) -> dict[int, Judgement]:
    """Of several pictures by id, without their tags; one query."""
    rows = Mark.objects.filter(user=member, image__in=images).values_list("image", "is_favourite", "rating")
    marks = {pk: (favourite, rating) for pk, favourite, rating in rows}
    return {
        image.pk: Judgement(image, *marks.get(image.pk, (False, 0)), mean(image.mean_rating), [], [])
        for image in images
    }


def own(image: Image) -> Judgement:
    """The same without tags, of a picture of a card that was read for a member: no query."""
    (mark,) = getattr(image, "own_marks", None) or [Mark()]
    return Judgement(image, mark.is_favourite, mark.rating, mean(image.mean_rating), [], [])
