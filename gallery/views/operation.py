"""Operations on a picture of ours or on one that somebody brought: edit, multi-edit, upscale, remove the background."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import retarget

from gallery import access
from gallery.display import generation_card
from gallery.formats import read_id
from gallery.forms import kept, operations
from gallery.forms.fields import BOXES
from gallery.forms.operation_form import OperationForm
from gallery.forms.operations import FORMS, address_of
from gallery.forms.price import PriceRefused
from gallery.forms.sources import Sources, moved, name_of, named, of_inputs, page_of
from gallery.forms.submission import earlier, lost, spend
from gallery.http import MemberRequest, SeeOther, closed_gates, error_page
from gallery.media.pictures import LostFile
from gallery.models import Generation, Image
from gallery.models.stored import StoredPicture
from gallery.text import unreadable_fields

# Buttons of the forms that draw them again instead of spending; the last three name a place in the list of pictures.
REDRAWING = ("change-model", "add-pictures", "earlier", "later", "remove")
SEVERAL = "multi-edit"
FEWEST = 2
#: The parameter that names the request that a form is filled from.
OF_REQUEST = "generation"
_GONE = "is thrown away for good, or was brought by another member, so that you cannot start from it."


@require_http_methods(["GET", "HEAD", "POST"])
def operation(request: MemberRequest, pk: int, kind: str) -> HttpResponse:
    """The form for a picture; a post queues what it asks for, or draws the form again."""
    return _answer(request, kind, access.image_to_see(pk))


@require_http_methods(["GET", "HEAD", "POST"])
def of_upload(request: MemberRequest, pk: int, kind: str) -> HttpResponse:
    """The same for a picture that the member has brought."""
    return _answer(request, kind, access.upload_to_use(request.user, pk))


@require_POST
def together(request: MemberRequest) -> HttpResponse:
    """From selected pictures to the form that edits them together; the first one is what is changed."""
    if request.POST.get("all"):
        return error_page(request, 422, "All that match are too many to be edited together. Choose a few.")
    sources = named(request.POST, request.user, "image")
    if sources.problem or len(sources.pictures) < FEWEST:
        return error_page(
            request, 422, sources.problem or "Choose two pictures or more to edit them together."
        )
    first, *others = sources.pictures
    inputs = [("input", name_of(picture)) for picture in others]
    return SeeOther(f"{address_of(first, SEVERAL)}?{_encoded(inputs)}")


@require_safe
def edit_and_try_again(request: MemberRequest, pk: int) -> HttpResponse:
    """From an operation to the form of its kind, filled with what it asked for."""
    generation = access.generation_to_see(pk)
    if generation.kind not in FORMS:
        return SeeOther(f"{reverse('create')}?{OF_REQUEST}={pk}")
    own = next((each for each in _started_from(generation, request) if each), None)
    if own is None:
        return error_page(request, 404, f"The picture that generation {pk} started from {_GONE}")
    return SeeOther(f"{address_of(own, generation.kind)}?{OF_REQUEST}={pk}")


def _started_from(generation: Generation, request: MemberRequest) -> list[StoredPicture | None]:
    return of_inputs(generation.inputs.select_related("image"), request.user)


def _encoded(pairs: list[tuple[str, str]]) -> str:
    query = QueryDict(mutable=True)
    for name, value in pairs:
        query.appendlist(name, value)
    return query.urlencode()


def _answer(request: MemberRequest, kind: str, own: StoredPicture) -> HttpResponse:
    if request.method != "POST":
        return _opened(request, kind, own)
    sent = request.POST
    # Pictures that are named and not yet shown are shown first, whichever button was pressed.
    is_adding = kind == SEVERAL and bool(sent.get("add", "").strip())
    if is_adding or any(name in sent for name in REDRAWING):
        return _page(request, _drawn(request, kind, own, sent))
    sources = _sources(sent, request, kind, own)
    form = FORMS[kind](
        own,
        sources.pictures,
        operations.models(),
        sent,
        unreadable=unreadable_fields(request),
        problem=sources.problem,
        problem_at=sources.field,
    )
    made = _made(request, form)
    if made is None:
        return _page(request, form, status=422)
    generation, created = made
    if not request.htmx:
        return SeeOther(reverse("generation", args=[generation.pk]))
    card = generation_card.of(generation, closed_gates(request))
    return render(request, "operation/_queued.html", {"card": card, "created": created, "form": form})


def _opened(request: MemberRequest, kind: str, own: StoredPicture) -> HttpResponse:
    """The form as its address asks: as it was when its session was over, as a request had it, or field by field."""
    if words := kept.own(request):
        return _page(request, _drawn(request, kind, own, words.sent), restored=words, is_filled=True)
    before = _request_named(request)
    form = _drawn(request, kind, own, request.GET, before)
    is_lost = OF_REQUEST in request.GET and before is None
    return _page(request, form, is_lost=is_lost, is_filled=before is not None)


def _drawn(
    request: MemberRequest, kind: str, own: StoredPicture, sent: QueryDict, before: Generation | None = None
) -> OperationForm:
    """The form with what was `sent`, and with what the request of `before` had beside that; nothing is spent."""
    sources = _sources(sent, request, kind, own)
    if before and kind == SEVERAL and "input" not in sent:
        sources = _sources_of(before, request, own)
    pictures = _arranged(sources.pictures, sent, own)
    values = {**(_asked_by(before) if before else {}), **_kept(sent)}
    return FORMS[kind](
        own,
        pictures,
        operations.models(),
        initial=values,
        problem=sources.problem,
        problem_at=sources.field,
    )


def _sources(sent: QueryDict, request: MemberRequest, kind: str, own: StoredPicture) -> Sources:
    """The page's own picture and, where several are edited together, the others that were named."""
    if kind != SEVERAL:
        return Sources((own,))
    sources = named(sent, request.user, "input", "upload", "add")
    pictures = sources.pictures if own in sources.pictures else (own, *sources.pictures)
    return replace(sources, pictures=pictures)


def _request_named(request: MemberRequest) -> Generation | None:
    """The request that the address asks to be filled in."""
    pk = read_id(request.GET.get(OF_REQUEST, ""))
    return Generation.objects.filter(pk=pk).first() if pk is not None else None


def _asked_by(before: Generation) -> dict[str, Any]:
    """What it asked for, by the names of the fields; what no form of operations has is left out by the form."""
    return {**before.request, "model": before.model}


def _sources_of(before: Generation, request: MemberRequest, own: StoredPicture) -> Sources:
    """The pictures of that request in their order, as far as they can be used, and the page's own."""
    rows = _started_from(before, request)
    pictures = tuple(each for each in rows if each is not None)
    problem = f"A picture that generation {before.pk} started from {_GONE}" if None in rows else ""
    return Sources(tuple(dict.fromkeys(pictures if own in pictures else (own, *pictures))), problem)


def _arranged(
    pictures: Sequence[StoredPicture], sent: QueryDict, own: StoredPicture
) -> Sequence[StoredPicture]:
    """As the buttons of the list ask; the page's own picture is not taken away."""
    for name, by in (("earlier", -1), ("later", 1)):
        position = sent.get(name, "")
        if position.isascii() and position.isdigit():
            pictures = moved(pictures, int(position[:4]), by)
    taken = sent.get("remove", "")
    return [picture for picture in pictures if picture == own or name_of(picture) != taken]


def _kept(sent: QueryDict) -> dict[str, Any]:
    """What was filled in, as the first values of a form that is drawn again, or as its address asks."""
    unticked = {name: "off" for name in sent.get(BOXES, "").split() if name not in sent}
    return {**unticked, **sent.dict()}


def _made(request: MemberRequest, form: OperationForm) -> tuple[Generation, bool] | None:
    """What the form asked for, and whether it is new; None when the form has something to say.

    A repeat leads to what it made, whatever has become of the picture, its model and its price since.
    """
    if not form.is_valid():
        first = earlier(request.user, form.submission)
        return (first, False) if first else None
    ours = [picture for picture in (form.own, *form.sources) if isinstance(picture, Image)]
    try:
        return spend(request, form.operation, submission=form.submission, origin=next(iter(ours), None))
    except PriceRefused as refused:
        form.refuse_price(str(refused), refused.price)
    except LostFile as error:
        form.add_error(None, lost(error))
    return None


def _page(request: MemberRequest, form: OperationForm, *, status: int = 200, **notes: Any) -> HttpResponse:
    """The whole page, or to htmx the form alone, where it is."""
    own = form.own
    context = {
        "form": form,
        "picture": own,
        "address": address_of(own, form.kind),
        "page": page_of(own),
        **notes,
    }
    if not request.htmx:
        return render(request, "operation/operation.html", context, status=status)
    fragment = render(request, "operation/_form.html", context, status=status)
    if request.method == "POST":
        retarget(fragment, f"#{form.kind}-form")
        # Whoever types or looks for a button meanwhile keeps their place.
        fragment["HX-Reswap"] = "morph:outerHTML"
    return fragment
