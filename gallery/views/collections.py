"""Collections: all of them, one in full, and what may be done with one."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery import access
from gallery.formats import MAX_ID, read_id
from gallery.forms.collection import CollectionForm, drawn
from gallery.http import MemberRequest, SeeOther, back_to, error_page
from gallery.listing import collection_rows, count, tiles
from gallery.listing.filters import orders
from gallery.listing.listing import Listing
from gallery.listing.order import OWN
from gallery.listing.scope import COLLECTION, Scope
from gallery.models import Attempt, Collection
from gallery.models.collection import WAYS

# Archived ones are named in one fold.
MOST_ARCHIVED = 200
# So many are moved by one post.
MOST_MOVED = 1000


@require_http_methods(["GET", "HEAD", "POST"])
def collections(request: MemberRequest) -> HttpResponse:
    """Cards of those that are in use, the newest first, and the names of the archived; a post makes a new one."""
    if request.method != "POST":
        return _all(request)
    text = request.POST.get("name", "")
    before = Collection.objects.count()
    try:
        collection = Collection.objects.called(text, request.user)
    except ValidationError as error:
        return _all(request, name=text, problem=error.messages[0])
    if Collection.objects.count() == before:
        messages.info(request, f"There is a collection “{collection.name}” already.")
    return SeeOther(reverse("collection", args=[collection.pk]))


def _all(request: MemberRequest, *, name: str = "", problem: str = "") -> HttpResponse:
    listing = Listing.read(request, size=collection_rows.PAGE, orders=collection_rows.NEWEST)
    context: dict[str, Any] = {
        "page": collection_rows.page(listing, Collection.objects.active(), request.user),
        "name": name[: Collection.MAX_NAME],
        "problem": problem,
    }
    if request.htmx:
        return render(request, "collections/_more.html", context)
    archived = Collection.objects.exclude(archived_at=None)
    context |= {
        "archived": list(archived.order_by("folded")[:MOST_ARCHIVED]),
        "archived_count": archived.count(),
    }
    return render(request, "collections/collections.html", context, status=422 if problem else 200)


@require_safe
def collection(request: MemberRequest, pk: int) -> HttpResponse:
    """Its pictures in its own order or another, by cursor and search; with `arrange`, cards that can be moved."""
    return _page(request, _collection(pk))


def _page(request: MemberRequest, collection: Collection, form: CollectionForm | None = None) -> HttpResponse:
    scope = Scope(COLLECTION, collection.pk)
    listing = Listing.read(request, size=tiles.PAGE, orders=scope.orders)
    images = scope.listed(listing.query, request.user)
    within = scope.within(listing)
    context: dict[str, Any] = {"collection": collection, "listing": listing, "query": listing.query}
    context |= {"within": within, "scope": scope}
    is_arranged = "arrange" in request.GET and listing.order is OWN and not listing.query
    if is_arranged:
        context["page"] = collection_rows.entries(listing, images)
    else:
        context["page"] = tiles.page(listing, images, member=request.user, stacked=False, within=within)
    if request.htmx and is_arranged:
        return render(request, "collections/_more_entries.html", context)
    if request.htmx:
        return render(request, "gallery/_more.jinja", context, using="jinja2")
    newer = context["page"].newer
    context |= {
        "is_arranged": is_arranged,
        "newer": _arranging(newer) if is_arranged else newer,
        "total": count.of_rows(images),
        **_cost(collection),
        "hidden": scope.hides(listing.query, request.user),
        "orders": orders(listing),
        "form": form,
        "drawn": drawn(collection),
        "may_delete": access.may_delete(request.user, collection),
        "is_destination": request.user.destination_id == collection.pk and not collection.archived_at,
    }
    return render(request, "collections/collection.html", context, status=422 if form else 200)


def _arranging(address: str) -> str:
    """The same page, on which pictures are put into another order; empty where there is none."""
    if not address:
        return ""
    return f"{address}{'&' if '?' in address else '?'}arrange=1"


def _cost(collection: Collection) -> dict[str, Decimal]:
    """What the requests of all its pictures have cost, each once, be a picture shown to the reader or not."""
    made = collection.entries.values("image__generation")
    spent, pretended = Attempt.objects.filter(generation__in=made).cost()
    return {"spent": spent, "pretended": pretended}


@require_POST
def edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Another name, other notes; what another has written meanwhile stays, or is told."""
    existing = _collection(pk)
    with transaction.atomic():
        # Who else edits it is done by then.
        collection = get_object_or_404(Collection.objects.select_for_update(no_key=True), pk=existing.pk)
        form = CollectionForm(collection, request.POST)
        if form.is_valid():
            try:
                collection.reword()
            except IntegrityError:
                form.add_error("name", f"There is a collection “{collection.name}” already.")
    if form.errors:
        return _page(request, _collection(pk), form)
    return SeeOther(reverse("collection", args=[pk]))


@require_POST
def archive(request: MemberRequest, pk: int) -> HttpResponse:
    """Out of all menus, or with `archived=0` back into them; its pictures stay."""
    moment = None if request.POST.get("archived") == "0" else timezone.now()
    Collection.objects.filter(pk=_collection(pk).pk).update(archived_at=moment)
    return back_to(request, reverse("collection", args=[pk]))


@require_POST
def delete(request: MemberRequest, pk: int) -> HttpResponse:
    """Forget a collection; its pictures stay."""
    with transaction.atomic():
        # Whoever puts something into it, or queues for it, is done by then.
        collection = get_object_or_404(Collection.objects.select_for_update(), pk=min(pk, MAX_ID))
        access.check_may_delete(request.user, collection)
        collection.delete()
    messages.success(request, f"The collection “{collection.name}” is deleted; its pictures stay.")
    return SeeOther(reverse("collections"))


@require_POST
def cover(request: MemberRequest, pk: int) -> HttpResponse:
    """One of its pictures before all others on its card; without `image` its first one again."""
    collection, said = _collection(pk), request.POST.get("image", "").strip()
    image = read_id(said)
    if said and image is None:
        return error_page(
            request, 422, "Which picture is to be the cover cannot be read. The cover is as it was."
        )
    try:
        if not collection.take_cover(image):
            return error_page(request, 409, "That picture is not in this collection.")
    except ValidationError as refusal:
        return error_page(request, 409, refusal.messages[0])
    return back_to(request, reverse("collection", args=[pk]))


@require_POST
def arrange(request: MemberRequest, pk: int) -> HttpResponse:
    """Move a picture by `move` (first, earlier, later, last), or some `before` or `after` another; 204 to scripts."""
    collection = _collection(pk)
    ids = [image for text in request.POST.getlist("image") if (image := read_id(text)) is not None]
    if not ids or len(ids) > MOST_MOVED:
        return error_page(request, 400, "Which picture is to be moved is not said.")
    way = request.POST.get("move", "")
    before, after = (read_id(request.POST.get(name, "")) for name in ("before", "after"))
    if way not in WAYS and before is None and after is None:
        return error_page(request, 400, "Where it is to be moved is not said.")
    if way in WAYS and len(ids) > 1:
        return error_page(request, 400, "Several are moved before or after another, not by a step.")
    try:
        if way in WAYS:
            collection.move(ids[0], way, hides_sensitive=request.user.hides_sensitive)
        elif not collection.place(ids, before if after is None else None, after=after):
            return error_page(request, 409, "One of these pictures is not in this collection any more.")
    except ValidationError as refusal:
        return error_page(request, 409, refusal.messages[0])
    if request.htmx:
        return HttpResponse(status=204)
    return back_to(request, f"{reverse('collection', args=[pk])}?arrange=1")


def _collection(pk: int) -> Collection:
    return get_object_or_404(Collection.objects.select_related("created_by"), pk=min(pk, MAX_ID))
