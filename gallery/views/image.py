"""One picture: all about its request, and what can be made from it."""

from django.db import transaction
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import reswap, retarget

from gallery import access
from gallery.display import details, generation_card, lineage
from gallery.display.judgement import judgement
from gallery.display.membership import collecting
from gallery.forms.price import PriceRefused
from gallery.forms.submission import lost, refusal, spend, submission_of
from gallery.http import MemberRequest, SeeOther, closed_gates
from gallery.listing import neighbours
from gallery.media import responses
from gallery.media.pictures import LostFile
from gallery.media.storage import EXTENSIONS
from gallery.models import CatalogModel, Image, Verification
from gallery.models.generation import draw_seed, with_seed


@require_safe
def image(request: MemberRequest, pk: int) -> HttpResponse:
    """The picture's page, between its neighbours in the gallery, or in the list that its address names."""
    return _page(request, access.image_to_see(pk))


def _page(request: MemberRequest, image: Image, refused: PriceRefused | None = None) -> HttpResponse:
    """The whole page; to the viewer, which shows it over a grid, what stands in it."""
    operation = image.generation.operation
    context = {
        "image": image,
        "generation": image.generation,
        "price": refused.price if refused else CatalogModel.objects.price(operation),
        "refused": refused,
        "rows": details.request_rows(image.generation),
        "texts": details.texts(image.generation),
        "enhancement": details.enhancement(image.generation),
        "made_of": lineage.made_of(image.generation),
        "slices": details.slices(image.generation),
        "steps": neighbours.Neighbours.read(request, image),
        "judged": judgement(image, request.user),
        "mates": neighbours.mates(image, request.user),
        "collecting": collecting(image),
        "made": lineage.made_from(image),
    }
    template = f"image/{'_viewer' if request.htmx else 'image'}.html"
    return render(request, template, context, status=422 if refused else 200)


@require_safe
def original(request: MemberRequest, pk: int) -> HttpResponseBase:
    """What Venice sent, byte for byte; as a download with `?download`."""
    image = access.image_to_see(pk)
    name = f"venice-{image.pk}.{EXTENSIONS[image.format]}" if "download" in request.GET else None
    response = responses.response(request, image.name, name)
    if response is None:
        raise Http404
    return response


@require_POST
def rerun_same_seed(request: MemberRequest, pk: int) -> HttpResponse:
    """The same request with the picture's own seed; refused where Venice told none."""
    return _with_own_seed(request, pk, "rerun-same-seed")


@require_POST
def rerun_new_seed(request: MemberRequest, pk: int) -> HttpResponse:
    """The same request with a freshly drawn seed."""
    return _rerun(request, access.image_to_see(pk), draw_seed(), "rerun-new-seed")


@require_POST
def verify(request: MemberRequest, pk: int) -> HttpResponse:
    """The same request with the picture's own seed, and what comes of it is compared with the picture."""
    return _with_own_seed(request, pk, "verify")


def _with_own_seed(request: MemberRequest, pk: int, action: str) -> HttpResponse:
    image = access.image_to_see(pk)
    if image.seed is None:
        return refusal(request, "Venice tells no seed for this picture, so it cannot be made again.")
    return _rerun(request, image, image.seed, action)


def _rerun(request: MemberRequest, origin: Image, seed: int, action: str) -> HttpResponse:
    operation = with_seed(origin.generation.operation, seed)
    try:
        with transaction.atomic():
            generation, created = spend(request, operation, submission=submission_of(request), origin=origin)
            if action == "verify":
                Verification.objects.ask(generation, origin)
    except PriceRefused as refused:
        return _with_new_price(request, origin, refused)
    except LostFile as error:
        return refusal(request, lost(error))
    if request.htmx:
        card = generation_card.of(generation, closed_gates(request), member=request.user)
        return render(request, "image/_rerun.html", {"card": card, "action": action, "created": created})
    return SeeOther(reverse("generation", args=[generation.pk]))


def _with_new_price(request: MemberRequest, image: Image, refused: PriceRefused) -> HttpResponse:
    """The page again, or to htmx its buttons alone, where they are."""
    if not request.htmx:
        return _page(request, image, refused)
    context = {"image": image, "price": refused.price, "refused": refused}
    fragment = render(request, "image/_actions.html", context, status=422)
    return retarget(reswap(fragment, "outerHTML"), "#actions")
