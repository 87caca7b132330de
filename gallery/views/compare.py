"""Two to nine pictures beside each other."""

from dataclasses import dataclass
from typing import Self

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from gallery import access
from gallery.display import comparison
from gallery.display.judgement import Judgement, judgements
from gallery.formats import read_id
from gallery.forms.sources import parts_of
from gallery.http import MemberRequest, SeeOther, error_page
from gallery.models import Collection, Image

FEWEST, MOST = 2, 9
# A room for the pictures that is as most windows have it, in pixels; and a phone's.
WINDOW, PHONE = (1440, 760), (390, 560)
MOST_NARROW = 3
_LONGEST = 24
# So many collections are offered while one types.
_OFFERED = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """Which pictures an address asks for: those that can be shown, in its order, and what is wrong with the rest.

    `thrown`: in the trash, where enough are left to be compared.
    """

    images: list[Image]
    problem: str = ""
    status: int = 200
    thrown: tuple[int, ...] = ()

    @classmethod
    def read(cls, texts: list[str]) -> Self:
        """The pictures of these numbers; of several problems the first."""
        ids = [read_id(text) for text in texts]
        numbers = list(dict.fromkeys(pk for pk in ids if pk is not None))
        by_id = access.images_to_see(numbers[:MOST])
        images = [by_id[pk] for pk in numbers[:MOST] if pk in by_id and not by_id[pk].trashed_at]
        for text, pk in zip(texts, ids, strict=True):
            if pk is None:
                return cls(images, f"“{text}” is not the number of a picture.", 422)
        if len(texts) > MOST:
            return cls(images, f"At most {MOST} pictures stand beside each other.", 422)
        if len(numbers) < len(texts):
            twice = next(pk for pk in numbers if ids.count(pk) > 1)
            return cls(images, f"Picture {twice} is named twice.", 422)
        for pk in numbers:
            if pk not in by_id:
                return cls(images, f"There is no picture {pk}.", 404)
        thrown = tuple(pk for pk in numbers if by_id[pk].trashed_at)
        if thrown and len(images) < FEWEST:
            return cls(images, f"Picture {thrown[0]} is in the trash.", 404)
        if len(images) == 1:
            return cls(images, f"One picture alone cannot be compared: it takes {FEWEST} to {MOST}.", 422)
        return cls(images, thrown=thrown)


@dataclass(frozen=True, slots=True)
class Side:
    """One picture, what its reader thinks of it, and what tells it from the others.

    The addresses of the comparison without it, and with it one place further to the left; the first has none.
    """

    image: Image
    judged: Judgement
    name: str
    without: str
    moved: str


@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: MemberRequest) -> HttpResponse:
    """The pictures of `images=1,2,3` beside each other, with what differs.

    What a selection posts, and `image` and `add`, a number or an address, lead there.
    """
    if request.method == "POST":
        if request.POST.get("all"):
            return error_page(request, 422, "All that match are too many to be compared. Choose a few.")
        return SeeOther(_address(_texts(request.POST)))
    texts = _texts(request.GET)
    if "image" in request.GET or "add" in request.GET:
        return redirect(_address(texts))
    asked = Asked.read(texts)
    numbers = [str(image.pk) for image in asked.images]
    context = {"asked": asked, "numbers": ",".join(numbers), "fewest": FEWEST, "most": MOST}
    if asked.problem or not asked.images:
        return render(request, "compare/choose.html", context, status=asked.status)
    context |= {
        "sides": _sides(request, asked.images, numbers),
        "back": request.get_full_path(),
        "collections": Collection.objects.used_last(_OFFERED),
        "start": "slider" if request.GET.get("shown") == "slider" and len(asked.images) == 2 else "",
        "rows": comparison.rows(asked.images),
        "words": comparison.words(asked.images),
        "columns": comparison.columns(asked.images, *WINDOW),
        "narrow_columns": min(comparison.columns(asked.images, *PHONE), MOST_NARROW),
    }
    return render(request, "compare/compare.html", context)


def _sides(request: MemberRequest, images: list[Image], numbers: list[str]) -> list[Side]:
    judged = judgements(images, request.user)
    return [
        Side(
            image, judged[image.pk], name, _address([*numbers[:at], *numbers[at + 1 :]]), _moved(numbers, at)
        )
        for at, (image, name) in enumerate(zip(images, comparison.names(images), strict=True))
    ]


def _texts(asked: QueryDict) -> list[str]:
    """What stands for pictures in the address, cut where nobody compares any more."""
    said = [*asked.getlist("images"), *asked.getlist("image"), *asked.getlist("add")]
    typed = " ".join(text[:2000] for text in said[: 2 * MOST])
    return [part[:_LONGEST] for part in parts_of(typed)[: MOST + 1]]


def _address(texts: list[str]) -> str:
    return reverse("compare", query={"images": ",".join(texts)}).replace("%2C", ",")


def _moved(numbers: list[str], at: int) -> str:
    """The address with the picture at that place one place further to the left; the first has none."""
    if not at:
        return ""
    return _address([*numbers[: at - 1], numbers[at], numbers[at - 1], *numbers[at + 1 :]])
