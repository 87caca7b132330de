"""A member's saved searches: kept from the gallery's line, listed, renamed, deleted."""

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from gallery.formats import MAX_ID
from gallery.forms import kept
from gallery.forms.saved_search import RenameForm, SaveForm
from gallery.http import MemberRequest, SeeOther
from gallery.models import SavedSearch
from gallery.models.saved_search import NAME_TAKEN
from gallery.search.operators import OPERATORS


@require_http_methods(["GET", "HEAD", "POST"])
def searches(request: MemberRequest) -> HttpResponse:
    """The page, to htmx its links for the header's menu; a post keeps a search and leads back to it."""
    if request.method == "POST":
        return _save(request)
    if request.htmx:
        return render(request, "searches/_links.html", {"searches": request.user.saved_searches.all()})
    words = kept.own(request)
    return _page(request, SaveForm(request.user, words.sent) if words else None)


def _save(request: MemberRequest) -> HttpResponse:
    form = SaveForm(request.user, request.POST)
    if not _saved(form):
        return _page(request, form)
    messages.success(request, f"Saved as “{form.instance.name}”.")
    return SeeOther(reverse("gallery", query={"q": form.instance.text}))


def _saved(form: RenameForm) -> bool:
    """Whether it could be saved; else the form has its messages, also where its name was taken this very moment."""
    if not form.is_valid():
        return False
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        form.add_error("name", NAME_TAKEN)
        return False
    return True


def _page(request: MemberRequest, form: RenameForm | None = None, renamed: int | None = None) -> HttpResponse:
    """The page; with the messages of `form`, which is about the search `renamed` or about a new one."""
    is_refused = form is not None and request.method == "POST"
    context = {
        "searches": request.user.saved_searches.all(),
        "form": form,
        "is_refused": is_refused,
        "renamed": renamed,
        "operators": list(OPERATORS),
    }
    return render(request, "searches/searches.html", context, status=422 if is_refused else 200)


@require_POST
def rename(request: MemberRequest, pk: int) -> HttpResponse:
    """422, with the form's messages, for what is no name or is taken."""
    with transaction.atomic():
        # Held, or a search that is deleted meanwhile would be made anew.
        form = RenameForm(request.POST, instance=_own(request, pk, locked=True))
        is_saved = _saved(form)
    return SeeOther(reverse("searches")) if is_saved else _page(request, form, pk)


@require_POST
def delete(request: MemberRequest, pk: int) -> HttpResponse:
    _own(request, pk).delete()
    return SeeOther(reverse("searches"))


def _own(request: MemberRequest, pk: int, *, locked: bool = False) -> SavedSearch:
    """404 for another member's, as for one that does not exist."""
    rows = request.user.saved_searches.select_for_update() if locked else request.user.saved_searches
    return get_object_or_404(rows, pk=min(pk, MAX_ID))
