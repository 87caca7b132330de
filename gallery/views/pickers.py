"""Choosing by pictures: the models as cards, the styles as thumbnails.

Over the create form they are fragments, fetched when somebody opens them. Without JavaScript each is a page that the
form posts itself to: it carries all that was typed, and leads back to the form with what was chosen.
"""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from gallery.display import model_cards
from gallery.forms import Catalog
from gallery.http import MemberRequest, back_to, error_page, glance
from gallery.listing.style_cards import style_cards
from gallery.models import Pin

# What a picker's own controls send, what is made anew with each form, and buttons of the create form: none is carried.
_OWN = frozenset({"csrfmiddlewaretoken", "submission", "price", "refused", "composer"}) | {
    *(
        "q",
        "several",
        "pin",
        "unpin",
        "change-model",
        "random-seed",
        "last-seed",
        "shape",
        "signed-out",
        "pick",
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
def models(request: MemberRequest) -> HttpResponse:
    """The models; `q` leaves those that have all of its words, `several=1` has a box on each instead of a button."""
    return _models(request, request.POST if request.method == "POST" else request.GET)


def _models(request: MemberRequest, asked: QueryDict) -> HttpResponse:
    catalog = Catalog.load(glance(request))
    words = "" if request.htmx else asked.get("q", "")[:200]
    chosen = [name for name in dict.fromkeys(asked.getlist("model")) if catalog.find(name)]
    several = asked["several"] == "1" if "several" in asked else len(chosen) > 1
    groups = model_cards.groups(catalog, request.user, chosen, words)
    seen = {card.spec.id for group in groups for card in group.cards}
    context = {
        "groups": groups,
        "several": several,
        "takes_several": True,
        "unseen": [name for name in chosen if several and name not in seen],
        "words": words,
        "carried": list(_carried(request.POST, "model")),
    }
    return _picker(request, "models", context)


@require_http_methods(["GET", "HEAD", "POST"])
def styles(request: MemberRequest) -> HttpResponse:
    """The styles, and none; `q` leaves those that have all of its words."""
    asked = request.POST if request.method == "POST" else request.GET
    words = "" if request.htmx else asked.get("q", "")[:200]
    context = {
        "styles": style_cards(Catalog.load(glance(request)), words),
        "chosen": asked.get("style_preset", ""),
        "words": words,
        "carried": list(_carried(request.POST, "style_preset")),
    }
    return _picker(request, "styles", context)


@require_POST
def pin(request: MemberRequest) -> HttpResponse:
    """Keep a model at the front (`pin`) or no longer (`unpin`), for this member. To htmx its button alone."""
    wanted = "pin" in request.POST
    name = request.POST.get("pin" if wanted else "unpin", "")
    if not name or (wanted and Catalog.load(glance(request)).find(name) is None):
        return error_page(
            request, 422, "That model is not offered. Choose one from the list.", "No such model"
        )
    if "\0" not in name:
        Pin.objects.set_pinned(request.user, name, wanted)
    if request.htmx:
        context = {"model": name, "is_pinned": wanted}
        return render(request, "pickers/_pin.jinja", context, using="jinja2")
    if any(_carried(request.POST, "model")):
        # Who came from a form that is half filled goes on with it.
        return _models(request, request.POST)
    return back_to(request, reverse("create-models"))


def _carried(sent: QueryDict, field: str) -> Iterator[tuple[str, str]]:
    """What goes back to the create form as it came, but for the `field` that is chosen here."""
    for name, values in sent.lists():
        if name != field and name not in _OWN:
            yield from ((name, value) for value in values)


def _picker(request: MemberRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    template = f"pickers/_{name}.html" if request.htmx else f"pickers/{name}.html"
    return render(request, template, context)
