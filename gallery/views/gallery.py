"""The gallery: what is being generated, then every picture, newest first."""

from dataclasses import replace
from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_safe

from gallery import search
from gallery.display import queue_rows
from gallery.formats import MAX_ID, number, read_id
from gallery.http import MemberRequest, closed_gates, site_status
from gallery.listing import count, dates, empty_result, filters, tiles
from gallery.listing.count import up_to
from gallery.listing.listing import Listing, Page
from gallery.listing.order import NEWEST, ORDERS
from gallery.listing.scope import Scope
from gallery.models import Image, kept_sql
from gallery.models.document import covers_asked
from gallery.models.image import ImageQuerySet

# So many cards of the queue stand on top; the rest is a link to the queue.
ON_TOP = 12
# New pictures are counted no further.
MOST_NEW = 99
_COVERS = Scope()


@require_safe
def gallery(request: MemberRequest) -> HttpResponse:
    """A page of covers by cursor and search; to htmx, only its tiles and the pager beside them, or another part."""
    listing = Listing.read(request, size=tiles.PAGE)
    if elsewhere := _elsewhere(request, listing):
        return elsewhere
    # Where the SQL of a page is kept, nothing of it is written.
    images = cast(ImageQuerySet, SimpleLazyObject(partial(_COVERS.listed, listing.query, request.user)))
    if request.htmx and (part := _part(request, listing, images)):
        return part
    page = tiles.page(
        listing,
        _COVERS.kept(listing, request.user) or images,
        member=request.user,
        stacked=not listing.query.is_of_chosen,
    )
    context: dict[str, Any] = {"page": page, "query": listing.query, "listing": listing, "scope": _COVERS}
    context["is_newest"] = listing.order is NEWEST
    if request.htmx:
        context["above"] = "above" in request.GET
        return render(request, "gallery/_more.jinja", context, using="jinja2")
    context |= {
        "is_top": listing.is_top,
        **_queue_on_top(request, listing),
        **_result(request, listing, page, images),
    }
    context["filter_bar"] = filters.filter_bar(listing, request.user, request.GET.get("menu", ""))
    return render(request, "gallery/gallery.html", context)


def _elsewhere(request: MemberRequest, listing: Listing) -> HttpResponse | None:
    """The way to the search between two dates, or to the place of a date, where the address asks for one."""
    asked = request.GET
    if "after" in asked or "before" in asked:
        return redirect(filters.between(listing, asked.get("after", ""), asked.get("before", "")))
    return _jump(request, listing, asked["at"]) if "at" in asked else None


def _part(request: MemberRequest, listing: Listing, images: ImageQuerySet) -> HttpResponse | None:
    """Where htmx asks for one of these: the months, the scopes or a menu with their counts, how many are new."""
    menu = request.GET.get("menu", "")
    if "months" in request.GET:
        return render(request, "gallery/_rail.html", {"months": dates.months(), "listing": listing})
    if menu == filters.SCOPES:
        counted = {"scopes": filters.scopes(listing, request.user)}
        return render(request, "gallery/_scopes.jinja", counted, using="jinja2")
    if menu in filters.MENUS:
        context = {"menu": filters.menu(listing, request.user, menu)}
        return render(request, "gallery/_choices.jinja", context, using="jinja2")
    return _new(request, listing, images) if "since" in request.GET else None


def _queue_on_top(request: MemberRequest, listing: Listing) -> dict[str, Any]:
    """What runs and waits, above the head of the whole list."""
    if not (listing.is_top and site_status(request).active):
        return {}
    lines = queue_rows.active(ON_TOP, closed_gates(request))
    return {"active": lines.by_themselves, "more_active": lines.is_more}


def _result(
    request: MemberRequest, listing: Listing, page: Page[tiles.Tile], images: ImageQuerySet
) -> dict[str, Any]:
    """What is said of the pictures: how many were found, what to search for instead of nothing, what is left out."""
    context: dict[str, Any] = {}
    is_head = listing.cursor is None
    if listing.query:
        is_whole = is_head and not page.older
        context["total"] = number(len(page.rows)) if is_whole else _count(request, listing, images)
        if not page.rows and is_head:
            context["advice"] = empty_result.advice(listing, request.user)
    elif is_head and listing.order is NEWEST:
        context["moderated"] = _moderated(page.rows)
    if not page.rows and is_head:
        context["hidden"] = _COVERS.hides(listing.query, request.user)
    return context


def _count(request: MemberRequest, listing: Listing, images: ImageQuerySet) -> str:
    """How many there are; documents are asked alone where they decide it, but of what is hidden they tell nothing."""
    if request.user.hides_sensitive:
        return count.of_pictures(images, listing.query)
    asked = covers_asked(listing.query)
    return (
        count.of_pictures(images, listing.query) if asked is None else count.of_documents(asked, request.user)
    )


def _moderated(shown: list[tiles.Tile]) -> str:
    """How many of the newest pictures, down to the last that is `shown`, Venice made unusable; empty for none."""

    def write(last: int) -> QuerySet[Image, Any]:
        left_out = Image.objects.covers().filter(is_moderated=True, pk__gt=last)
        return left_out.newest_first().values_list("pk")[: MOST_NEW + 1]

    count = len(kept_sql.ask("moderated", write, shown[-1].id if shown else 0))
    return up_to(count, MOST_NEW) if count else ""


def _jump(request: MemberRequest, listing: Listing, day: str) -> HttpResponse:
    """To the first picture of that day or before it, or after it where the oldest come first."""
    span = search.read_span(day)
    if isinstance(span, search.Problem):
        messages.warning(request, f"“{day[:40]}” is no date. {span.message}")
        return redirect(listing.address())
    start, end = span
    if listing.order is ORDERS["oldest"]:
        return redirect(listing.address((dates.oldest_from(start) or MAX_ID,)))
    return redirect(replace(listing, order=NEWEST).address((dates.newest_before(end) or 0,)))


def _new(request: MemberRequest, listing: Listing, images: ImageQuerySet) -> HttpResponse:
    """How many pictures are newer than the page's newest, but for those that its cards show; 204: as many as before."""
    since = read_id(request.GET["since"]) or 0
    shown = [pk for text in request.GET.getlist("shown")[:MOST_NEW] if (pk := read_id(text))]
    fresh = images.filter(id__gt=since).exclude(generation__in=shown)
    new = len(fresh.order_by("id").values_list("id", flat=True)[: MOST_NEW + 1])
    if str(new) == request.GET.get("count", "0"):
        return HttpResponse(status=204)
    context = {"listing": listing, "since": since, "count": new, "most": MOST_NEW}
    return render(request, "gallery/_new.jinja", context, using="jinja2")
