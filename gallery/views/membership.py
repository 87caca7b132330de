"""Into a collection and out of it; and where everything that a member makes goes."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from gallery import access
from gallery.display.membership import NAMES, collecting
from gallery.formats import read_id
from gallery.http import MemberRequest, back_to, error_page
from gallery.models import Collection, Image, User
from gallery.text import clean_label, label_key


@require_POST
def collect(request: MemberRequest, pk: int) -> HttpResponse:
    """Put a picture into the collection that the field `collection` names, by id or by name: made when it is new."""
    image = access.image_to_see(pk)
    try:
        collection = meant(request, request.user)
        added = collection.add([image.pk], request.user)
    except ValidationError as error:
        return _refused(request, image, error.messages[0])
    if not added:
        return _refused(request, image, "A picture in the trash is put into no collection; restore it first.")
    archived = ", which is archived" if collection.archived_at else ""
    return _done(request, image, f"Picture {image.pk} is in “{collection.name}”{archived}.")


@require_POST
def uncollect(request: MemberRequest, pk: int) -> HttpResponse:
    """Take a picture out of a collection, named as there; nothing is made."""
    image = access.image_to_see(pk)
    try:
        collection = named(request)
        if collection is None:
            raise Http404
        collection.remove([image.pk])
    except ValidationError as error:
        return _refused(request, image, error.messages[0])
    return _done(request, image, f"Picture {image.pk} is not in “{collection.name}” any more.")


@require_safe
def names(request: MemberRequest) -> HttpResponse:
    """Collections to choose from while one types in `collection`: of such a name; before that those used last."""
    typed = label_key(clean_label(request.GET.get("collection", "")))[: Collection.MAX_NAME]
    if typed:
        offered = list(Collection.objects.active().filter(folded__contains=typed)[:NAMES])
    else:
        offered = Collection.objects.used_last(NAMES)
    return render(request, "marks/_options.html", {"names": [each.name for each in offered]})


def meant(request: MemberRequest, user: User) -> Collection:
    """The collection that a post names in `collection`; a new one is stored with its first picture.

    ValidationError for what is no name, and where a button's is gone.
    """
    return _numbered(request) or Collection.objects.meant(request.POST.get("collection", ""), user)


def named(request: MemberRequest) -> Collection | None:
    """The collection that a post names in `collection`; None when there is none. ValidationError as above."""
    return _numbered(request) or Collection.objects.named(request.POST.get("collection", ""))


def _numbered(request: MemberRequest) -> Collection | None:
    """The one of that id; None for what was typed, which is a name, be it a number or not.

    What a button sends (`known`) is an id and no name, also once its collection is gone: then ValidationError.
    """
    if "typed" in request.POST:
        return None
    number = read_id(request.POST.get("collection", "").strip())
    collection = Collection.objects.filter(pk=number or 0).first()
    if collection is None and "known" in request.POST:
        raise ValidationError("That collection was deleted meanwhile. Nothing was done.")
    return collection


def _done(request: MemberRequest, image: Image, words: str) -> HttpResponse:
    if not request.htmx:
        messages.success(request, words)
        return back_to(request, reverse("image", args=[image.pk]))
    context = {"image": image, "collecting": collecting(image)}
    return trigger_client_event(
        render(request, "collections/_collect.html", context), "picture:said", {"words": words}
    )


def _refused(request: MemberRequest, image: Image, words: str) -> HttpResponse:
    if not request.htmx:
        return error_page(request, 422, words, "Not collected")
    context = {"image": image, "collecting": collecting(image), "problem": words}
    return render(request, "collections/_collect.html", context, status=422)


@require_POST
def destination(request: MemberRequest) -> HttpResponse:
    """Everything that the member makes goes into `collection`, named as above; without a name it is let go."""
    collection = None
    if request.POST.get("collection", "").strip():
        try:
            # It is made empty here: what goes into it is still to come.
            name = request.POST["collection"]
            collection = _numbered(request) or Collection.objects.called(name, request.user)
            collection.become_destination(request.user)
        except ValidationError as error:
            return error_page(request, 422, error.messages[0], "Not collected")
    else:
        User.objects.filter(pk=request.user.pk).update(destination=None)
        request.user.destination = None
    if request.htmx:
        return render(
            request, "collections/_destination.jinja", {"swap": True, "user": request.user}, using="jinja2"
        )
    words = f"Everything you make goes into “{collection.name}”." if collection else "It is let go."
    messages.success(request, words)
    return back_to(request, reverse("create"))
